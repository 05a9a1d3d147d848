using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.Tests.ControlPlane;

/// <summary>Restart, pause, resume, hibernate and wake, and what sweeps do to those that fall silent (spec/control-plane.md 4).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class LifecycleTests(PostgresCluster postgres)
{
    private static readonly object Codex = new { name = "n", runtime = "codex", model = "gpt-5.5", secrets = new Dictionary<string, string> { ["OPENAI_API_KEY"] = "mol-secret-key" } };

    [Fact]
    public async Task A_restart_stops_the_old_incarnation_revokes_its_token_and_tells_a_session_reset_once()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var first = await control.InstanceAsync(id);
        var (_, token) = await control.RegisterAsync("http://localhost:1", id);

        Assert.Equal("""{"config_dir":"existing-volume","reset_session":true,"status":"provisioning"}""", (await control.SendAsync("POST", $"/workspaces/{id}/restart?reset=true", bearer: token)).Body);
        var second = await control.InstanceAsync(id, first);
        Assert.Equal("""{"config_dir":"existing-volume","reset_session":false,"status":"provisioning"}""", (await control.SendAsync("POST", $"/workspaces/{id}/restart", new { })).Body);
        await control.InstanceAsync(id, second);

        Assert.Equal([$"{id} {first}", $"{id} {second}"], node.Stopped);
        Assert.Equal([null, "1", null], node.Provisioned.Select(static p => p.Env.GetValueOrDefault("WORKSPACE_RESET_SESSION")));
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: token)).Status);
    }

    [Fact]
    public async Task The_last_beat_of_an_ended_start_does_not_put_the_next_one_online()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var first = await control.InstanceAsync(id);
        var (_, token) = await control.RegisterAsync("http://localhost:1", id);
        await control.SendAsync("POST", $"/workspaces/{id}/restart", bearer: token);

        var late = await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, bearer: token);

        Assert.Equal((401, "invalid workspace auth token"), (late.Status, late["error"]));
        await control.InstanceAsync(id, first);
        Assert.Equal("provisioning", (await control.SendAsync("GET", $"/workspaces/{id}"))["status"]);

        // The next start may hold the old token in its folder; it is registered all the same, and its beats count.
        var registered = await control.SendAsync("POST", "/registry/register", new { id, url = "http://localhost:2", agent_card = new { name = "n" } }, bearer: token);
        Assert.Equal(200, registered.Status);
        Assert.Equal(200, (await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, bearer: registered["auth_token"])).Status);
        Assert.Equal("online", (await control.SendAsync("GET", $"/workspaces/{id}"))["status"]);
    }

    [Fact]
    public async Task A_pause_stops_the_whole_family_and_a_child_waits_for_its_parent_s_resume()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var parent = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var child = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await control.InstanceAsync(parent);
        await control.InstanceAsync(child);
        await control.SendAsync("PATCH", $"/workspaces/{child}", new { parent_id = parent });

        Assert.Equal("""{"paused_count":2,"status":"paused"}""", (await control.SendAsync("POST", $"/workspaces/{parent}/pause")).Body);

        Assert.Equal(2, node.Stopped.Count);
        Assert.Equal(404, (await control.SendAsync("POST", $"/workspaces/{parent}/pause")).Status);
        var refused = await control.SendAsync("POST", $"/workspaces/{child}/resume");
        Assert.Equal((409, "parent workspace \"n\" is paused — resume it first"), (refused.Status, refused["error"]));
        Assert.Equal(409, (await control.SendAsync("POST", $"/workspaces/{child}/restart")).Status);
        Assert.Equal("""{"resumed_count":2,"status":"provisioning"}""", (await control.SendAsync("POST", $"/workspaces/{parent}/resume")).Body);
        await RunningControlPlane.UntilAsync("both started again", () => Task.FromResult(node.Provisioned.Count), static count => count == 4);
    }

    [Fact]
    public async Task A_hibernated_workspace_is_woken_by_a_call_and_a_busy_one_hibernates_by_force_alone()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var first = await control.InstanceAsync(id);
        Assert.Equal(404, (await control.SendAsync("POST", $"/workspaces/{id}/hibernate")).Status);
        var (_, token) = await control.RegisterAsync("http://localhost:1", id);
        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, active_tasks = 2 }, token);

        var busy = await control.SendAsync("POST", $"/workspaces/{id}/hibernate");
        Assert.Equal((409, "2"), (busy.Status, busy["active_tasks"]));
        Assert.Equal("""{"status":"hibernated"}""", (await control.SendAsync("POST", $"/workspaces/{id}/hibernate?force=true")).Body);
        Assert.Equal([$"{id} {first}"], node.Stopped);
        Assert.Equal("hibernated", (await control.SendAsync("GET", $"/workspaces/{id}"))["status"]);

        var call = await control.SendAsync("POST", $"/workspaces/{id}/a2a", """{"method":"message/send"}""", bearer: "");
        Assert.Equal((503, "True", "15"), (call.Status, call["waking"], call.Headers["Retry-After"]));
        await control.InstanceAsync(id, first);
    }

    [Fact]
    public async Task Without_a_node_nothing_can_be_restarted_or_resumed()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal("provisioner not available", (await control.SendAsync("POST", $"/workspaces/{id}/restart"))["error"]);
        await control.SendAsync("POST", $"/workspaces/{id}/pause");
        Assert.Equal(503, (await control.SendAsync("POST", $"/workspaces/{id}/resume")).Status);
    }

    [Fact]
    public async Task A_silent_workspace_is_offline_after_180_s_and_started_again_and_an_external_one_after_90()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node, time: time);
        var managed = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var first = await control.InstanceAsync(managed);
        await control.RegisterAsync("http://localhost:1", managed);
        var external = (await control.SendAsync("POST", "/workspaces", new { name = "e", external = true, url = "http://localhost:2" })).Id;
        var sweep = control.Services.GetRequiredService<WorkspaceSweep>();
        async Task<string> StatusesAsync()
        {
            await sweep.SweepAsync(TestContext.Current.CancellationToken);
            return $"{(await control.SendAsync("GET", $"/workspaces/{managed}"))["status"]} {(await control.SendAsync("GET", $"/workspaces/{external}"))["status"]}";
        }

        Assert.Equal("online online", await StatusesAsync());
        time.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal("online offline", await StatusesAsync());
        time.Advance(TimeSpan.FromSeconds(100));

        // The service's own sweep, woken by the same step of the clock, may be between the two steps.
        await RunningControlPlane.UntilAsync("the silent one to be started again", StatusesAsync, static statuses => statuses == "provisioning offline");
        await control.InstanceAsync(managed, first);
        Assert.Equal(["WORKSPACE_OFFLINE", "WORKSPACE_PROVISIONING"], (await control.SendAsync("GET", $"/events/{managed}")).Json.EnumerateArray().Take(2).Select(static e => e.GetProperty("event_type").GetString()!).Order());
    }

    [Fact]
    public async Task A_look_while_a_restart_is_being_made_does_not_take_the_stopped_instance_for_the_new_one()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var first = await control.InstanceAsync(id);
        await control.RegisterAsync("http://localhost:1", id);
        var (asked, answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        node.State = "stopped";
        node.BeforeAnswer = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        await control.SendAsync("POST", $"/workspaces/{id}/restart");
        await asked.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);

        await control.Services.GetRequiredService<WorkspaceSweep>().SweepAsync(TestContext.Current.CancellationToken);
        Assert.Equal("provisioning", (await control.SendAsync("GET", $"/workspaces/{id}"))["status"]);

        answer.SetResult();
        await control.InstanceAsync(id, first);
    }

    [Fact]
    public async Task A_workspace_that_ends_before_it_registers_is_failed_at_the_next_look()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await control.InstanceAsync(id);
        var sweep = control.Services.GetRequiredService<WorkspaceSweep>();
        await sweep.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Equal("provisioning", (await control.SendAsync("GET", $"/workspaces/{id}"))["status"]);

        node.State = "stopped";
        await sweep.SweepAsync(TestContext.Current.CancellationToken);

        var item = (await control.SendAsync("GET", "/workspaces")).Json[0];
        Assert.Equal(("failed", "its process ended before it registered"), (item.GetProperty("status").GetString(), item.GetProperty("last_sample_error").GetString()));
    }

    [Theory]
    [InlineData(null, 11 * 60)]
    [InlineData("30", 60)]
    public async Task A_workspace_that_never_comes_up_is_failed_when_its_time_is_over(string? configured, int seconds)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node, new Dictionary<string, string?> { ["PROVISION_TIMEOUT_SECONDS"] = configured }, time);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await control.InstanceAsync(id);

        // The row's time is the database's: on a slow machine it is ahead of the clock that was made at the start.
        await control.ExecuteAsync("UPDATE workspaces SET updated_at = @now WHERE id = @id", new { now = time.GetUtcNow(), id });
        time.Advance(TimeSpan.FromSeconds(seconds));
        await control.Services.GetRequiredService<WorkspaceSweep>().SweepAsync(TestContext.Current.CancellationToken);

        var failed = (await control.SendAsync("GET", $"/events/{id}")).Json[0];
        Assert.Equal(("WORKSPACE_PROVISION_FAILED", "provision_timeout_sweep"), (failed.GetProperty("event_type").GetString(), failed.GetProperty("payload").GetProperty("source").GetString()));
    }

    [Fact]
    public async Task A_start_that_a_crash_of_the_control_plane_forgot_is_made_by_the_next_one()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var node = await FakeNode.StartAsync();
        Guid id;
        await using (var crashed = await RunningControlPlane.StartAsync(database))
        {
            await crashed.Services.GetRequiredService<Molecule.ControlPlane.Database.DatabaseMigration>().Done.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
            id = (await crashed.SendAsync("POST", "/workspaces", Codex)).Id;
        }

        await using var next = await RunningControlPlane.StartAsync(database, node);

        Assert.Equal("i-1", await next.InstanceAsync(id));
    }

    [Fact]
    public async Task A_global_secret_reaches_those_that_do_not_override_it_and_restarts_them_alone()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var seeing = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var overriding = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await control.InstanceAsync(overriding);
        var first = await control.InstanceAsync(seeing);
        var own = await control.InstanceAsync(overriding);
        await control.SendAsync("PUT", $"/workspaces/{overriding}/secrets", new { key = "SHARED", value = "own" });
        own = await control.InstanceAsync(overriding, own);

        Assert.Equal("""{"key":"SHARED","scope":"global","status":"saved"}""", (await control.SendAsync("POST", "/settings/secrets", new { key = "SHARED", value = "all" })).Body);

        await control.InstanceAsync(seeing, first);
        Assert.Equal(own, await control.InstanceAsync(overriding));
        Assert.Equal("all", node.Provisioned.Last(p => p.WorkspaceId == seeing.ToString()).Env["SHARED"]);
        var listed = await control.SendAsync("GET", "/admin/secrets");
        Assert.Equal(("SHARED", "global", false), (listed.Json[0].GetProperty("key").GetString(), listed.Json[0].GetProperty("scope").GetString(), listed.Body.Contains("all", StringComparison.Ordinal)));
        Assert.Equal(200, (await control.SendAsync("DELETE", "/admin/secrets/SHARED")).Status);
        Assert.Equal("secret not found", (await control.SendAsync("DELETE", "/settings/secrets/SHARED"))["error"]);
    }

    [Fact]
    public async Task A_model_is_the_created_one_until_another_is_chosen_and_again_when_the_choice_is_cleared()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;

        Assert.Equal("""{"model":"gpt-5.5","source":"default"}""", (await control.SendAsync("GET", $"/workspaces/{id}/model")).Body);
        Assert.Equal("""{"model":"gpt-5.4","status":"saved"}""", (await control.SendAsync("PUT", $"/workspaces/{id}/model", new { model = "gpt-5.4" })).Body);
        Assert.Equal("""{"model":"gpt-5.4","source":"workspace_secrets"}""", (await control.SendAsync("GET", $"/workspaces/{id}/model")).Body);
        Assert.Equal("""{"status":"cleared"}""", (await control.SendAsync("PUT", $"/workspaces/{id}/model", new { model = "" })).Body);
        Assert.Equal("default", (await control.SendAsync("GET", $"/workspaces/{id}/model"))["source"]);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Molecule.ControlPlane.Database;

namespace Molecule.Tests.ControlPlane;

/// <summary>Starts that are asked for: each is made, none twice (spec/control-plane.md 4.4), a control plane's crash notwithstanding.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class StartTests(PostgresCluster postgres)
{
    private static readonly object Codex = new { name = "a", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = "k" } };

    [Fact]
    public async Task A_burst_of_changed_secrets_causes_one_restart_that_has_them_all()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await control.InstanceAsync(id);
        await control.RegisterAsync("http://localhost:1", id);

        var saved = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => control.SendAsync("POST", $"/workspaces/{id}/secrets", new { key = $"KEY_{n}", value = $"value-{n}" })));

        Assert.All(saved, static answer => Assert.Equal(200, answer.Status));
        await SettledAsync(control, id);
        var last = node.Provisioned.Last();
        Assert.All(Enumerable.Range(0, 8), n => Assert.Equal($"value-{n}", last.Env[$"KEY_{n}"]));
        Assert.Equal(2, node.Provisioned.Count);
        Assert.Equal(2, await control.ScalarAsync<int>("SELECT count(*) FROM structure_events WHERE event_type = 'WORKSPACE_PROVISIONING'"));
    }

    [Fact]
    public async Task A_secret_that_changes_while_the_workspace_starts_is_not_lost()
    {
        var isStarting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var node = await FakeNode.StartAsync();
        node.BeforeAnswer = async _ =>
        {
            isStarting.TrySetResult();
            await goOn.Task;
        };
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await isStarting.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);

        await control.SendAsync("POST", $"/workspaces/{id}/secrets", new { key = "LATE", value = "late-value" });
        goOn.SetResult();

        await SettledAsync(control, id);
        Assert.Equal((2, "late-value"), (node.Provisioned.Count, node.Provisioned.Last().Env["LATE"]));
    }

    [Theory]
    [InlineData("a start", "instance_id = NULL, start_wanted = 1, start_done = 0", 1)]
    [InlineData("a restart", "instance_id = 'i-old', start_wanted = 2, start_done = 1", 1)]
    [InlineData("nothing", "instance_id = 'i-old', start_wanted = 2, start_done = 2", 0)]
    public async Task What_a_crash_left_unstarted_is_started_once_by_the_next_control_plane(string left, string state, int starts)
    {
        var database = await postgres.NewDatabaseAsync();
        await using var node = await FakeNode.StartAsync();
        Guid id;
        await using (var first = await RunningControlPlane.StartAsync(database, node))
        {
            await MigratedAsync(first);
            id = (await first.SendAsync("POST", "/workspaces", Codex)).Id;
            await SettledAsync(first, id);
            await first.ExecuteAsync($"UPDATE workspaces SET status = 'provisioning', {state} WHERE id = @id", new { id });
        }

        await using var next = await RunningControlPlane.StartAsync(database, node);
        await MigratedAsync(next);

        // A workspace of its own, created later, passes through the same queue: when it runs, what was left has had its turn.
        var marker = (await next.SendAsync("POST", "/workspaces", Codex)).Id;
        await SettledAsync(next, marker);
        await RunningControlPlane.UntilAsync($"the start after {left}", () => Task.FromResult(node.Provisioned.Count), count => count == 2 + starts);
        Assert.Equal(1 + starts, node.Provisioned.Count(request => request.WorkspaceId == id.ToString()));
        if (starts > 0)
        {
            await SettledAsync(next, id);
        }
    }

    [Fact]
    public async Task The_usage_address_that_a_workspace_is_given_tells_its_tokens()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node, new Dictionary<string, string?> { ["Molecule:Vendors:anthropic:Key"] = "vendor-key" });
        var id = (await control.SendAsync("POST", "/workspaces", new { name = "p", runtime = "claude-code", model = "anthropic/claude-opus-4-8" })) is { Status: 201 } made ? made.Id : throw new InvalidOperationException("no platform workspace");
        await control.InstanceAsync(id);
        var env = node.Provisioned.Single().Env;
        await control.ExecuteAsync("INSERT INTO workspace_token_usage (workspace_id, period_start, input_tokens, output_tokens, call_count) VALUES (@id, date_trunc('day', now(), 'UTC'), 7, 5, 2)", new { id });
        var path = new Uri(env["MOLECULE_LLM_USAGE_URL"]).AbsolutePath;

        foreach (var method in new[] { "GET", "POST" })
        {
            var usage = await control.SendAsync(method, path, method == "POST" ? """{"input_tokens":1000000}""" : null, env["MOLECULE_LLM_USAGE_TOKEN"]);
            Assert.Equal(("7", "5", "2"), (usage["input_tokens"], usage["output_tokens"], usage["total_calls"]));
        }

        Assert.Equal("missing usage token", (await control.SendAsync("GET", path, bearer: ""))["error"]);
        Assert.Equal("invalid usage token", (await control.SendAsync("GET", path))["error"]);
    }

    private static Task MigratedAsync(RunningControlPlane control) =>
        control.Services.GetRequiredService<DatabaseMigration>().Done.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);

    private static Task<bool> SettledAsync(RunningControlPlane control, Guid id) => RunningControlPlane.UntilAsync(
        $"all starts of {id}", () => control.ScalarAsync<bool>("SELECT start_wanted = start_done AND instance_id IS NOT NULL FROM workspaces WHERE id = @id", new { id }), static isSettled => isSettled);
}

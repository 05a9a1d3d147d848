using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Molecule.ControlPlane.Database;

namespace Molecule.Tests.ControlPlane;

/// <summary>Calls that wait for a busy agent (spec/control-plane.md 6.5).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class QueueTests(PostgresCluster postgres)
{
    [Fact]
    public async Task Calls_of_a_busy_agent_wait_and_are_each_delivered_once_in_order_by_its_heartbeats()
    {
        var isBusy = true;
        await using var agent = await FakeAgent.StartAsync(context =>
        {
            if (Volatile.Read(ref isBusy))
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync(FakeAgent.Pong);
        });
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync(agent.Url);
        foreach (var (message, depth) in new[] { ("m1", "1"), ("m2", "2"), ("m1", "2") })
        {
            var queued = await control.SendAsync("POST", $"/workspaces/{id}/a2a", Call(message), bearer: "");
            Assert.Equal((202, "True", depth), (queued.Status, queued["queued"], queued["queue_depth"]));
        }

        Volatile.Write(ref isBusy, false);
        agent.Calls.Clear();
        for (var n = 1; n <= 2; n++)
        {
            await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token);
            await RunningControlPlane.UntilAsync($"{n} delivered", () => control.ScalarAsync<int>("SELECT count(*) FROM a2a_queue WHERE status = 'completed'"), count => count == n);
        }

        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token);
        Assert.Equal(["m1", "m2"], agent.Calls.Select(static body => System.Text.Json.JsonElement.Parse(body).GetProperty("params").GetProperty("message").GetProperty("messageId").GetString()));
        var rows = await RunningControlPlane.UntilAsync(
            "the activity of both", async () => (await control.SendAsync("GET", $"/workspaces/{id}/activity")).Json.EnumerateArray().Count(static a => a.GetProperty("status").GetString() == "ok"), static count => count == 2);
        Assert.Equal(2, rows);
    }

    [Fact]
    public async Task An_agent_without_a_free_hand_is_sent_nothing()
    {
        await using var agent = await FakeAgent.StartAsync(static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync(agent.Url);
        Assert.Equal(202, (await control.SendAsync("POST", $"/workspaces/{id}/a2a", Call("m1"), bearer: "")).Status);
        agent.Calls.Clear();

        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, active_tasks = 1 }, token);
        Assert.Equal("queued", await control.ScalarAsync<string>("SELECT status FROM a2a_queue"));

        // The next free hand is what sends it: had the first beat done so, there would be two attempts.
        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, active_tasks = 0 }, token);
        await RunningControlPlane.UntilAsync("one attempt", () => control.ScalarAsync<string>("SELECT status || ' ' || attempts FROM a2a_queue"), static seen => seen == "queued 1");
        Assert.Single(agent.Calls);
    }

    [Fact]
    public async Task A_call_is_given_up_after_five_attempts_and_says_why()
    {
        await using var agent = await FakeAgent.StartAsync(static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync(agent.Url);
        await control.SendAsync("POST", $"/workspaces/{id}/a2a", Call("m1"), bearer: "");
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token);
            await RunningControlPlane.UntilAsync(
                $"attempt {attempt}", () => control.ScalarAsync<string>("SELECT status || ' ' || attempts FROM a2a_queue"), seen => seen == $"{(attempt == 5 ? "failed" : "queued")} {attempt}");
        }

        Assert.NotEmpty(await control.ScalarAsync<string>("SELECT last_error FROM a2a_queue"));
    }

    [Fact]
    public async Task A_call_that_was_on_its_way_when_the_control_plane_ended_is_sent_by_the_next_one()
    {
        var database = await postgres.NewDatabaseAsync();
        await using var agent = await FakeAgent.AnsweringAsync(FakeAgent.Pong);
        Guid id;
        string token;
        await using (var first = await RunningControlPlane.StartAsync(database))
        {
            await first.Services.GetRequiredService<DatabaseMigration>().Done.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
            (id, token) = await first.RegisterAsync(agent.Url);
            await first.ExecuteAsync(
                "INSERT INTO a2a_queue (workspace_id, body, status, attempts, dispatched_at) VALUES (@id, @body::jsonb, 'dispatched', 1, now())", new { id, body = System.Text.Json.JsonSerializer.Serialize(Call("m1")) });
        }

        await using var second = await RunningControlPlane.StartAsync(database);
        await RunningControlPlane.UntilAsync("its recovery", () => second.ScalarAsync<string>("SELECT status FROM a2a_queue"), static status => status == "queued");
        await second.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token);

        await RunningControlPlane.UntilAsync("its delivery", () => second.ScalarAsync<string>("SELECT status FROM a2a_queue"), static status => status == "completed");
        Assert.Single(agent.Calls);
    }

    [Fact]
    public async Task What_has_waited_too_long_can_be_dropped()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        await control.ExecuteAsync(
            "INSERT INTO a2a_queue (workspace_id, body, enqueued_at) VALUES (@id, '{}', now() - interval '90 minutes'), (@id, '{}', now() - interval '30 minutes')", new { id });

        Assert.Equal("max_age_minutes must be a positive integer", (await control.SendAsync("POST", "/admin/a2a-queue/drop-stale?max_age_minutes=0"))["error"]);
        Assert.Equal("""{"dropped":0}""", (await control.SendAsync("POST", $"/admin/a2a-queue/drop-stale?workspace_id={Guid.NewGuid()}")).Body);
        Assert.Equal("""{"dropped":1}""", (await control.SendAsync("POST", "/admin/a2a-queue/drop-stale")).Body);
        Assert.Equal("""{"dropped":1}""", (await control.SendAsync("POST", "/admin/a2a-queue/drop-stale?max_age_minutes=10")).Body);
    }

    private static object Call(string message) => new
    {
        jsonrpc = "2.0",
        id = "r1",
        method = "message/send",
        @params = new { message = new { role = "user", messageId = message, parts = new[] { new { kind = "text", text = "ping" } } } },
    };
}

using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Molecule.Tests.ControlPlane;

/// <summary>Delegations (spec/control-plane.md 3.3, 6.5).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class DelegationTests(PostgresCluster postgres)
{
    [Fact]
    public async Task A_task_goes_to_the_other_workspace_and_its_answer_comes_back()
    {
        await using var agent = await FakeAgent.AnsweringAsync(FakeAgent.Pong);
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (source, token) = await control.RegisterAsync("http://localhost:1");
        var (target, _) = await control.RegisterAsync(agent.Url);

        var sent = await control.SendAsync("POST", $"/workspaces/{source}/delegate", new { target_id = target, task = "count the stars", idempotency_key = "k" }, token);

        Assert.Equal((202, "delegated"), (sent.Status, sent["status"]));
        var id = sent["delegation_id"];
        var rows = await UntilAsync(control, source, "completed");
        Assert.Equal(["delegate_result", "delegate"], rows.EnumerateArray().Select(static row => row.GetProperty("type").GetString()));
        Assert.All(rows.EnumerateArray(), row => Assert.Equal(("completed", id), (row.GetProperty("status").GetString(), row.GetProperty("delegation_id").GetString())));
        Assert.Equal("pong", rows[0].GetProperty("response_preview").GetString());
        Assert.Contains("count the stars", Assert.Single(agent.Calls), StringComparison.Ordinal);
        Assert.Equal(source.ToString(), (await control.SendAsync("GET", $"/workspaces/{target}/activity?source=agent")).Json[0].GetProperty("source_id").GetString());

        var again = await control.SendAsync("POST", $"/workspaces/{source}/delegate", new { target_id = target, task = "count the stars", idempotency_key = "k" }, token);
        Assert.Equal((200, id, "True", "completed"), (again.Status, again["delegation_id"], again["idempotent_hit"], again["status"]));
        Assert.Single(agent.Calls);
        Assert.Equal(
            "DELEGATION_SENT DELEGATION_STATUS DELEGATION_STATUS DELEGATION_COMPLETE",
            await control.ScalarAsync<string>("SELECT string_agg(event_type, ' ' ORDER BY created_at, event_type DESC) FROM structure_events WHERE event_type LIKE 'DELEGATION%'"));
    }

    [Fact]
    public async Task A_task_that_cannot_be_done_fails_with_the_reason_and_frees_its_key()
    {
        await using var broken = await FakeAgent.AnsweringAsync("no", 500);
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (root, _) = await control.RegisterAsync("http://localhost:1");
        var child = (await control.SendAsync("POST", "/workspaces", new { name = "child", external = true, url = broken.Url, parent_id = root })).Id;
        var (stranger, _) = await control.RegisterAsync("http://localhost:1");
        foreach (var (from, to, reason) in new[] { (stranger, child, "access denied: workspaces cannot communicate per hierarchy rules"), (root, child, "workspace agent answered 500"), (child, Guid.NewGuid(), "workspace not found") })
        {
            var first = await control.SendAsync("POST", $"/workspaces/{from}/delegate", new { target_id = to, task = "t", idempotency_key = "k" });
            var rows = await UntilAsync(control, from, "failed");
            Assert.Equal(reason, rows[0].GetProperty("error").GetString());
            Assert.NotEqual(first["delegation_id"], (await control.SendAsync("POST", $"/workspaces/{from}/delegate", new { target_id = to, task = "t", idempotency_key = "k" }))["delegation_id"]);
        }
    }

    [Fact]
    public async Task A_busy_agent_gets_its_task_from_the_queue_and_the_delegation_ends_with_it()
    {
        var isBusy = true;
        await using var agent = await FakeAgent.StartAsync(context =>
        {
            if (isBusy)
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return context.Response.WriteAsync(FakeAgent.Pong);
        });
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (source, _) = await control.RegisterAsync("http://localhost:1");
        var (target, targetToken) = await control.RegisterAsync(agent.Url);
        await control.SendAsync("POST", $"/workspaces/{source}/delegate", new { target_id = target, task = "later" });
        await UntilAsync(control, source, "queued");
        isBusy = false;

        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = target }, targetToken);

        Assert.Equal("pong", (await UntilAsync(control, source, "completed"))[0].GetProperty("response_preview").GetString());
    }

    [Fact]
    public async Task What_an_agent_delegates_itself_is_recorded_and_ended_once()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (source, _) = await control.RegisterAsync("http://localhost:1");
        var recorded = await control.SendAsync("POST", $"/workspaces/{source}/delegations/record", new { target_id = Guid.NewGuid(), task = "t", delegation_id = "d-1" });
        Assert.Equal((202, """{"delegation_id":"d-1","status":"recorded"}"""), (recorded.Status, recorded.Body));
        var update = $"/workspaces/{source}/delegations/d-1/update";
        Assert.Equal(400, (await control.SendAsync("POST", update, new { status = "lost" })).Status);
        Assert.Equal("""{"delegation_id":"d-1","status":"completed"}""", (await control.SendAsync("POST", update, new { status = "completed", response_preview = "done" })).Body);
        Assert.Equal(404, (await control.SendAsync("POST", update, new { status = "failed" })).Status);
    }

    [Theory]
    [InlineData("""{"task":"t"}""", "invalid request body")]
    [InlineData("""{"target_id":"x","task":"t"}""", "target_id must be a valid UUID")]
    [InlineData("""{"target_id":"SELF","task":"t"}""", "cannot delegate to self")]
    public async Task A_wrong_delegation_is_refused_and_leaves_no_row(string body, string error)
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (source, _) = await control.RegisterAsync("http://localhost:1");

        var answer = await control.SendAsync("POST", $"/workspaces/{source}/delegate", body.Replace("SELF", source.ToString(), StringComparison.Ordinal));

        Assert.Equal((400, error), (answer.Status, answer["error"]));
        Assert.Equal("[]", (await control.SendAsync("GET", $"/workspaces/{source}/delegations")).Body);
    }

    private static Task<JsonElement> UntilAsync(RunningControlPlane control, Guid source, string status) => RunningControlPlane.UntilAsync(
        $"a delegation of {source} that is {status}",
        async () => (await control.SendAsync("GET", $"/workspaces/{source}/delegations")).Json,
        rows => rows.GetArrayLength() > 0 && rows[0].GetProperty("status").GetString() == status);
}

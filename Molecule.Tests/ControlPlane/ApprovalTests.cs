using Microsoft.Extensions.Time.Testing;

namespace Molecule.Tests.ControlPlane;

/// <summary>Approvals, checkpoints and instructions (spec/control-plane.md 3.5).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class ApprovalTests(PostgresCluster postgres)
{
    [Fact]
    public async Task An_approval_is_asked_for_escalated_and_decided_once()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var parent = (await control.SendAsync("POST", "/workspaces", new { name = "parent", external = true, url = "http://localhost:1" })).Id;
        var child = (await control.SendAsync("POST", "/workspaces", new { name = "child", external = true, url = "http://localhost:1", parent_id = parent })).Id;

        var asked = await control.SendAsync("POST", $"/workspaces/{child}/approvals", new { action = "deploy", reason = "all green", context = new { env = "prod" } });

        Assert.Equal((201, "pending"), (asked.Status, asked["status"]));
        var pending = Assert.Single((await control.SendAsync("GET", "/approvals/pending")).Json.EnumerateArray());
        Assert.Equal(("child", "deploy"), (pending.GetProperty("workspace_name").GetString(), pending.GetProperty("action").GetString()));
        var decide = $"/workspaces/{child}/approvals/{asked["approval_id"]}/decide";
        Assert.Equal("decision must be 'approved' or 'denied'", (await control.SendAsync("POST", decide, new { decision = "maybe" }))["error"]);
        Assert.Equal(404, (await control.SendAsync("POST", decide.Replace(child.ToString(), parent.ToString(), StringComparison.Ordinal), new { decision = "denied" })).Status);
        Assert.Equal("approved", (await control.SendAsync("POST", decide, new { decision = "approved" }))["status"]);
        Assert.Equal(404, (await control.SendAsync("POST", decide, new { decision = "denied" })).Status);
        Assert.Equal("[]", (await control.SendAsync("GET", "/approvals/pending")).Body);
        var row = Assert.Single((await control.SendAsync("GET", $"/workspaces/{child}/approvals")).Json.EnumerateArray());
        Assert.Equal(("approved", "human"), (row.GetProperty("status").GetString(), row.GetProperty("decided_by").GetString()));
        Assert.Equal(
            "APPROVAL_REQUESTED APPROVAL_APPROVED/APPROVAL_ESCALATED",
            await control.ScalarAsync<string>(
                """
                SELECT string_agg(event_type, ' ' ORDER BY created_at) FILTER (WHERE workspace_id = @child) || '/' || string_agg(event_type, ' ') FILTER (WHERE workspace_id = @parent)
                FROM structure_events WHERE event_type LIKE 'APPROVAL%'
                """,
                new { child, parent }));
    }

    [Fact]
    public async Task What_nobody_decides_within_ten_minutes_is_denied()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var control = await RunningControlPlane.StartAsync(postgres, time: time);
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        await control.SendAsync("POST", $"/workspaces/{id}/approvals", new { action = "deploy" });
        time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(1, (await control.SendAsync("GET", "/approvals/pending")).Json.GetArrayLength());

        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("[]", (await control.SendAsync("GET", "/approvals/pending")).Body);
        var row = (await control.SendAsync("GET", $"/workspaces/{id}/approvals")).Json[0];
        Assert.Equal(("denied", "auto-expired"), (row.GetProperty("status").GetString(), row.GetProperty("decided_by").GetString()));
    }

    [Fact]
    public async Task A_workflow_s_steps_are_kept_once_each_and_the_latest_is_found()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        var path = $"/workspaces/{id}/checkpoints";
        Assert.Equal(404, (await control.SendAsync("GET", path + "/latest")).Status);
        foreach (var body in new[]
        {
            """{"workflow_id":"w","step_name":"plan","step_index":0,"payload":{"n":1}}""", """{"workflow_id":"w","step_name":"build","step_index":1}""",
            """{"workflow_id":"w","step_name":"build","step_index":1,"payload":[2]}""",
        })
        {
            Assert.Equal((201, "w"), ((await control.SendAsync("POST", path, body)) is var made ? made.Status : 0, made["workflow_id"]));
        }

        var latest = (await control.SendAsync("GET", path + "/latest")).Json;
        Assert.Equal(("build", "[2]"), (latest.GetProperty("step_name").GetString(), latest.GetProperty("payload").GetRawText()));
        Assert.Equal(["plan", "build"], (await control.SendAsync("GET", path + "/w")).Json.EnumerateArray().Select(static row => row.GetProperty("step_name").GetString()));
        Assert.Equal("""{"deleted":2,"workflow_id":"w"}""", (await control.SendAsync("DELETE", path + "/w")).Body);
        Assert.Equal(404, (await control.SendAsync("DELETE", path + "/w")).Status);
        Assert.Equal(400, (await control.SendAsync("POST", path, """{"workflow_id":"w"}""")).Status);
    }

    [Fact]
    public async Task Instructions_reach_the_workspaces_that_they_are_for_highest_first()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        var (other, _) = await control.RegisterAsync("http://localhost:1");
        async Task<string> AddAsync(object body) => (await control.SendAsync("POST", "/instructions", body))["id"];
        await AddAsync(new { scope = "global", title = "Low", content = "low", priority = 1 });
        var high = await AddAsync(new { scope = "global", title = "High", content = "high", priority = 9 });
        await AddAsync(new { scope = "global", title = "Off", content = "off", enabled = false });
        await AddAsync(new { scope = "workspace", scope_target = id.ToString(), title = "Own", content = "own" });

        Assert.Equal("## High\n\nhigh\n\n## Low\n\nlow\n\n## Own\n\nown\n", (await control.SendAsync("GET", $"/workspaces/{id}/instructions/resolve", bearer: token))["instructions"]);
        Assert.DoesNotContain("Own", (await control.SendAsync("GET", $"/workspaces/{other}/instructions/resolve"))["instructions"], StringComparison.Ordinal);
        Assert.Equal("""{"status":"updated"}""", (await control.SendAsync("PUT", $"/instructions/{high}", new { enabled = false })).Body);
        Assert.Equal("""{"status":"deleted"}""", (await control.SendAsync("DELETE", $"/instructions/{high}")).Body);
        Assert.Equal("instruction not found", (await control.SendAsync("DELETE", $"/instructions/{high}"))["error"]);
        Assert.Equal(3, (await control.SendAsync("GET", "/instructions")).Json.GetArrayLength());
        foreach (var wrong in new object[] { new { scope = "team", title = "t", content = "c" }, new { scope = "workspace", title = "t", content = "c" }, new { scope = "global", title = new string('t', 201), content = "c" }, new { scope = "global", title = "t", content = new string('c', 8193) } })
        {
            Assert.Equal(400, (await control.SendAsync("POST", "/instructions", wrong)).Status);
        }
    }
}

using Microsoft.AspNetCore.Http;

namespace Molecule.Tests.ControlPlane;

[Collection(ControlPlaneCollection.Name)]
public sealed class WholeWayTests(PostgresCluster postgres)
{
    [Fact]
    public async Task A_created_workspace_is_started_registers_answers_and_leaves_its_activity()
    {
        await using var agent = await LoopbackHost.StartAsync(static async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"jsonrpc":"2.0","id":"r1","result":{"kind":"message","role":"agent","parts":[{"kind":"text","text":"MIRELO-KAVODU"}]}}""");
        });
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);

        var created = await control.SendAsync("POST", "/workspaces", new { name = "cell", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = "mol-key" } });
        Assert.Equal(201, created.Status);
        Assert.Equal("openai-api", created["provider"]);
        var request = await RunningControlPlane.UntilAsync("the provision call", () => Task.FromResult(node.Provisioned.FirstOrDefault()), static request => request is not null);
        Assert.Equal(created.Id.ToString(), request!.WorkspaceId);
        Assert.Equal("mol-key", request.Env["OPENAI_API_KEY"]);

        await control.RegisterAsync(agent.Url, created.Id);
        var online = await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: "");
        Assert.Contains("\"status\":\"online\"", online.Body, StringComparison.Ordinal);

        var turn = await control.SendAsync(
            "POST", $"/workspaces/{created.Id}/a2a", """{"jsonrpc":"2.0","id":"r1","method":"message/send","params":{"message":{"role":"user","messageId":"m1","parts":[]}}}""", bearer: "");
        Assert.Equal(200, turn.Status);
        Assert.Contains("MIRELO-KAVODU", turn.Body, StringComparison.Ordinal);

        var activity = await control.SendAsync("GET", $"/workspaces/{created.Id}/activity");
        var row = Assert.Single(activity.Json.EnumerateArray());
        Assert.Equal("ok", row.GetProperty("status").GetString());
        Assert.Equal("message/send → cell", row.GetProperty("summary").GetString());

        var deleted = await control.SendAsync("DELETE", $"/workspaces/{created.Id}");
        Assert.Equal("""{"cascade_deleted":0,"status":"removed"}""", deleted.Body);
        Assert.Equal($"{created.Id} i-1", Assert.Single(node.Stopped));
    }
}

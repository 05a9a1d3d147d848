using System.Text.Json;

namespace Molecule.Tests.ControlPlane;

/// <summary>POST /workspaces/:id/chat-session/new (spec/runtimes-and-providers.md 1.8).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class ChatSessionTests(SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    [Fact]
    public async Task The_agent_begins_anew_and_one_row_says_so()
    {
        await using var agent = await FakeAgent.AnsweringAsync("""{"jsonrpc":"2.0","id":"1","result":{"status":"reset"}}""");
        var (id, token) = await shared.Control.RegisterAsync(agent.Url);

        var answer = await shared.Control.SendAsync("POST", $"/workspaces/{id}/chat-session/new", bearer: token);

        Assert.Equal((200, """{"status":"reset"}"""), (answer.Status, answer.Body));
        Assert.Equal("chat-session/new", JsonElement.Parse(Assert.Single(agent.Calls)).GetProperty("method").GetString());
        var rows = JsonElement.Parse((await shared.Control.SendAsync("GET", $"/workspaces/{id}/activity")).Body);
        Assert.Single(rows.EnumerateArray(), static row => row.GetProperty("method").GetString() == "chat-session/new");
    }

    [Theory]
    [InlineData(200, """{"jsonrpc":"2.0","id":"1","error":{"code":-32603,"message":"agent not configured"}}""", 502, "agent not configured")]
    [InlineData(503, """{"error":"32 turns wait already"}""", 503, "workspace agent busy")]
    [InlineData(500, "oh", 502, "workspace agent answered 500")]
    public async Task An_agent_that_does_not_leaves_no_row(int status, string body, int expected, string error)
    {
        await using var agent = await FakeAgent.AnsweringAsync(body, status);
        var (id, token) = await shared.Control.RegisterAsync(agent.Url);

        var answer = await shared.Control.SendAsync("POST", $"/workspaces/{id}/chat-session/new", bearer: token);

        Assert.Equal((expected, error), (answer.Status, answer["error"]));
        Assert.Equal("[]", (await shared.Control.SendAsync("GET", $"/workspaces/{id}/activity")).Body);
    }

    [Fact]
    public async Task Nobody_may_but_the_workspace_and_its_owners()
    {
        await using var agent = await FakeAgent.AnsweringAsync("{}");
        var (id, _) = await shared.Control.RegisterAsync(agent.Url);

        Assert.Equal(401, (await shared.Control.SendAsync("POST", $"/workspaces/{id}/chat-session/new", bearer: "wrong")).Status);
        Assert.Equal(404, (await shared.Control.SendAsync("POST", $"/workspaces/{Guid.NewGuid()}/chat-session/new")).Status);
        Assert.Empty(agent.Calls);
    }

    [Fact]
    public async Task An_agent_that_is_gone_is_told()
    {
        string url;
        await using (var agent = await FakeAgent.AnsweringAsync("{}"))
        {
            url = agent.Url;
        }

        var (id, _) = await shared.Control.RegisterAsync(url);

        var answer = await shared.Control.SendAsync("POST", $"/workspaces/{id}/chat-session/new");

        Assert.Equal((502, "workspace unreachable"), (answer.Status, answer["error"]));
    }
}

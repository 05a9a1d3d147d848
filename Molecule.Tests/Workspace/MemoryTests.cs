using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Memory;
using Molecule.Workspace.Turns;

namespace Molecule.Tests.Workspace;

/// <summary>What of the platform's memories reaches the agent, and what is kept of a turn (spec/runtimes-and-providers.md 1.8).</summary>
public sealed class MemoryTests
{
    private const string Memories = """[{"id":"2","content":"The user likes tea.","scope":"LOCAL"},{"id":"1","content":"The user\nhas a cat.","scope":"TEAM"}]""";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_turn_of_a_session_is_told_the_last_ten_memories_and_the_next_one_is_not()
    {
        using var platform = new ScriptedPlatform();
        platform.Answers["GET /workspaces/ws-1/memories?limit=10"] = (HttpStatusCode.OK, Memories);
        var agent = new ScriptedAgent(new TurnReply("yes", null, Failed: false));
        var runner = ScriptedTurns.Runner(platform, new Wedge());

        await runner.RunAsync(agent, "Hello?", static _ => { }, Cancelled);
        await runner.RunAsync(agent, "And now?", static _ => { }, Cancelled);
        await agent.ResetSessionAsync(Cancelled);
        await runner.RunAsync(agent, "Once more?", static _ => { }, Cancelled);

        Assert.Equal(
            [
                "What you remember, newest first:\n- The user likes tea.\n- The user has a cat.\n\nHello?",
                "And now?",
                "What you remember, newest first:\n- The user likes tea.\n- The user has a cat.\n\nOnce more?",
            ],
            agent.Prompts);
        Assert.All(platform.Calls, static call => Assert.Equal(($"Bearer {ScriptedPlatform.Token}", "ws-1"), (call.Authorization, call.Workspace)));
    }

    [Fact]
    public async Task A_conversation_taken_up_again_is_told_nothing_and_one_that_could_not_be_is_told_all()
    {
        using var platform = new ScriptedPlatform();
        platform.Answers["GET /workspaces/ws-1/memories?limit=10"] = (HttpStatusCode.OK, Memories);
        var runner = ScriptedTurns.Runner(platform, new Wedge());
        runner.GoesOnWith("s-0");

        var continued = new ScriptedAgent(new TurnReply("yes", null, Failed: false)) { Session = "s-0" };
        await runner.RunAsync(continued, "Hello?", static _ => { }, Cancelled);
        Assert.Equal(["Hello?"], continued.Prompts);

        runner.GoesOnWith("s-0");
        var fresh = new ScriptedAgent(new TurnReply("yes", null, Failed: false)) { Session = "s-1" };
        await runner.RunAsync(fresh, "Hello?", static _ => { }, Cancelled);
        Assert.StartsWith("What you remember", Assert.Single(fresh.Prompts), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound, "")]
    [InlineData(HttpStatusCode.OK, "<html>")]
    [InlineData(HttpStatusCode.OK, """{"error":"no list"}""")]
    [InlineData(HttpStatusCode.OK, """[7,{"content":8},{"content":""}]""")]
    public async Task A_platform_without_memories_to_give_does_not_change_the_prompt(HttpStatusCode status, string body)
    {
        using var platform = new ScriptedPlatform();
        platform.Answers["GET /workspaces/ws-1/memories?limit=10"] = (status, body);
        var agent = new ScriptedAgent(new TurnReply("yes", null, Failed: false));

        await ScriptedTurns.Runner(platform, new Wedge()).RunAsync(agent, "Hello?", static _ => { }, Cancelled);

        Assert.Equal(["Hello?"], agent.Prompts);
    }

    [Theory]
    [InlineData("claude-code", 1)]
    [InlineData("codex", 0)]
    public async Task Claude_codes_turns_are_kept_as_memories_with_their_secrets_masked(string runtime, int kept)
    {
        using var platform = new ScriptedPlatform($"MOLECULE_RUNTIME={runtime}", "ANTHROPIC_API_KEY=mol-key-1234");
        platform.Answers["POST /workspaces/ws-1/memories"] = (HttpStatusCode.Created, """{"id":"3"}""");
        var memories = new MemoryClient(platform.Connect(), NullLogger<MemoryClient>.Instance);
        using var keeper = new MemoryKeeper(memories);
        var runner = ScriptedTurns.Runner(platform, new Wedge(), memories, keeper);
        await keeper.StartAsync(Cancelled);

        await runner.RunAsync(new ScriptedAgent(new TurnReply("It is mol-key-1234.", null, Failed: false)), "My\nkey?", static _ => { }, Cancelled);
        keeper.Keep("the last");
        await Eventually.HoldsAsync(() => Posted(platform).Contains("the last"), TimeSpan.FromSeconds(10), "all memories have been kept");

        Assert.Equal([.. Enumerable.Repeat("Conversation: My key? -> It is [masked].", kept), "the last"], Posted(platform));
        await keeper.StopAsync(Cancelled);
    }

    private static List<string> Posted(ScriptedPlatform platform)
    {
        lock (platform.Calls)
        {
            return [.. platform.Calls.Where(static c => c.Route == "POST /workspaces/ws-1/memories").Select(static c => (string)c.Body!["content"]!)];
        }
    }
}

using System.Runtime.Versioning;

namespace Molecule.Tests.Workspace;

/// <summary>An agent's program that dies, hangs or writes garbage: the caller is told in clear text, in bounded time, and the next turn is served.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BadAgentTests
{
    // Up and ready for a turn.
    private const string ClaudeUp = "read -r _; echo '{\"type\":\"control_response\"}'; ";
    private const string CodexUp = "read -r _; echo '{\"id\":1,\"result\":{}}'; read -r _; read -r _; echo '{\"id\":2,\"result\":{\"thread\":{\"id\":\"t-1\"}}}'; ";

    private const string Hangs = "hang";
    private const string Dies = "read -r _; echo 'out of luck' >&2; exit 7";

    // What it said is read only after it has gone.
    private const string DiesBeforeItIsHeard = "read -r _; (exec >&-; while kill -0 $$; do :; done 2> /dev/null; echo 'out of luck' >&2) & exit 7";
    private const string WritesWords = "echo 'Segmentation fault'; echo '[1]'; echo '{\"type\":'; hang";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("claude-code", Hangs, "claude-code did not start: claude did not answer within 120 s")]
    [InlineData("claude-code", Dies, "claude-code did not start: claude ended at its start (exit code 7: out of luck)")]
    [InlineData("claude-code", DiesBeforeItIsHeard, "claude-code did not start: claude ended at its start (exit code 7: out of luck)")]
    [InlineData("claude-code", WritesWords, "claude-code did not start: claude did not answer within 120 s")]
    [InlineData("codex", Hangs, "codex did not start: codex app-server did not answer within 120 s")]
    [InlineData("codex", Dies, "codex did not start: app-server has ended (exit code 7: out of luck)")]
    [InlineData("codex", DiesBeforeItIsHeard, "codex did not start: app-server has ended (exit code 7: out of luck)")]
    [InlineData("codex", WritesWords, "codex did not start: codex app-server did not answer within 120 s")]
    [InlineData("codex", "echo '{\"id\":1,\"method\":5}'; hang", "codex did not start: app-server ")]
    [InlineData("codex", "read -r _; echo '{\"id\":1,\"result\":{}}'; read -r _; read -r _; echo '{\"id\":2,\"result\":5}'; hang", "codex did not start: app-server answered what cannot be read")]
    public async Task A_program_that_did_not_come_up_wedges_the_workspace_until_the_next_turn_has_started_it(string runtime, string firstStart, string reason)
    {
        await using var agent = new BadAgent(runtime, firstStart);
        await agent.SetUpAsync(Cancelled);

        Assert.StartsWith(reason, agent.Wedge.Reason, StringComparison.Ordinal);
        Assert.Equal("ready", agent.Slot.Status);
        var reply = await agent.TurnAsync(Cancelled);

        Assert.Equal("served", reply.Text);
        Assert.Null(agent.Wedge.Reason);
    }

    [Theory]
    [InlineData("claude-code", ClaudeUp + Dies, "Agent error (exit_7): claude ended during the turn (exit code 7: out of luck); the next turn starts it again")]
    [InlineData("claude-code", ClaudeUp + "read -r _; " + Hangs, "Agent error (subprocess_error): completion stalled: no end within 900 s; the agent was restarted")]
    [InlineData("claude-code", ClaudeUp + "read -r _; " + WritesWords, "Agent error (subprocess_error): completion stalled: no end within 900 s; the agent was restarted")]
    [InlineData("claude-code", ClaudeUp + "read -r _; echo '{\"type\":\"result\",\"is_error\":\"?\"}'; hang", "Agent error (subprocess_error): claude wrote what cannot be read")]
    [InlineData("codex", CodexUp + Dies, "[codex error] app-server has ended (exit code 7: out of luck)")]
    [InlineData("codex", CodexUp + "read -r _; " + Hangs, "[codex error] no sign of life for 300s; the agent was restarted")]
    [InlineData("codex", CodexUp + "read -r _; echo '{\"id\":3,\"error\":7}'; hang", "[codex error] 7")]
    [InlineData("codex", CodexUp + "read -r _; echo '{\"id\":3,\"result\":7}'; hang", "[codex error] app-server wrote what cannot be read")]
    public async Task A_program_that_misbehaves_in_a_turn_fails_that_turn_in_clear_text_and_the_next_one_is_served(string runtime, string firstStart, string expected)
    {
        await using var agent = new BadAgent(runtime, firstStart);
        await agent.SetUpAsync(Cancelled);
        Assert.Null(agent.Wedge.Reason);

        var failed = await agent.TurnAsync(Cancelled);

        Assert.True(failed.Failed);
        Assert.StartsWith(expected, failed.Text, StringComparison.Ordinal);
        var next = await agent.TurnAsync(Cancelled);
        if (runtime is "codex" && firstStart.Contains("error", StringComparison.Ordinal))
        {
            // It refused the turn and lives: that it hangs now is another failure.
            Assert.Equal("[codex error] no sign of life for 300s; the agent was restarted", next.Text);
            next = await agent.TurnAsync(Cancelled);
        }

        Assert.Equal("served", next.Text);
        Assert.Null(agent.Wedge.Reason);
    }
}

using System.Collections.Immutable;
using System.Net;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Turns;

namespace Molecule.Tests.Workspace;

/// <summary>Which error texts tell of a full window, and what a turn does about one (spec/runtimes-and-providers.md 2.1, 5.2).</summary>
public sealed class ContextOverflowTests
{
    private const string Kimi = "Agent error (api_error): API Error: 400 Invalid request: Your request exceeded model token limit: 262144 (requested: 268132)";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]

    // spec 3.1; the second as Anthropic's docs word it, https://docs.claude.com/en/docs/build-with-claude/context-windows.
    [InlineData("prompt is too long: 210123 tokens > 200000 maximum")]
    [InlineData("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again")]

    // claude-code 2.1.330, alone and after its own compaction gave up (spec/driving-the-runtimes.md 1, errors).
    [InlineData("Agent error (prompt_too_long): Prompt is too long · the request is ~210123 tokens (limit 200000) but this conversation is only ~2586 tokens")]
    [InlineData("Agent error (prompt_too_long): Prompt is too long")]

    // spec 3.2, 3.3; spec/driving-the-runtimes.md 2, errors.
    [InlineData("Your input exceeds the context window of this model. Please adjust your input and try again.")]
    [InlineData("This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.")]
    [InlineData("Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 289650 tokens. Please reduce the length of the messages.")]
    [InlineData("""{"error":{"code":"context_length_exceeded"}}""")]
    [InlineData("[codex error] Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.")]

    // spec 3.4, 5.2.
    [InlineData(Kimi)]
    [InlineData("token limit 262144 requested 268132")]

    // spec 3.4, and https://github.com/MoonshotAI/kimi-code/issues/1862: a conversation of more bytes than a call takes, which no waiting makes shorter either.
    [InlineData("total message size exceeds limit 2097152")]
    [InlineData("Agent error (api_error): API Error: 400 total message size 2100954 exceeds limit 2097152")]

    // spec 3.5.
    [InlineData("invalid params, context window exceeds limit (2013)")]
    [InlineData("""{"base_resp":{"status_code":1039,"status_msg":"token limit"}}""")]

    // spec 3.6, 3.7.
    [InlineData("[A2A_ERROR] google-adk runtime error: The input token count (1200345) exceeds the maximum number of tokens allowed (1048576).")]
    [InlineData("Please reduce the length of the messages or completion.")]

    // spec 5.2: eight days; spec/driving-the-runtimes.md 3, errors.
    [InlineData("[hermes-agent error 400] Context length exceeded (182,430 tokens). Cannot compress further.")]
    [InlineData("OpenClaw error: internal error (Context overflow: prompt too large for the model. Try /reset)")]
    public void A_vendors_or_agents_overflow_is_told(string error) => Assert.True(ContextOverflow.IsToldBy(error, "Hello?"));

    [Theory]

    // spec 3.2: a minute's tokens; https://developers.openai.com/api/docs/guides/rate-limits.
    [InlineData("Rate limit reached for gpt-5.5 in organization org-1 on tokens per min (TPM): Limit 30000, Used 28000, Requested 4000.")]

    // spec 3.7: one request that is larger than a minute's allowance; https://console.groq.com/docs/rate-limits.
    [InlineData("Request too large for model `llama-3.3-70b-versatile` on tokens per minute (TPM): Limit 6000, Requested 7012, please reduce your message size and try again.")]

    // https://docs.claude.com/en/api/rate-limits.
    [InlineData("This request would exceed your organization's rate limit of 40,000 input tokens per minute.")]
    [InlineData("Too many tokens, please wait before trying again.")]
    [InlineData("Agent error (rate_limited): API Error: Request rejected (429) · token limit reached")]

    // spec 3.2, 3.4, 3.6.
    [InlineData("You exceeded your current quota, please check your plan and billing details.")]
    [InlineData("Quota exceeded for metric generate_content_paid_tier_input_token_count, limit: 1000000")]
    [InlineData("You've reached your usage limit for this billing cycle. Your quota will be refreshed in the next cycle.")]

    // spec 3.1.
    [InlineData("Overloaded")]
    [InlineData("max_tokens: 64000 > 32000, which is the maximum allowed number of output tokens")]
    [InlineData("")]
    public void What_merely_speaks_of_tokens_is_none(string error) => Assert.False(ContextOverflow.IsToldBy(error, "Hello?"));

    [Fact]
    public void An_error_that_quotes_its_user_is_none()
    {
        const string said = "Why do I get:\nprompt is too long: 210123 tokens > 200000 maximum\nsince yesterday?";

        Assert.False(ContextOverflow.IsToldBy("Agent error (error): cannot parse 'prompt is too long: 210123 tokens > 200000 maximum'", said));
        Assert.True(ContextOverflow.IsToldBy("prompt is too long: 210124 tokens > 200000 maximum", said));
    }

    [Fact]
    public async Task An_answer_that_speaks_of_a_full_window_resets_nothing()
    {
        using var platform = new ScriptedPlatform();
        var agent = new ScriptedAgent(new TurnReply(Kimi, null, Failed: false));

        await ScriptedTurns.Runner(platform, new Wedge()).RunAsync(agent, "What does Kimi say?", static _ => { }, Cancelled);

        Assert.Equal((1, 0), (agent.Turns, agent.Resets));
        Assert.Empty(Reports(platform));
    }

    [Fact]
    public async Task A_full_window_is_healed_once_with_what_is_remembered_and_one_row()
    {
        using var platform = new ScriptedPlatform("KIMI_API_KEY=mol-key-1234");
        platform.Answers["GET /workspaces/ws-1/memories?limit=10"] = (HttpStatusCode.OK, """[{"content":"The user likes tea."}]""");
        var agent = new ScriptedAgent(new TurnReply("yes", null, Failed: false), new TurnReply(Kimi + " mol-key-1234", null, Failed: true), new TurnReply("tea", null, Failed: false));
        var wedge = new Wedge();
        var runner = ScriptedTurns.Runner(platform, wedge);
        await runner.RunAsync(agent, "Hello?", static _ => { }, Cancelled);

        var reply = await runner.RunAsync(agent, "What do I like?", static _ => { }, Cancelled);
        await runner.RunAsync(agent, "And now?", static _ => { }, Cancelled);

        Assert.Equal(new TurnReply("tea", null, Failed: false), reply);
        Assert.Equal(["What do I like?", "What you remember, newest first:\n- The user likes tea.\n\nWhat do I like?", "And now?"], agent.Prompts[1..]);
        Assert.Equal((1, null), (agent.Resets, wedge.Reason));
        var row = Assert.Single(Reports(platform)).Body!;
        Assert.Equal(("context_overflow_autoheal", "warning", $"{Kimi} [masked]"), ((string?)row["method"], (string?)row["status"], (string?)row["error_detail"]));
    }

    [Fact]
    public async Task A_second_overflow_in_one_turn_is_terminal()
    {
        using var platform = new ScriptedPlatform();
        var agent = new ScriptedAgent(new TurnReply(Kimi, null, Failed: true), new TurnReply(Kimi, null, Failed: true), new TurnReply("served", null, Failed: false));
        var wedge = new Wedge();
        var runner = ScriptedTurns.Runner(platform, wedge);

        var reply = await runner.RunAsync(agent, "Long?", static _ => { }, Cancelled);

        Assert.Equal((true, 2, null), (reply.Failed, agent.Turns, wedge.Reason));
        Assert.Contains("send a shorter one", reply.Text, StringComparison.Ordinal);
        Assert.Single(Reports(platform));
        Assert.Null(agent.Session);
        Assert.Equal("served", (await runner.RunAsync(agent, "Short?", static _ => { }, Cancelled)).Text);
    }

    [Fact]
    public async Task Switched_off_it_leaves_the_conversation_as_full_as_it_is()
    {
        using var platform = new ScriptedPlatform("MOLECULE_CONTEXT_OVERFLOW_AUTOHEAL=off");
        var agent = new ScriptedAgent(new TurnReply(Kimi, null, Failed: true));

        var reply = await ScriptedTurns.Runner(platform, new Wedge()).RunAsync(agent, "Hello?", static _ => { }, Cancelled);

        Assert.Equal((Kimi, 1, 0), (reply.Text, agent.Turns, agent.Resets));
        Assert.Empty(Reports(platform));
    }

    [Fact]
    public async Task What_was_heard_before_the_overflow_is_set_off_from_the_second_answer()
    {
        using var platform = new ScriptedPlatform();
        var agent = new ScriptedAgent(new TurnReply(Kimi, null, Failed: true), new TurnReply("second", null, Failed: false)) { SaysItsText = true };
        var heard = new List<string>();

        await ScriptedTurns.Runner(platform, new Wedge()).RunAsync(agent, "Hello?", heard.Add, Cancelled);

        Assert.Equal([Kimi, "\n\nsecond"], heard);
    }

    [Fact]
    public void The_switch_knows_on_and_off_alone()
    {
        var wrong = Assert.Throws<Molecule.Workspace.Boot.WorkspaceSettingsException>(static () => Molecule.Workspace.Boot.WorkspaceSettings.Read(
            new Dictionary<string, string> { ["WORKSPACE_ID"] = "ws-1", ["PLATFORM_URL"] = "http://platform.test", ["MOLECULE_CONTEXT_OVERFLOW_AUTOHEAL"] = "maybe" }.ToImmutableDictionary()));

        Assert.Equal("MOLECULE_CONTEXT_OVERFLOW_AUTOHEAL is 'maybe': it has to be on or off.", wrong.Message);
    }

    private static List<PlatformCall> Reports(ScriptedPlatform platform)
    {
        lock (platform.Calls)
        {
            return [.. platform.Calls.Where(static c => c.Route == "POST /workspaces/ws-1/activity")];
        }
    }
}

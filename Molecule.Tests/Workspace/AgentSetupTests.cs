using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.ClaudeCode;
using Molecule.Workspace.Agents.Codex;

namespace Molecule.Tests.Workspace;

/// <summary>How an arm becomes configuration, and how an agent's own words become a reply, without an agent.</summary>
public sealed class AgentSetupTests
{
    // Live mode: without a base URL of the workspace's own, the vendor's (spec/runtimes-and-providers.md 3.0, 2.1, 2.2).
    [Theory]
    [InlineData("openai-api", "gpt-5.5", "OPENAI_API_KEY", "base_url = \"https://api.openai.com/v1\"")]
    [InlineData("openai-subscription", "gpt-5.5", "CODEX_AUTH_JSON", "base_url = \"https://chatgpt.com/backend-api/codex\"")]
    [InlineData("byok-minimax", "codex-minimax-m2.7", "MINIMAX_API_KEY", "base_url = \"https://api.minimax.io/v1\"")]
    public void Codex_goes_to_the_vendor_unless_told_otherwise(string provider, string model, string credential, string line) =>
        Assert.Contains(line, CodexSetup.For(provider, model, Env((credential, "secret"))).ConfigToml.Split('\n'));

    [Theory]
    [InlineData("anthropic-api", "claude-sonnet-4-6", "ANTHROPIC_API_KEY", null)]
    [InlineData("anthropic-oauth", "sonnet", "CLAUDE_CODE_OAUTH_TOKEN", null)]
    [InlineData("kimi-coding", "kimi-for-coding", "KIMI_API_KEY", "https://api.kimi.com/coding/")]
    [InlineData("minimax", "MiniMax-M2.7", "MINIMAX_API_KEY", "https://api.minimax.io/anthropic")]
    public void Claude_code_goes_to_the_vendor_unless_told_otherwise(string provider, string model, string credential, string? baseUrl) =>
        Assert.Equal(baseUrl, ClaudeCodeSetup.For(provider, model, Env((credential, "secret"))).Variables.GetValueOrDefault("ANTHROPIC_BASE_URL"));

    // spec/runtimes-and-providers.md 2.1.
    [Theory]
    [InlineData("kimi-coding", "kimi-for-coding", "KIMI_API_KEY", null, "262144")]
    [InlineData("kimi-coding", "kimi-for-coding", "KIMI_API_KEY", "500000", "500000")]
    [InlineData("anthropic-api", "claude-sonnet-4-6", "ANTHROPIC_API_KEY", "500000", "500000")]
    [InlineData("anthropic-api", "claude-sonnet-4-6", "ANTHROPIC_API_KEY", null, null)]
    public void Claude_code_is_told_the_window_of_a_model_that_it_does_not_know(string provider, string model, string credential, string? said, string? told) => Assert.Equal(
        told,
        ClaudeCodeSetup.For(provider, model, said is null ? Env((credential, "secret")) : Env((credential, "secret"), ("MODEL_CONTEXT_WINDOW", said)))
            .Variables.GetValueOrDefault("CLAUDE_CODE_MAX_CONTEXT_TOKENS"));

    [Fact]
    public void An_oauth_token_travels_without_a_key_beside_it()
    {
        var setup = ClaudeCodeSetup.For("anthropic-oauth", "sonnet", Env(("CLAUDE_CODE_OAUTH_TOKEN", "t"), ("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_AUTH_TOKEN", "a")));

        Assert.Equal("t", setup.Variables["CLAUDE_CODE_OAUTH_TOKEN"]);
        Assert.DoesNotContain("ANTHROPIC_API_KEY", setup.Variables.Keys);
        Assert.DoesNotContain("ANTHROPIC_AUTH_TOKEN", setup.Variables.Keys);
    }

    [Theory]
    [InlineData("anthropic:claude-sonnet-4-6", "claude-sonnet-4-6")]
    [InlineData("claude:claude-sonnet-4-6", "claude-sonnet-4-6")]
    [InlineData("minimax:MiniMax-M2.7", "minimax:MiniMax-M2.7")]
    public void Side_models_are_the_model_itself_and_only_anthropics_prefixes_are_stripped(string model, string wireModel)
    {
        var setup = ClaudeCodeSetup.For("anthropic-api", model, Env(("ANTHROPIC_API_KEY", "k"), ("ANTHROPIC_DEFAULT_OPUS_MODEL", "chosen")));

        Assert.Equal(wireModel, setup.Model);
        Assert.Equal(wireModel, setup.Variables["ANTHROPIC_SMALL_FAST_MODEL"]);
        Assert.Equal(wireModel, setup.Variables["ANTHROPIC_DEFAULT_HAIKU_MODEL"]);
        Assert.Equal("chosen", setup.Variables["ANTHROPIC_DEFAULT_OPUS_MODEL"]);
    }

    // An alias there would go out as it stands, and no vendor knows a model 'sonnet' (cell routing-side-models).
    [Fact]
    public void An_alias_leaves_the_side_models_to_the_program_unless_the_user_chose_one()
    {
        var setup = ClaudeCodeSetup.For("anthropic-oauth", "sonnet", Env(("CLAUDE_CODE_OAUTH_TOKEN", "t"), ("ANTHROPIC_DEFAULT_OPUS_MODEL", "chosen")));

        Assert.Equal("chosen", Assert.Single(setup.Variables, static v => v.Key.EndsWith("_MODEL", StringComparison.Ordinal)).Value);
    }

    [Theory]
    [InlineData(null, "gpt-5.5", "MOLECULE_RESOLVED_PROVIDER")]
    [InlineData("groq", "gpt-5.5", "'groq'")]
    [InlineData("openai-api", null, "MOLECULE_MODEL")]
    [InlineData("openai-api", "openai-api", "name of a provider")]
    [InlineData("openai-api", "gpt-5.5", "OPENAI_API_KEY")]
    [InlineData("openai-subscription", "gpt-5.5", "CODEX_AUTH_JSON")]
    [InlineData("platform", "openai/gpt-5.4", "MOLECULE_LLM_")]
    public void Codex_says_what_it_lacks(string? provider, string? model, string part) =>
        Assert.Contains(part, Assert.Throws<AgentSetupException>(() => CodexSetup.For(provider, model, Env())).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_cannot_break_out_of_codexs_configuration()
    {
        var toml = CodexSetup.For("openai-api", "a\"\nsandbox_mode = \"read-only", Env(("OPENAI_API_KEY", "k"))).ConfigToml;

        Assert.Contains("""model = "a\"\u000Asandbox_mode = \"read-only" """.Trim(), toml.Split('\n'));
    }

    [Fact]
    public void A_codex_turn_gives_its_final_words_and_what_it_used()
    {
        var turn = new CodexTurn("t1", static _ => { });
        turn.Take(Parse("""{"method":"item/completed","params":{"turnId":"t0","item":{"type":"agentMessage","text":"of another turn"}}}"""));
        turn.Take(Parse("""{"method":"item/completed","params":{"turnId":"t1","item":{"type":"agentMessage","text":"I am looking.","phase":"commentary"}}}"""));
        turn.Take(Parse("""{"method":"error","params":{"turnId":"t1","willRetry":true,"error":{"message":"reconnecting"}}}"""));
        turn.Take(Parse("""{"method":"thread/tokenUsage/updated","params":{"turnId":"t1","tokenUsage":{"total":{"inputTokens":110,"outputTokens":30},"last":{"inputTokens":10,"outputTokens":3}}}}"""));
        turn.Take(Parse("""{"method":"thread/tokenUsage/updated","params":{"turnId":"t1","tokenUsage":{"total":{"inputTokens":121,"outputTokens":34},"last":{"inputTokens":11,"outputTokens":4}}}}"""));
        turn.Take(Parse("""{"method":"item/completed","params":{"turnId":"t1","item":{"type":"agentMessage","text":"Done.","phase":null}}}"""));
        Assert.Null(turn.Reply);
        turn.Take(Parse("""{"method":"turn/completed","params":{"turn":{"id":"t1","status":"completed","error":null}}}"""));

        Assert.Equal(new TurnReply("Done.", new TokenCount(21, 7), Failed: false), turn.Reply);
    }

    [Theory]
    [InlineData("""{"status":"failed","error":{"message":"no room"}}""", "[codex error] no room")]
    [InlineData("""{"status":"failed","error":null}""", "[codex error] told before")]
    [InlineData("""{"status":"completed"}""", "(no response generated)")]
    public void A_codex_turn_that_gives_no_words_says_why(string turnJson, string expected)
    {
        var turn = new CodexTurn("t1", static _ => { });
        turn.Take(Parse("""{"method":"error","params":{"turnId":"t1","willRetry":false,"error":{"message":"told before"}}}"""));
        turn.Take(new JsonObject { ["method"] = "turn/completed", ["params"] = new JsonObject { ["turn"] = Parse(turnJson) } });

        Assert.Equal(expected, turn.Reply?.Text);
    }

    [Theory]
    [InlineData("""{"is_error":true,"subtype":"success","api_error_status":401,"result":"Invalid API key"}""", "Agent error (auth_failed): Invalid API key")]
    [InlineData("""{"is_error":true,"subtype":"success","api_error_status":429,"result":"Slow down"}""", "Agent error (rate_limited): Slow down")]
    [InlineData("""{"is_error":true,"subtype":"success","terminal_reason":"prompt_too_long","result":"Prompt is too long"}""", "Agent error (prompt_too_long): Prompt is too long")]
    [InlineData("""{"is_error":true,"subtype":"error_during_execution"}""", "Agent error (error_during_execution): the turn failed without a reason")]
    [InlineData("""{"is_error":false,"subtype":"success","result":"B-A"}""", "B-A")]
    [InlineData("""{"is_error":false,"subtype":"success","result":""}""", "(no response generated)")]
    public void A_result_of_claude_code_becomes_words_or_an_error_text(string result, string expected) =>
        Assert.Equal(expected, ClaudeCodeResult.ToReply(Parse(result)).Text);

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private static ImmutableDictionary<string, string> Env(params (string Name, string Value)[] entries) =>
        entries.ToImmutableDictionary(static e => e.Name, static e => e.Value).Add("WORKSPACE_ID", "ws-1");
}

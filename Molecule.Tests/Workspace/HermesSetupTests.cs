using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;
using Molecule.HermesEmulated.Configuration;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.Hermes;

namespace Molecule.Tests.Workspace;

/// <summary>How an arm becomes hermes' configuration, and how its stream becomes a reply, without a hermes.</summary>
public sealed class HermesSetupTests
{
    // Live mode: without a base URL of the workspace's own, the vendor's (spec/runtimes-and-providers.md 2.3, 3.0). Read back as hermes itself reads it.
    [Theory]
    [InlineData("kimi-coding", "kimi-coding/kimi-k2", "KIMI_API_KEY", "https://api.kimi.com/coding", "AnthropicMessages", "kimi-k2")]
    [InlineData("byok-anthropic", "anthropic/claude-sonnet-4-6", "ANTHROPIC_API_KEY", "https://api.anthropic.com", "AnthropicMessages", "claude-sonnet-4-6")]
    [InlineData("byok-openai", "openai/gpt-4o", "OPENAI_API_KEY", "https://api.openai.com/v1", "ChatCompletions", "gpt-4o")]
    [InlineData("byok-openai", "openai:gpt-4o", "OPENAI_API_KEY", "https://api.openai.com/v1", "ChatCompletions", "gpt-4o")]
    [InlineData("byok-gemini", "gemini/gemini-2.5-pro", "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai", "ChatCompletions", "gemini-2.5-pro")]
    [InlineData("byok-minimax", "minimax:MiniMax-M3", "MINIMAX_API_KEY", "https://api.minimax.io/v1", "ChatCompletions", "MiniMax-M3")]
    [InlineData("byok-minimax", "MiniMax/MiniMax-M3", "MINIMAX_API_KEY", "https://api.minimax.io/v1", "ChatCompletions", "MiniMax-M3")]
    public void An_arm_goes_to_its_vendor_unless_told_otherwise(string provider, string model, string credential, string baseUrl, string mode, string wireModel)
    {
        var setup = HermesSetup.For(provider, model, Env((credential, "key")));

        Assert.Equal((wireModel, baseUrl, "key", mode), Read(setup));
    }

    [Fact]
    public void The_platform_arm_takes_the_platforms_endpoint_and_token_and_nobody_elses()
    {
        var setup = HermesSetup.For(
            "platform",
            "minimax/MiniMax-M2.7",
            Env(("MOLECULE_LLM_USAGE_TOKEN", "usage"), ("MOLECULE_LLM_BASE_URL", "http://cp/openai/v1"), ("OPENAI_API_KEY", "own"), ("HERMES_CUSTOM_API_KEY", "own"), ("HERMES_CUSTOM_BASE_URL", "http://elsewhere")));

        Assert.Equal(("minimax/MiniMax-M2.7", "http://cp/openai/v1", "usage", "ChatCompletions"), Read(setup));
    }

    [Theory]
    [InlineData("platform", "minimax/MiniMax-M2.7", "MOLECULE_LLM_USAGE_TOKEN")]
    [InlineData("platform", "nousresearch/hermes-4-70b", "leftover default")]
    [InlineData("platform", "MiniMax-M2.7", "names no vendor")]
    [InlineData("kimi-coding", "kimi-coding/kimi-k2", "KIMI_API_KEY")]
    [InlineData("kimi-coding", "kimi-k2", "'kimi-k2' names no vendor")]
    [InlineData("byok-openai", "gpt-4o", "as openai/gpt-4o")]
    [InlineData("byok-openai", "openai/", "names no vendor")]
    [InlineData("byok-openai", "anthropic/claude-opus-4-7", "provider 'anthropic', the workspace's arm is byok-openai")]
    [InlineData("byok-minimax", "minimax-cn/MiniMax-M2", "'minimax-cn'")]
    [InlineData("byok-openai", " ", "No model is set")]
    [InlineData("byok-openai", null, "No model is set")]
    [InlineData("groq", "groq/llama", "no arm 'groq'")]
    [InlineData(null, "gpt-4o", "'gpt-4o' names no vendor")]
    [InlineData(null, "deepseek/deepseek-chat", "'deepseek', which is no arm here")]
    public void What_would_reach_the_wrong_vendor_is_refused_with_the_mend(string? provider, string? model, string part)
    {
        var refusal = Assert.Throws<AgentSetupException>(() => HermesSetup.For(provider, model, Env()));

        Assert.Contains(part, refusal.Message, StringComparison.Ordinal);
        Assert.Matches("MOLECULE_|secret", refusal.Message);
    }

    // spec 2.3: HERMES_INFERENCE_PROVIDER wins, but for a stale platform; the model's prefix decides where nothing else does.
    [Theory]
    [InlineData("byok-openai", "openai/gpt-4o", "platform", "byok-openai")]
    [InlineData(null, "anthropic/claude-opus-4-7", null, "byok-anthropic")]
    [InlineData(null, "minimax:MiniMax-M2.7", null, "byok-minimax")]
    [InlineData("byok-openai", "gemini/gemini-2.5-pro", "gemini", "byok-gemini")]
    [InlineData("platform", "minimax/MiniMax-M2.7", "custom", "custom")]
    public void The_arm_is_the_pins_then_the_control_planes_then_the_prefixs(string? provider, string model, string? pin, string arm) =>
        Assert.Equal(arm, HermesArm.For(provider, model, pin is null ? Env() : Env(("HERMES_INFERENCE_PROVIDER", pin))).Name);

    [Theory]
    [InlineData("auto")]
    [InlineData("deepseek")]
    public void A_pin_that_names_no_arm_is_refused(string pin) =>
        Assert.Contains($"'{pin}'", Assert.Throws<AgentSetupException>(() => HermesArm.For("byok-openai", "openai/gpt-4o", Env(("HERMES_INFERENCE_PROVIDER", pin)))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_value_cannot_break_out_of_hermes_configuration()
    {
        var setup = HermesSetup.For("byok-openai", "openai/gpt\"\nprovider: anthropic", Env(("OPENAI_API_KEY", "k\"}\nmodel: x"), ("OPENAI_BASE_URL", "http://h/v1")));

        Assert.Equal(("gpt\"\nprovider: anthropic", "http://h/v1", "k\"}\nmodel: x", "ChatCompletions"), Read(setup));
        Assert.Contains("ANTHROPIC_API_KEY", Assert.Throws<AgentSetupException>(() => HermesSetup.For("byok-anthropic", "anthropic/m", Env(("ANTHROPIC_API_KEY", "k'\nX=1")))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"choices":[{"delta":{"content":"B-"}}]}|{"choices":[{"delta":{"content":"A "},"finish_reason":null}]}|{"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":3}}""", "B-A", false)]
    [InlineData("""{"choices":[{"delta":{"reasoning_content":"thought"}}]}|{"choices":[{"delta":{},"finish_reason":"stop"}]}""", "thought", false)]
    [InlineData("""{"choices":[{"delta":{},"finish_reason":"stop"}]}""", "(hermes-agent returned no content)", true)]
    [InlineData("""{"choices":[{"delta":{"content":"B-"}}]}""", "[hermes-agent error 200] the stream ended before the answer was complete", true)]
    [InlineData("""{"choices":[{"delta":{"content":"B-"}}]}|{"choices":[{"delta":{},"finish_reason":"error"}],"error":{"message":"broke"}}""", """[hermes-agent error 200] {"message":"broke"}""", true)]
    [InlineData("no json|[1]|{}", "[hermes-agent error 200] the stream ended before the answer was complete", true)]
    public void A_stream_becomes_words_or_the_runtimes_error_text(string frames, string text, bool failed)
    {
        var turn = new HermesTurn(static _ => { });
        foreach (var frame in frames.Split('|'))
        {
            turn.Take("message", frame);
        }

        var reply = turn.Finish();

        Assert.Equal((text, failed), (reply.Text, reply.Failed));
        Assert.Equal(text is "B-A" ? new TokenCount(11, 3) : null, reply.Tokens);
    }

    // The shape of hermes' own event (its gateway/platforms/api_server.py): a tool's progress is no part of the answer.
    [Fact]
    public void The_progress_of_a_tool_is_no_part_of_the_answer()
    {
        var heard = new List<string>();
        var turn = new HermesTurn(heard.Add);
        turn.Take("hermes.tool.progress", """{"tool":"terminal","emoji":"x","label":"ls","toolCallId":"call_1","status":"running"}""");
        turn.Take("message", """{"choices":[{"delta":{"content":"B-A"},"finish_reason":null}]}""");
        turn.Take("hermes.tool.progress", """{"tool":"terminal","toolCallId":"call_1","status":"completed"}""");
        turn.Take("message", """{"choices":[{"delta":{},"finish_reason":"stop"}]}""");

        Assert.Equal("B-A", turn.Finish().Text);
        Assert.Equal(["B-A"], heard);
    }

    private static (string Model, string BaseUrl, string Key, string Mode) Read(HermesSetup setup)
    {
        Assert.NotNull(JsonNode.Parse(setup.ConfigYaml));
        var endpoint = ModelEndpoint.Resolve(HermesConfig.Parse(setup.ConfigYaml), DotEnv.Parse(setup.DotEnv));
        return (endpoint.Model, endpoint.BaseUrl, endpoint.ApiKey, endpoint.Mode.ToString());
    }

    private static ImmutableDictionary<string, string> Env(params (string Name, string Value)[] entries) =>
        entries.ToImmutableDictionary(static e => e.Name, static e => e.Value).Add("WORKSPACE_ID", "ws-1");
}

using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Agents.OpenClaw;

namespace Molecule.Tests.Workspace;

/// <summary>Where each arm's requests go, with what (spec/runtimes-and-providers.md 2.4, 3.0).</summary>
public sealed class OpenClawSetupTests
{
    [Theory]
    [InlineData("groq", "groq:meta-llama/llama-4-scout-17b-16e-instruct", "https://api.groq.com/openai/v1", "meta-llama/llama-4-scout-17b-16e-instruct", "key-groq")]
    [InlineData("byok-openai", "openai:gpt-4o", "https://api.openai.com/v1", "gpt-4o", "key-openai")]
    [InlineData("byok-minimax", "minimax:MiniMax-M2.7", "https://api.minimax.io/v1", "MiniMax-M2.7", "key-minimax")]
    [InlineData("kimi-coding", "moonshot:kimi-k2.6", "https://api.moonshot.ai/v1", "kimi-k2.6", "key-kimi")]
    [InlineData("platform", "minimax/MiniMax-M2.7", "https://cp.example/llm/openai/v1", "minimax/MiniMax-M2.7", "key-platform")]
    public void An_arm_goes_to_its_vendor_with_its_own_key_over_chat_completions(string provider, string model, string url, string wireModel, string key)
    {
        var setup = OpenClawSetup.For(provider, model, Keys());

        Assert.Equal((OpenClawWire.Completions, url, wireModel, key), (setup.Wire, setup.BaseUrl, setup.Model, setup.Key));
    }

    [Theory]
    [InlineData("groq", "groq:m", "GROQ_BASE_URL")]
    [InlineData("byok-openai", "openai:m", "OPENAI_BASE_URL")]
    [InlineData("byok-minimax", "minimax:m", "MINIMAX_BASE_URL")]
    [InlineData("kimi-coding", "moonshot:m", "MOONSHOT_BASE_URL")]
    [InlineData("platform", "m", "MOLECULE_LLM_BASE_URL")]
    public void An_arms_own_variable_says_where_its_vendor_is(string provider, string model, string variable) =>
        Assert.Equal("http://elsewhere/a1", OpenClawSetup.For(provider, model, Keys().SetItem(variable, "http://elsewhere/a1/")).BaseUrl);

    [Theory]
    [InlineData("byok-minimax", "minimax:MiniMax-M2.7", "MINIMAX_API_KEY", "sk-cp-1", "https://api.minimax.io/anthropic", "MiniMax-M2.7")]
    [InlineData("kimi-coding", "moonshot:kimi-k2.6", "KIMI_API_KEY", "sk-kimi-1", "https://api.kimi.com/coding", "kimi-for-coding")]
    public void A_key_of_a_coding_plan_moves_its_arm_to_the_plans_endpoint(string provider, string model, string variable, string key, string url, string wireModel)
    {
        var setup = OpenClawSetup.For(provider, model, Keys().SetItem(variable, key));

        Assert.Equal((OpenClawWire.Messages, url, wireModel, key), (setup.Wire, setup.BaseUrl, setup.Model, setup.Key));
    }

    [Theory]
    [InlineData("byok-minimax", "MINIMAX_API_KEY", "sk-cp-1", "MINIMAX_BASE_URL")]
    [InlineData("kimi-coding", "KIMI_API_KEY", "sk-kimi-1", "MOONSHOT_BASE_URL")]
    public void A_key_of_a_coding_plan_moves_nothing_where_the_user_said_where_the_vendor_is(string provider, string variable, string key, string address)
    {
        var setup = OpenClawSetup.For(provider, "x:m", Keys().SetItem(variable, key).SetItem(address, "http://elsewhere/v1"));

        Assert.Equal((OpenClawWire.Completions, "http://elsewhere/v1", "m"), (setup.Wire, setup.BaseUrl, setup.Model));
    }

    [Theory]
    [InlineData("groq", "groq:m", "GROQ_API_KEY")]
    [InlineData("byok-openai", "openai:m", "OPENAI_API_KEY")]
    [InlineData("byok-minimax", "minimax:m", "MINIMAX_API_KEY")]
    [InlineData("kimi-coding", "moonshot:m", "KIMI_API_KEY")]
    [InlineData("platform", "m", "MOLECULE_LLM_USAGE_TOKEN")]
    public void A_credential_that_is_missing_is_named(string provider, string model, string variable) =>
        Assert.Contains($"{variable} is missing", Assert.Throws<AgentSetupException>(() => OpenClawSetup.For(provider, model, Keys().Remove(variable))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("anthropic-api", "m", "MOLECULE_RESOLVED_PROVIDER has to be kimi-coding, groq, platform, byok-openai or byok-minimax")]
    [InlineData(null, "m", "MOLECULE_RESOLVED_PROVIDER")]
    [InlineData("groq", null, "set MOLECULE_MODEL")]
    public void A_setup_that_cannot_work_says_what_to_set(string? provider, string? model, string said) =>
        Assert.Contains(said, Assert.Throws<AgentSetupException>(() => OpenClawSetup.For(provider, model, Keys())).Message, StringComparison.Ordinal);

    [Fact]
    public void The_platform_is_told_the_workspace_and_kimi_a_coding_agents_name()
    {
        Assert.Equal("ws-1", OpenClawSetup.For("platform", "minimax/MiniMax-M3", Keys()).Headers["X-Molecule-Workspace-Id"]);
        Assert.StartsWith("claude-cli/", OpenClawSetup.For("kimi-coding", "moonshot:kimi-k2.6", Keys()).Headers["User-Agent"], StringComparison.Ordinal);
        Assert.Empty(OpenClawSetup.For("groq", "groq:m", Keys()).Headers);
    }

    [Fact]
    public void The_configuration_holds_one_model_and_no_secret_and_calls_nobody()
    {
        var text = OpenClawConfig.Render(OpenClawSetup.For("kimi-coding", "moonshot:kimi-k2.6", Keys().SetItem("KIMI_API_KEY", "sk-kimi-1")), "/home/x/.openclaw", 4711);
        var config = JsonNode.Parse(text)!;

        Assert.DoesNotContain("sk-kimi-1", text, StringComparison.Ordinal);

        // One provider under several names, none of which openclaw has yet left alone.
        var providers = config["models"]!["providers"]!.AsObject();
        Assert.Equal(Enumerable.Range(1, 8).Select(static n => $"molecule-{n}"), providers.Select(static p => p.Key));
        Assert.Single(providers.Select(static p => p.Value!.ToJsonString()).Distinct());
        var provider = providers["molecule-1"]!;
        Assert.Equal("anthropic-messages", (string?)provider["api"]);
        var model = Assert.Single(provider["models"]!.AsArray())!;
        Assert.Equal(("kimi-for-coding", 1_000_000, 16_384), ((string?)model["id"], (int)model["contextWindow"]!, (int)model["maxTokens"]!));
        Assert.Equal("molecule-1/kimi-for-coding", (string?)config["agents"]!["defaults"]!["model"]!["primary"]);
        Assert.All(
            [config["telemetry"], config["plugins"], config["models"]!["catalogRefresh"], config["update"]!["auto"], config["gateway"]!["controlUi"]],
            static part => Assert.False((bool)part!["enabled"]!));
        Assert.Equal((4711, "loopback", "token"), ((int)config["gateway"]!["port"]!, (string?)config["gateway"]!["bind"], (string?)config["gateway"]!["auth"]!["mode"]));
    }

    private static ImmutableDictionary<string, string> Keys() => new Dictionary<string, string>
    {
        ["GROQ_API_KEY"] = "key-groq",
        ["OPENAI_API_KEY"] = "key-openai",
        ["MINIMAX_API_KEY"] = "key-minimax",
        ["KIMI_API_KEY"] = "key-kimi",
        ["MOLECULE_LLM_USAGE_TOKEN"] = "key-platform",
        ["MOLECULE_LLM_BASE_URL"] = "https://cp.example/llm/openai/v1",
        ["WORKSPACE_ID"] = "ws-1",
    }.ToImmutableDictionary();
}

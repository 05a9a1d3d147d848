using System.Collections.Immutable;
using Molecule.Registry;

namespace Molecule.Tests.Registry;

public sealed class AdmissionTests
{
    private readonly ProviderRegistry _registry = OwnRegistry.Registry;

    [Theory]
    [InlineData("claude-code", "claude-sonnet-4-6", "ANTHROPIC_API_KEY", "anthropic-api")]
    [InlineData("claude-code", "claude-sonnet-4-6", "ANTHROPIC_AUTH_TOKEN", "anthropic-api")]
    [InlineData("claude-code", "kimi-for-coding", "KIMI_API_KEY", "kimi-coding")]
    [InlineData("codex", "gpt-5.5", "OPENAI_API_KEY", "openai-api")]
    [InlineData("hermes", "openai:gpt-4o", "OPENAI_API_KEY", "byok-openai")]
    public void A_model_with_its_credential_is_admitted(string runtime, string model, string key, string provider)
    {
        var admitted = Assert.IsType<Admitted>(Ask(runtime, model, [key], proxy: false));

        Assert.Equal((runtime, model, provider), (admitted.Runtime, admitted.Model, admitted.Provider.Name));
    }

    [Theory]
    [InlineData("codex", "minimax/MiniMax-M3", "platform")]
    [InlineData("google-adk", "vertex:gemini-2.5-pro", "vertex")]
    public void An_arm_the_control_plane_serves_needs_its_proxy_and_no_credential(string runtime, string model, string provider)
    {
        var asked = new CreateIntent(runtime, model, [], PlatformProxyConfigured: provider == "platform") { FederationConfigured = provider == "vertex" };
        Assert.Equal(provider, Assert.IsType<Admitted>(_registry.Admit(asked)).Provider.Name);

        // What serves the one does not serve the other.
        var other = Assert.IsType<Refused>(_registry.Admit(asked with { PlatformProxyConfigured = provider == "vertex", FederationConfigured = provider == "platform" }));
        Assert.Equal("MISSING_PLATFORM_PROXY", other.Code.ToWire());

        var refused = Assert.IsType<Refused>(Ask(runtime, model, ["MOLECULE_LLM_USAGE_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS"], proxy: false));
        Assert.Equal("MISSING_PLATFORM_PROXY", refused.Code.ToWire());
        Assert.Contains($"'{provider}'", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("claude-code", "MiniMax-M2.7", "OPENAI_API_KEY", "provider 'minimax'", "MINIMAX_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY")]
    [InlineData("codex", "gpt-5.5", "GROQ_API_KEY", "provider 'openai-subscription'", "CODEX_AUTH_JSON, CODEX_CHATGPT_AUTH_JSON")]
    [InlineData("openclaw", "groq:llama-3.3-70b", "openai_api_key", "provider 'groq'", "GROQ_API_KEY")]
    public void A_key_arm_without_its_credential_is_refused_by_name(string runtime, string model, string otherKey, string provider, string names)
    {
        var refused = Assert.IsType<Refused>(Ask(runtime, model, [otherKey], proxy: true));

        Assert.Equal("MISSING_BYOK_CREDENTIAL", refused.Code.ToWire());
        Assert.Contains(provider, refused.Message, StringComparison.Ordinal);
        Assert.Contains(names, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("langgraph", "was removed")]
    [InlineData("crewai", "was removed")]
    [InlineData("autogen", "was removed")]
    [InlineData("deepagents", "was removed")]
    [InlineData("gemini-cli", "was removed")]
    [InlineData("mock", "was removed")]
    [InlineData("Codex", "is not supported")]
    public void A_runtime_that_is_not_there_is_refused_by_name(string runtime, string fate)
    {
        var refused = Assert.IsType<Refused>(Ask(runtime, null, [], proxy: true));

        Assert.Equal("RUNTIME_UNSUPPORTED", refused.Code.ToWire());
        Assert.StartsWith($"runtime '{runtime}' {fate}", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("supported: claude-code, codex, google-adk, hermes, openclaw", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("", " ")]
    public void Who_names_nothing_gets_claude_code_with_its_default_and_no_question_for_credentials(string? runtime, string? model)
    {
        var admitted = Assert.IsType<Admitted>(Ask(runtime, model, [], proxy: false));

        Assert.Equal(("claude-code", "minimax/MiniMax-M2.7", "platform"), (admitted.Runtime, admitted.Model, admitted.Provider.Name));
    }

    [Fact]
    public void Who_names_only_one_of_both_is_asked_for_the_credential()
    {
        Assert.Equal("MISSING_PLATFORM_PROXY", Assert.IsType<Refused>(Ask("claude-code", null, [], proxy: false)).Code.ToWire());
        Assert.Equal("MISSING_BYOK_CREDENTIAL", Assert.IsType<Refused>(Ask(null, "sonnet", [], proxy: false)).Code.ToWire());
        Assert.Equal("UNREGISTERED_MODEL_FOR_RUNTIME", Assert.IsType<Refused>(Ask(null, "gpt-5.5", ["OPENAI_API_KEY"], proxy: true)).Code.ToWire());
    }

    [Fact]
    public void An_unregistered_model_is_refused_with_the_runtimes_arms()
    {
        var refused = Assert.IsType<Refused>(Ask("codex", "claude-sonnet-4-6", ["ANTHROPIC_API_KEY"], proxy: true));

        Assert.Equal("UNREGISTERED_MODEL_FOR_RUNTIME", refused.Code.ToWire());
        Assert.Equal(
            "model 'claude-sonnet-4-6' is not registered for runtime 'codex': it is neither on the menu nor routable by the arms "
            + "openai-subscription, openai-api, platform, byok-minimax",
            refused.Message);
    }

    [Fact]
    public void A_withdrawn_model_is_refused_as_withdrawn()
    {
        var refused = Assert.IsType<Refused>(Ask("openclaw", "moonshot/kimi-k2.6", ["KIMI_API_KEY"], proxy: true));

        Assert.Equal("UNREGISTERED_MODEL_FOR_RUNTIME", refused.Code.ToWire());
        Assert.Contains("withdrawn from platform", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_runtime_without_any_listed_model_needs_one_named()
    {
        var bare = Registry("alpha", models: []);

        Assert.Equal("MODEL_REQUIRED", Assert.IsType<Refused>(bare.Admit(Intent("one", null))).Code.ToWire());
        Assert.Equal("alpha", Assert.IsType<Admitted>(bare.Admit(Intent("one", "a-1", "ALPHA_KEY"))).Provider.Name);
    }

    [Fact]
    public void An_arm_that_the_catalogue_lacks_is_refused()
    {
        // The reader refuses such a file; a registry can be put together without it.
        var dangling = Registry("gone", models: ["m1"]);

        Assert.Equal("DERIVED_PROVIDER_NOT_IN_REGISTRY", Assert.IsType<Refused>(dangling.Admit(Intent("one", "m1", "ALPHA_KEY"))).Code.ToWire());
    }

    [Fact]
    public void An_arm_that_names_no_credential_needs_none()
    {
        var keyed = Registry("alpha", models: ["m1"]);
        var open = keyed with { Providers = [keyed.Providers[0] with { AuthEnv = [] }] };

        Assert.Equal("MISSING_BYOK_CREDENTIAL", Assert.IsType<Refused>(keyed.Admit(Intent("one", "m1"))).Code.ToWire());
        Assert.IsType<Admitted>(open.Admit(Intent("one", "m1")));
    }

    [Fact]
    public void Each_code_has_its_own_wire_text()
    {
        var texts = Enum.GetValues<RefusalCode>().Select(code => code.ToWire()).ToList();

        Assert.Equal(6, texts.Distinct().Count());
        Assert.Throws<ArgumentOutOfRangeException>(() => ((RefusalCode)99).ToWire());
    }

    [Fact]
    public void Overlapping_expressions_are_decided_by_the_credential_alone()
    {
        Assert.True(ModelPattern.TryParse("^a-", out var pattern, out _));
        var registry = new ProviderRegistry(
            1,
            [
                new Provider { Name = "x", Protocol = WireProtocol.OpenAi, AuthMode = AuthMode.OAuth, AuthEnv = ["X"], ModelPrefixMatch = pattern },
                new Provider { Name = "y", Protocol = WireProtocol.OpenAi, AuthMode = AuthMode.OAuth, AuthEnv = ["Y"], ModelPrefixMatch = pattern },
            ],
            [new Runtime("one", [new RuntimeArm("x", [], []), new RuntimeArm("y", [], [])])]);

        Assert.Equal("x", OwnRegistry.Says(registry.DeriveProvider("one", "a-1", ["X"])));
        Assert.Equal("y", OwnRegistry.Says(registry.DeriveProvider("one", "a-1", ["Y"])));
        Assert.Equal("UNREGISTERED_MODEL_FOR_RUNTIME", OwnRegistry.Says(registry.DeriveProvider("one", "a-1", [])));
        Assert.Equal("UNREGISTERED_MODEL_FOR_RUNTIME", OwnRegistry.Says(registry.DeriveProvider("one", "a-1", ["X", "Y"])));
    }

    private static ProviderRegistry Registry(string arm, ImmutableArray<string> models)
    {
        Assert.True(ModelPattern.TryParse("^a-", out var pattern, out _));
        return new ProviderRegistry(
            1,
            [new Provider { Name = "alpha", Protocol = WireProtocol.OpenAi, AuthMode = AuthMode.OAuth, AuthEnv = ["ALPHA_KEY"], ModelPrefixMatch = pattern }],
            [new Runtime("one", [new RuntimeArm(arm, models, [])])]);
    }

    private static CreateIntent Intent(string? runtime, string? model, params string[] keys) => new(runtime, model, [.. keys], PlatformProxyConfigured: true);

    private Admission Ask(string? runtime, string? model, ImmutableHashSet<string> keys, bool proxy) =>
        _registry.Admit(new CreateIntent(runtime, model, keys, proxy));
}

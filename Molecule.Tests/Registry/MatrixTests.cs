using Molecule.Registry;

namespace Molecule.Tests.Registry;

/// <summary>The repository's providers.yaml against spec/runtimes-and-providers.md, worked out by hand.</summary>
public sealed class MatrixTests
{
    private readonly ProviderRegistry _registry = OwnRegistry.Registry;

    [Fact]
    public void There_are_exactly_the_twenty_three_legal_cells_of_the_spec()
    {
        string[] expected =
        [
            "claude-code/anthropic-api", "claude-code/anthropic-oauth", "claude-code/kimi-coding", "claude-code/minimax", "claude-code/platform",
            "codex/openai-subscription", "codex/openai-api", "codex/platform", "codex/byok-minimax",
            "google-adk/google", "google-adk/vertex", "google-adk/platform",
            "hermes/kimi-coding", "hermes/platform", "hermes/byok-anthropic", "hermes/byok-openai", "hermes/byok-gemini", "hermes/byok-minimax",
            "openclaw/kimi-coding", "openclaw/groq", "openclaw/platform", "openclaw/byok-openai", "openclaw/byok-minimax",
        ];

        Assert.Equal(23, expected.Length);
        Assert.Equal(expected, _registry.Runtimes.SelectMany(runtime => runtime.Arms.Select(arm => $"{runtime.Name}/{arm.Provider}")));
    }

    [Theory]
    [InlineData("MiniMax-M2.7", "minimax")]
    [InlineData("minimax/MiniMax-M2.7", "platform")]
    [InlineData("minimax:MiniMax-M2.7", "UNREGISTERED_MODEL_FOR_RUNTIME")]
    public void Three_spellings_of_one_model_have_three_payers_on_claude_code(string model, string expected)
    {
        Assert.Equal(expected, OwnRegistry.Says(_registry.DeriveProvider("claude-code", model, OwnRegistry.NoKeys)));

        // Holding the vendor's key buys no spelling.
        Assert.Equal(expected, OwnRegistry.Says(_registry.DeriveProvider("claude-code", model, ["MINIMAX_API_KEY", "ANTHROPIC_API_KEY"])));
    }

    [Theory]
    [InlineData("openclaw", "minimax:MiniMax-M2.7", "byok-minimax")]
    [InlineData("openclaw", "minimax/MiniMax-M2.7", "platform")]
    [InlineData("hermes", "minimax:MiniMax-M3", "byok-minimax")]
    [InlineData("hermes", "anthropic/claude-opus-4-7", "byok-anthropic")]
    [InlineData("hermes", "openai:gpt-4o", "byok-openai")]
    [InlineData("hermes", "openai/gpt-4o", "byok-openai")]
    [InlineData("hermes", "gemini/gemini-2.5-pro", "byok-gemini")]
    [InlineData("hermes", "gpt-4o", "UNREGISTERED_MODEL_FOR_RUNTIME")]
    [InlineData("codex", "codex-minimax-m2.7", "byok-minimax")]
    [InlineData("codex", "codex-MiniMax-M2.7", "byok-minimax")]
    [InlineData("codex", "minimax/MiniMax-M3", "platform")]
    [InlineData("codex", "openai-api:gpt-9", "openai-api")]
    [InlineData("codex", "gpt-9", "openai-subscription")]
    [InlineData("claude-code", "anthropic/claude-opus-4-7", "platform")]
    [InlineData("claude-code", "anthropic:claude-opus-4-7", "anthropic-api")]
    [InlineData("claude-code", "claude-3-haiku", "anthropic-api")]
    [InlineData("claude-code", "opus", "anthropic-oauth")]
    [InlineData("claude-code", "opus-2", "UNREGISTERED_MODEL_FOR_RUNTIME")]
    [InlineData("claude-code", "MINIMAX-M9", "minimax")]
    [InlineData("google-adk", "gemini-2.5-pro", "google")]
    [InlineData("google-adk", "vertex:gemini-2.5-pro", "vertex")]
    [InlineData("google-adk", "platform:gemini-2.5-pro", "platform")]
    [InlineData("openclaw", "groq:meta-llama/llama-4-scout-17b-16e-instruct", "groq")]
    [InlineData("openclaw", "moonshot:kimi-k2.6", "kimi-coding")]
    [InlineData("openclaw", "moonshot/kimi-k2.6", "UNREGISTERED_MODEL_FOR_RUNTIME")]
    [InlineData("hermes", "moonshot/kimi-k2.6", "UNREGISTERED_MODEL_FOR_RUNTIME")]
    [InlineData("langgraph", "gpt-5.5", "RUNTIME_UNSUPPORTED")]
    [InlineData("codex", "  gpt-5.5 ", "openai-subscription")]
    [InlineData("codex", " ", "MODEL_REQUIRED")]
    public void A_model_belongs_to_the_arm_the_spec_names(string runtime, string model, string expected) =>
        Assert.Equal(expected, OwnRegistry.Says(_registry.DeriveProvider(runtime, model, OwnRegistry.NoKeys)));

    [Theory]
    [InlineData("OPENAI_API_KEY", "openai-api")]
    [InlineData("CODEX_AUTH_JSON", "openai-subscription")]
    [InlineData("CODEX_CHATGPT_AUTH_JSON", "openai-subscription")]
    [InlineData("GROQ_API_KEY", "openai-subscription")]
    [InlineData("OPENAI_API_KEY,CODEX_AUTH_JSON", "openai-subscription")]
    public void An_id_of_two_arms_goes_to_the_one_whose_credential_is_present_else_to_the_first(string keys, string expected) =>
        Assert.Equal(expected, OwnRegistry.Says(_registry.DeriveProvider("codex", "gpt-5.5", [.. keys.Split(',')])));

    [Theory]
    [InlineData("claude-code", "minimax/MiniMax-M2.7")]
    [InlineData("codex", "minimax/MiniMax-M2.7")]
    [InlineData("hermes", "minimax/MiniMax-M2.7")]
    [InlineData("openclaw", "minimax/MiniMax-M2.7")]
    [InlineData("google-adk", "platform:gemini-2.5-pro")]
    [InlineData("langgraph", null)]
    public void The_default_model_is_the_products_where_offered_else_the_platforms_first(string runtime, string? expected) =>
        Assert.Equal(expected, _registry.DefaultModel(runtime));

    [Theory]
    [InlineData("openai/gpt-5.4", "openai-api", "gpt-5.4")]
    [InlineData("anthropic/claude-opus-4-7", "anthropic-api", "claude-opus-4-7")]
    [InlineData("anthropic:claude-opus-4-7", "anthropic-api", "claude-opus-4-7")]
    [InlineData("minimax/MiniMax-M2.7", "minimax", "MiniMax-M2.7")]
    [InlineData("moonshot/kimi-k2.6", "moonshot", "kimi-k2.6")]
    [InlineData("moonshot:kimi-k2.6", "moonshot", "kimi-k2.6")]
    public void A_vendors_model_goes_upstream_to_its_owner_under_its_bare_name(string model, string vendor, string wireModel)
    {
        var upstream = _registry.ResolveUpstream(model);

        Assert.NotNull(upstream);
        Assert.Equal((vendor, wireModel), (upstream.Vendor.Name, upstream.WireModel));
    }

    [Theory]
    [InlineData("MiniMax-M2.7")]
    [InlineData("minimax/")]
    [InlineData("/MiniMax-M2.7")]
    [InlineData("groq:llama-3.3-70b")]
    [InlineData("Minimax/MiniMax-M2.7")]
    [InlineData("")]
    public void A_model_without_an_owned_vendor_has_no_upstream(string model) => Assert.Null(_registry.ResolveUpstream(model));

    [Fact]
    public void A_withdrawn_model_of_the_own_registry_keeps_its_payer_for_pins_alone()
    {
        Assert.Equal("platform", OwnRegistry.Says(_registry.DeriveProviderForPin("openclaw", "moonshot/kimi-k2.6", ["KIMI_API_KEY"])));
        Assert.Equal(
            "UNREGISTERED_MODEL_FOR_RUNTIME", OwnRegistry.Says(_registry.DeriveProvider("openclaw", "moonshot/kimi-k2.6", ["KIMI_API_KEY"])));
    }
}

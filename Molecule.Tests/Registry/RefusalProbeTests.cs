using Molecule.Registry;

namespace Molecule.Tests.Registry;

/// <summary>The 47 pairs that are not legal (spec 0.1), each with the probe worked out by hand from spec 0.1, 3.0, 4.5 and 4.6.</summary>
public sealed class RefusalProbeTests
{
    private const string Refused = "UNREGISTERED_MODEL_FOR_RUNTIME";

    private readonly ProviderRegistry _registry = OwnRegistry.Registry;

    /// <summary>Runtime, arm, model, and the wire code that the create is answered with or the arm it goes to.</summary>
    public static TheoryData<string, string, string, string> Golden { get; } = new()
    {
        { "claude-code", "openai-api", "gpt-5.5", Refused },
        { "claude-code", "openai-subscription", "gpt-5.5", Refused },
        { "claude-code", "google", "gemini-2.5-pro", Refused },
        { "claude-code", "vertex", "vertex:gemini-2.5-pro", Refused },
        { "claude-code", "groq", "groq:llama-3.3-70b", Refused },
        { "claude-code", "byok-anthropic", "anthropic/claude-opus-4-7", "platform" }, // on the platform arm's menu (spec 4.5)
        { "claude-code", "byok-openai", "openai:gpt-4o", Refused },
        { "claude-code", "byok-minimax", "minimax:MiniMax-M2.7", Refused }, // the third spelling (spec 3.0)
        { "claude-code", "byok-gemini", "gemini/gemini-2.5-pro", Refused },

        { "codex", "anthropic-api", "claude-sonnet-4-6", Refused },
        { "codex", "anthropic-oauth", "sonnet", Refused },
        { "codex", "kimi-coding", "kimi-for-coding", Refused },
        { "codex", "minimax", "MiniMax-M2", Refused },
        { "codex", "google", "gemini-2.5-pro", Refused },
        { "codex", "vertex", "vertex:gemini-2.5-pro", Refused },
        { "codex", "groq", "groq:llama-3.3-70b", Refused },
        { "codex", "byok-anthropic", "anthropic/claude-opus-4-7", Refused },
        { "codex", "byok-openai", "openai:gpt-4o", Refused },
        { "codex", "byok-gemini", "gemini/gemini-2.5-pro", Refused },

        { "hermes", "anthropic-api", "claude-sonnet-4-6", Refused },
        { "hermes", "anthropic-oauth", "sonnet", Refused },
        { "hermes", "openai-api", "gpt-5.5", Refused },
        { "hermes", "openai-subscription", "gpt-5.5", Refused },
        { "hermes", "minimax", "MiniMax-M2", Refused },
        { "hermes", "google", "gemini-2.5-pro", Refused },
        { "hermes", "vertex", "vertex:gemini-2.5-pro", Refused },
        { "hermes", "groq", "groq:llama-3.3-70b", Refused },

        { "openclaw", "anthropic-api", "claude-sonnet-4-6", Refused },
        { "openclaw", "anthropic-oauth", "sonnet", Refused },
        { "openclaw", "openai-api", "gpt-5.5", Refused },
        { "openclaw", "openai-subscription", "gpt-5.5", Refused },
        { "openclaw", "minimax", "MiniMax-M2", Refused },
        { "openclaw", "google", "gemini-2.5-pro", Refused },
        { "openclaw", "vertex", "vertex:gemini-2.5-pro", Refused },
        { "openclaw", "byok-anthropic", "anthropic/claude-opus-4-7", Refused },
        { "openclaw", "byok-gemini", "gemini/gemini-2.5-pro", Refused },

        { "google-adk", "anthropic-api", "claude-sonnet-4-6", Refused },
        { "google-adk", "anthropic-oauth", "sonnet", Refused },
        { "google-adk", "openai-api", "gpt-5.5", Refused },
        { "google-adk", "openai-subscription", "gpt-5.5", Refused },
        { "google-adk", "kimi-coding", "kimi-for-coding", Refused },
        { "google-adk", "minimax", "MiniMax-M2", Refused },
        { "google-adk", "groq", "groq:llama-3.3-70b", Refused },
        { "google-adk", "byok-anthropic", "anthropic/claude-opus-4-7", Refused },
        { "google-adk", "byok-openai", "openai:gpt-4o", Refused },
        { "google-adk", "byok-minimax", "minimax:MiniMax-M2.7", Refused },
        { "google-adk", "byok-gemini", "gemini/gemini-2.5-pro", Refused },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void An_illegal_pair_is_asked_for_with_this_model_and_answered_so(string runtime, string arm, string model, string expected)
    {
        var owner = expected == Refused ? null : expected;

        Assert.Equal(new RefusalProbe(model, owner), _registry.ProbeRefusal(runtime, arm));

        // Every key in the world and a working proxy: the refusal is the pair's, not a missing credential's.
        var keys = _registry.Providers.SelectMany(provider => provider.AuthEnv).ToHashSet();
        var admission = _registry.Admit(new CreateIntent(runtime, model, [.. keys], PlatformProxyConfigured: true));
        Assert.Equal(expected, admission is Admitted admitted ? admitted.Provider.Name : Assert.IsType<Refused>(admission).Code.ToWire());
    }

    [Fact]
    public void The_golden_pairs_are_all_the_pairs_of_five_runtimes_and_fourteen_arms_that_are_not_legal()
    {
        string[] arms =
        [
            "anthropic-api", "anthropic-oauth", "openai-api", "openai-subscription", "kimi-coding", "minimax", "google", "vertex", "groq",
            "platform", "byok-anthropic", "byok-openai", "byok-minimax", "byok-gemini",
        ];
        var illegal =
            from runtime in (string[])["claude-code", "codex", "hermes", "openclaw", "google-adk"]
            from arm in arms
            where _registry.FindRuntime(runtime)!.FindArm(arm) is null
            select $"{runtime}/{arm}";

        var golden = Golden.Select(row => $"{row.Data.Item1}/{row.Data.Item2}").ToList();

        Assert.Equal(47, golden.Count);
        Assert.Equal(illegal.Order(), golden.Order());
    }

    [Fact]
    public void A_legal_pair_has_no_probe()
    {
        var error = Assert.Throws<ArgumentException>(() => _registry.ProbeRefusal("codex", "openai-api"));

        Assert.Contains("codex/openai-api is a legal cell", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_runtime_has_no_probe() => Assert.Throws<ArgumentException>(() => _registry.ProbeRefusal("langgraph", "openai-api"));

    [Fact]
    public void An_arm_without_any_known_model_cannot_be_asked_for() => Assert.Null(_registry.ProbeRefusal("codex", "moonshot"));

    [Fact]
    public void Every_name_only_arm_has_a_representative_that_it_owns()
    {
        var nameOnly = (
            from runtime in _registry.Runtimes
            from arm in runtime.Arms
            where arm.IsNameOnly
            select (Runtime: runtime.Name, Arm: arm.Provider)).ToList();

        Assert.Equal(6, nameOnly.Count);
        Assert.All(
            nameOnly,
            cell => Assert.Equal(
                cell.Arm,
                OwnRegistry.Says(_registry.DeriveProvider(cell.Runtime, RefusalProbes.Representatives[cell.Arm], OwnRegistry.NoKeys))));
        Assert.Equal(nameOnly.Select(cell => cell.Arm).Distinct().Order(), RefusalProbes.Representatives.Keys.Order());
    }
}

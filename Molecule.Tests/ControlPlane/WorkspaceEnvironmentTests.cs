using System.Collections.Immutable;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Secrets;
using Molecule.Registry;

namespace Molecule.Tests.ControlPlane;

/// <summary>The environment of each arm, by hand from spec/runtimes-and-providers.md 2.1, 3.0 and 3.8.</summary>
public sealed class WorkspaceEnvironmentTests
{
    private const string Platform = "http://localhost:8080";
    private const string UsageToken = "usage-token-1";

    private static readonly Guid Workspace = Guid.Parse("0b2f7c3e-5a55-4d0a-9a51-3d2d5f3f5a10");
    private static readonly ProviderRegistry Registry = RegistryReader.Read(File.ReadAllText(RunningControlPlane.ProvidersYaml), "providers.yaml");

    public static TheoryData<string, string, string, string, string> Arms => new()
    {
        // runtime, arm, model, secrets, expected (beside MOLECULE_RESOLVED_PROVIDER and MOLECULE_MODEL)
        { "claude-code", "anthropic-api", "claude-sonnet-4-6", "ANTHROPIC_API_KEY=k", "ANTHROPIC_API_KEY=k ANTHROPIC_BASE_URL=https://api.anthropic.com" },
        { "claude-code", "anthropic-api", "claude-sonnet-4-6", "ANTHROPIC_API_KEY=k ANTHROPIC_BASE_URL=http://fake/a01", "ANTHROPIC_API_KEY=k ANTHROPIC_BASE_URL=http://fake/a01" },
        { "claude-code", "anthropic-oauth", "sonnet", "CLAUDE_CODE_OAUTH_TOKEN=k", "CLAUDE_CODE_OAUTH_TOKEN=k" },
        { "claude-code", "kimi-coding", "kimi-for-coding", "KIMI_API_KEY=k", "KIMI_API_KEY=k ANTHROPIC_API_KEY=k ANTHROPIC_BASE_URL=https://api.kimi.com/coding" },
        { "claude-code", "minimax", "MiniMax-M2.7", "MINIMAX_API_KEY=k", "MINIMAX_API_KEY=k ANTHROPIC_AUTH_TOKEN=k ANTHROPIC_BASE_URL=https://api.minimax.io/anthropic" },
        { "claude-code", "minimax", "MiniMax-M2.7", "ANTHROPIC_API_KEY=k", "ANTHROPIC_AUTH_TOKEN=k ANTHROPIC_BASE_URL=https://api.minimax.io/anthropic" },
        { "claude-code", "minimax", "MiniMax-M2.7", "MINIMAX_API_KEY=k ANTHROPIC_API_KEY=other", "MINIMAX_API_KEY=k ANTHROPIC_AUTH_TOKEN=k ANTHROPIC_BASE_URL=https://api.minimax.io/anthropic" },
        { "codex", "openai-api", "gpt-5.5", "OPENAI_API_KEY=k OPENAI_BASE_URL=http://fake/a03/v1", "OPENAI_API_KEY=k OPENAI_BASE_URL=http://fake/a03/v1" },
        { "codex", "openai-subscription", "gpt-5.5", "CODEX_AUTH_JSON={}", "CODEX_AUTH_JSON={}" },
        { "codex", "byok-minimax", "codex-minimax-m2.7", "MINIMAX_API_KEY=k", "MINIMAX_API_KEY=k" },
        { "hermes", "byok-openai", "openai/gpt-4o", "OPENAI_API_KEY=k", "OPENAI_API_KEY=k" },
        {
            "claude-code", "platform", "minimax/MiniMax-M2.7", "",
            "MOLECULE_LLM_BASE_URL=http://localhost:8080/api/v1/internal/llm/openai/v1 MOLECULE_LLM_ANTHROPIC_BASE_URL=http://localhost:8080/api/v1/internal/llm/anthropic/v1 "
            + "MOLECULE_LLM_USAGE_TOKEN=usage-token-1 MOLECULE_LLM_USAGE_URL=http://localhost:8080/api/v1/internal/llm/usage ANTHROPIC_API_KEY=usage-token-1 "
            + "ANTHROPIC_BASE_URL=http://localhost:8080/api/v1/internal/llm/anthropic ANTHROPIC_CUSTOM_HEADERS=X-Molecule-Workspace-Id:~0b2f7c3e-5a55-4d0a-9a51-3d2d5f3f5a10"
        },
        {
            "codex", "platform", "openai/gpt-5.4", "",
            "MOLECULE_LLM_BASE_URL=http://localhost:8080/api/v1/internal/llm/openai/v1 MOLECULE_LLM_ANTHROPIC_BASE_URL=http://localhost:8080/api/v1/internal/llm/anthropic/v1 "
            + "MOLECULE_LLM_USAGE_TOKEN=usage-token-1 MOLECULE_LLM_USAGE_URL=http://localhost:8080/api/v1/internal/llm/usage OPENAI_API_KEY=usage-token-1 "
            + "OPENAI_BASE_URL=http://localhost:8080/api/v1/internal/llm/openai/v1"
        },
    };

    [Theory]
    [MemberData(nameof(Arms))]
    public void Each_arm_gets_its_own_environment_and_nothing_else(string runtime, string arm, string model, string secrets, string expected)
    {
        var wanted = Pairs(expected).Add("MOLECULE_RESOLVED_PROVIDER", arm).Add("MOLECULE_MODEL", model);

        Assert.Equal(wanted.OrderBy(static pair => pair.Key), Build(runtime, arm, model, Own(secrets)).OrderBy(static pair => pair.Key));
    }

    [Fact]
    public void The_platform_arm_sees_no_key_of_one_s_own_under_any_name_of_the_registry()
    {
        var names = Registry.Providers.SelectMany(static provider => provider.AuthEnv).Distinct().ToArray();
        Assert.True(names.Length > 8, "the registry lost its auth_env");
        var secrets = names.ToImmutableSortedDictionary(static name => name, static name => new SecretValue($"byok-{name}", IsOwn: true)).Add("HARMLESS", new SecretValue("kept", true));

        foreach (var runtime in new[] { "claude-code", "codex" })
        {
            var env = Build(runtime, "platform", "minimax/MiniMax-M2.7", secrets);

            Assert.DoesNotContain(env.Values, static value => value.StartsWith("byok-", StringComparison.Ordinal));
            Assert.Equal("kept", env["HARMLESS"]);
        }
    }

    [Fact]
    public void No_arm_of_one_s_own_carries_the_platform_s_variables_even_when_a_secret_is_called_so()
    {
        foreach (var (runtime, arm, model) in new[] { ("claude-code", "anthropic-api", "claude-sonnet-4-6"), ("codex", "openai-api", "gpt-5.5") })
        {
            var env = Build(runtime, arm, model, Own("MOLECULE_LLM_USAGE_TOKEN=smuggled MOLECULE_LLM_BASE_URL=http://x OPENAI_API_KEY=k ANTHROPIC_API_KEY=k"));

            Assert.DoesNotContain(env.Keys, static name => name.StartsWith("MOLECULE_LLM_", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_global_oauth_token_reaches_only_the_arm_that_takes_it()
    {
        var global = ImmutableSortedDictionary<string, SecretValue>.Empty.Add("CLAUDE_CODE_OAUTH_TOKEN", new SecretValue("t", IsOwn: false));

        Assert.False(Build("claude-code", "minimax", "MiniMax-M2.7", global.Add("MINIMAX_API_KEY", new SecretValue("k", true))).ContainsKey("CLAUDE_CODE_OAUTH_TOKEN"));
        Assert.Equal("t", Build("claude-code", "anthropic-oauth", "sonnet", global)["CLAUDE_CODE_OAUTH_TOKEN"]);
        Assert.True(Build("claude-code", "minimax", "MiniMax-M2.7", Own("CLAUDE_CODE_OAUTH_TOKEN=own MINIMAX_API_KEY=k")).ContainsKey("CLAUDE_CODE_OAUTH_TOKEN"));
    }

    [Fact]
    public void A_global_base_url_does_not_redirect_an_arm()
    {
        var secrets = Own("ANTHROPIC_API_KEY=k").Add("ANTHROPIC_BASE_URL", new SecretValue("http://elsewhere", IsOwn: false));

        Assert.Equal("https://api.anthropic.com", Build("claude-code", "anthropic-api", "claude-sonnet-4-6", secrets)["ANTHROPIC_BASE_URL"]);
    }

    [Fact]
    public void A_secret_cannot_take_a_process_out_of_its_run() =>
        Assert.Equal(
            ["MOLECULE_MODEL", "MOLECULE_RESOLVED_PROVIDER", "OPENAI_API_KEY"],
            Build("codex", "openai-api", "gpt-5.5", Own("MOLECULE_RUN=x MOLECULE_LIFELINE=x MOLECULE_WORKSPACE=x MOLECULE_ENGINES=x OPENAI_API_KEY=k MOLECULE_MODEL=x")).Keys.Order());

    private static ImmutableDictionary<string, string> Build(string runtime, string arm, string model, ImmutableSortedDictionary<string, SecretValue> secrets)
    {
        var provider = Registry.FindProvider(arm)!;
        return WorkspaceEnvironment.Build(new Launch(Workspace, runtime, model, provider, Platform, provider.IsPlatform ? UsageToken : null), secrets, Registry);
    }

    private static ImmutableSortedDictionary<string, SecretValue> Own(string pairs) =>
        Pairs(pairs).ToImmutableSortedDictionary(static pair => pair.Key, static pair => new SecretValue(pair.Value, IsOwn: true), StringComparer.Ordinal);

    // A tilde stands for a blank.
    private static ImmutableDictionary<string, string> Pairs(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(static pair => pair.Split('=', 2)).ToImmutableDictionary(static pair => pair[0], static pair => pair[1].Replace('~', ' '));
}

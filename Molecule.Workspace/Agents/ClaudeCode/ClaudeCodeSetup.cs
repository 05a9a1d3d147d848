using System.Collections.Immutable;

namespace Molecule.Workspace.Agents.ClaudeCode;

/// <summary>What claude-code needs for one arm (spec/runtimes-and-providers.md 2.1, 3.0).</summary>
/// <param name="Model">The model id given to <c>--model</c>.</param>
/// <param name="Variables">What the program needs beside the workspace's own environment; secret.</param>
public sealed record ClaudeCodeSetup(string Model, ImmutableDictionary<string, string> Variables)
{
    /// <summary>
    /// Retries by the program itself. Its default (10) keeps a caller waiting for minutes after a 429 or 529
    /// (driving-the-runtimes.md 1, Errors).
    /// </summary>
    public const int Retries = 1;

    // Models of other vendors: 2.1.330 takes an id that it does not know for its newest, with adaptive thinking and system
    // messages amid the conversation. Kimi takes only thinking of type enabled (spec 3.4); that the three names are
    // the ones that matter was measured on 2.1.330.
    private const string PlainCapabilities = "-adaptive_thinking,-mid_conv_system,-mid_conv_tool_change";

    /// <summary>Works out the setup of an arm.</summary>
    /// <param name="provider">The registry's provider that the control plane derived, or one of the aliases <c>claude-code</c> and <c>anthropic</c>.</param>
    /// <param name="model">The workspace's model.</param>
    /// <param name="environment">The workspace's environment.</param>
    /// <exception cref="AgentSetupException">Provider unknown to claude-code, model or credential missing.</exception>
    public static ClaudeCodeSetup For(string? provider, string? model, ImmutableDictionary<string, string> environment)
    {
        var arm = provider switch
        {
            null => throw new AgentSetupException("No provider is set: the control plane publishes it as MOLECULE_RESOLVED_PROVIDER."),
            "claude-code" => "anthropic-oauth",
            "anthropic" => "anthropic-api",
            _ => provider,
        };
        if (model is null)
        {
            throw new AgentSetupException("No model is set: set MOLECULE_MODEL.");
        }

        var wireModel = WithoutPrefix(model);
        var normal = LlmEnvironment.Normalise(environment, arm);
        var arms = arm switch
        {
            "anthropic-api" => AnthropicApi(normal),
            "anthropic-oauth" => One(LlmEnvironment.OAuthToken, Require(normal, LlmEnvironment.OAuthToken)),
            "kimi-coding" => One(LlmEnvironment.ApiKey, Require(normal, "KIMI_API_KEY", LlmEnvironment.ApiKey, LlmEnvironment.AuthToken))
                .Add(LlmEnvironment.BaseUrl, "https://api.kimi.com/coding/"),
            "minimax" => One(LlmEnvironment.AuthToken, Require(normal, "MINIMAX_API_KEY", LlmEnvironment.AuthToken, LlmEnvironment.ApiKey))
                .Add(LlmEnvironment.BaseUrl, "https://api.minimax.io/anthropic"),
            "platform" => Platform(normal),
            _ => throw new AgentSetupException(
                $"claude-code has no provider '{provider}': MOLECULE_RESOLVED_PROVIDER has to be anthropic-api, anthropic-oauth, kimi-coding, minimax or platform."),
        };

        // ANTHROPIC_BASE_URL in the environment wins over the provider's own (spec 2.1).
        if (Value(normal, LlmEnvironment.BaseUrl) is { } baseUrl)
        {
            arms = arms.SetItem(LlmEnvironment.BaseUrl, baseUrl);
        }

        return new ClaudeCodeSetup(wireModel, SideModels(wireModel, environment).AddRange(arms).AddRange(Capabilities(arm, wireModel)).AddRange(ContextWindow(arm, environment)));
    }

    private static ImmutableDictionary<string, string> AnthropicApi(ImmutableDictionary<string, string> environment) =>
        Value(environment, LlmEnvironment.ApiKey) is { } key
            ? One(LlmEnvironment.ApiKey, key)
            : One(LlmEnvironment.AuthToken, Require(environment, LlmEnvironment.ApiKey, LlmEnvironment.AuthToken));

    // spec 3.8: the usage token travels as an API key, the workspace's id in a header.
    private static ImmutableDictionary<string, string> Platform(ImmutableDictionary<string, string> environment) =>
        One(LlmEnvironment.ApiKey, Require(environment, LlmEnvironment.ApiKey))
            .Add(LlmEnvironment.BaseUrl, Require(environment, LlmEnvironment.BaseUrl))
            .Add("ANTHROPIC_CUSTOM_HEADERS", Value(environment, "ANTHROPIC_CUSTOM_HEADERS") ?? $"X-Molecule-Workspace-Id: {Require(environment, "WORKSPACE_ID")}");

    // Without these the program's background calls go to a haiku id, that is to another payer (internal#702, spec 2.1). Not where the model is an
    // alias: the payer is Anthropic itself then, which has a haiku; and what stands here goes out as it is, so that 'sonnet' is answered 404 (measured).
    private static ImmutableDictionary<string, string> SideModels(string model, ImmutableDictionary<string, string> environment)
    {
        var isAlias = model is "sonnet" or "opus" or "haiku";
        var variables = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var name in (ReadOnlySpan<string>)
            [
                "ANTHROPIC_SMALL_FAST_MODEL", "ANTHROPIC_DEFAULT_HAIKU_MODEL", "ANTHROPIC_DEFAULT_SONNET_MODEL",
                "ANTHROPIC_DEFAULT_OPUS_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL",
            ])
        {
            if (Value(environment, name) is { } said)
            {
                variables[name] = said;
            }
            else if (!isAlias)
            {
                variables[name] = model;
            }
        }

        return variables.ToImmutable();
    }

    private static ImmutableDictionary<string, string> Capabilities(string arm, string model) =>
        arm is "anthropic-api" or "anthropic-oauth" || model.StartsWith("anthropic/", StringComparison.Ordinal)
            ? ImmutableDictionary<string, string>.Empty
            : One("CLAUDE_CODE_MODEL_CAPABILITIES", PlainCapabilities);

    // spec 2.1: the program knows its own vendor's windows, of another's it is told. It sends nothing that it takes for longer.
    private static ImmutableDictionary<string, string> ContextWindow(string arm, ImmutableDictionary<string, string> environment) =>
        (Value(environment, "MODEL_CONTEXT_WINDOW") ?? (arm is "kimi-coding" ? "262144" : null)) is { } tokens
            ? One("CLAUDE_CODE_MAX_CONTEXT_TOKENS", tokens)
            : ImmutableDictionary<string, string>.Empty;

    // Only these two prefixes (spec 2.1).
    private static string WithoutPrefix(string model)
    {
        foreach (var prefix in (ReadOnlySpan<string>)["anthropic:", "claude:"])
        {
            if (model.StartsWith(prefix, StringComparison.Ordinal))
            {
                return model[prefix.Length..];
            }
        }

        return model;
    }

    private static ImmutableDictionary<string, string> One(string name, string value) => ImmutableDictionary<string, string>.Empty.Add(name, value);

    private static string? Value(ImmutableDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    private static string Require(ImmutableDictionary<string, string> environment, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Value(environment, name) is { } value)
            {
                return value;
            }
        }

        throw new AgentSetupException($"The credential or setting {names[0]} is missing: set it as a secret of the workspace.");
    }
}

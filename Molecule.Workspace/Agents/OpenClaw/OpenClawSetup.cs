using System.Collections.Immutable;

namespace Molecule.Workspace.Agents.OpenClaw;

/// <summary>Which way openclaw calls its model.</summary>
public enum OpenClawWire
{
    /// <summary>OpenAI's chat completions, with a bearer.</summary>
    Completions,

    /// <summary>Anthropic's messages, with x-api-key.</summary>
    Messages,
}

/// <summary>What openclaw needs for one arm (spec 2.4).</summary>
/// <param name="Wire">The wire.</param>
/// <param name="BaseUrl">Where the vendor is: with <c>/v1</c> for completions, without for messages.</param>
/// <param name="Model">The model id as it goes on the wire.</param>
/// <param name="Key">The credential; secret.</param>
/// <param name="Headers">Headers beside the wire's own; no secrets.</param>
public sealed record OpenClawSetup(OpenClawWire Wire, string BaseUrl, string Model, string Key, ImmutableDictionary<string, string> Headers)
{
    /// <summary>The user-agent that Kimi's coding gateway takes for a coding agent's, and with which the product probes (spec 2.4, 3.4).</summary>
    public const string AgentUserAgent = "claude-cli/2.1.330 (external, cli)";

    private static readonly ImmutableDictionary<string, string> None = ImmutableDictionary<string, string>.Empty;

    /// <summary>Works out the setup of an arm.</summary>
    /// <param name="provider">The registry's provider that the control plane derived.</param>
    /// <param name="model">The workspace's model, its provider before a colon or a slash.</param>
    /// <param name="environment">The workspace's environment.</param>
    /// <exception cref="AgentSetupException">Provider unknown to openclaw, model missing, or the credential or setting missing.</exception>
    public static OpenClawSetup For(string? provider, string? model, ImmutableDictionary<string, string> environment)
    {
        if (model is null)
        {
            throw new AgentSetupException("No model is set: set MOLECULE_MODEL.");
        }

        var bare = model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return provider switch
        {
            "groq" => Completions(Url(environment, "GROQ_BASE_URL") ?? "https://api.groq.com/openai/v1", bare, Require(environment, "GROQ_API_KEY")),
            "byok-openai" => Completions(Url(environment, "OPENAI_BASE_URL") ?? "https://api.openai.com/v1", bare, Require(environment, "OPENAI_API_KEY")),
            "byok-minimax" => MiniMax(bare, environment),
            "kimi-coding" => Kimi(bare, environment),
            "platform" => Platform(model, environment),
            null => throw new AgentSetupException("No provider is set: the control plane publishes it as MOLECULE_RESOLVED_PROVIDER."),
            _ => throw new AgentSetupException(
                $"openclaw has no provider '{provider}': MOLECULE_RESOLVED_PROVIDER has to be kimi-coding, groq, platform, byok-openai or byok-minimax."),
        };
    }

    // A key of the coding plan belongs to another endpoint, on Anthropic's wire; told by its prefix, and only where the URL is the vendor's own.
    private static OpenClawSetup MiniMax(string model, ImmutableDictionary<string, string> environment)
    {
        var url = Url(environment, "MINIMAX_BASE_URL") ?? "https://api.minimax.io/v1";
        var key = Require(environment, "MINIMAX_API_KEY");
        return key.StartsWith("sk-cp-", StringComparison.Ordinal) && url.Contains("minimax", StringComparison.Ordinal)
            ? new OpenClawSetup(OpenClawWire.Messages, "https://api.minimax.io/anthropic", model, key, None)
            : Completions(url, model, key);
    }

    // As above. KIMI_BASE_URL says where the coding gateway is, for want of a way to redirect a rewritten URL; it is ours.
    private static OpenClawSetup Kimi(string model, ImmutableDictionary<string, string> environment)
    {
        var url = Url(environment, "MOONSHOT_BASE_URL") ?? "https://api.moonshot.ai/v1";
        var key = Require(environment, "KIMI_API_KEY");
        var setup = key.StartsWith("sk-kimi-", StringComparison.Ordinal) && url.Contains("moonshot.ai", StringComparison.Ordinal)
            ? new OpenClawSetup(OpenClawWire.Messages, Url(environment, "KIMI_BASE_URL") ?? "https://api.kimi.com/coding", "kimi-for-coding", key, None)
            : Completions(url, model, key);
        return setup with { Headers = None.Add("User-Agent", AgentUserAgent) };
    }

    // The model's whole id: the proxy tells the vendor by its prefix (spec 3.8).
    private static OpenClawSetup Platform(string model, ImmutableDictionary<string, string> environment)
    {
        var setup = Completions(Require(environment, "MOLECULE_LLM_BASE_URL").TrimEnd('/'), model, Require(environment, "MOLECULE_LLM_USAGE_TOKEN"));
        return setup with { Headers = None.Add("X-Molecule-Workspace-Id", Require(environment, "WORKSPACE_ID")) };
    }

    private static OpenClawSetup Completions(string url, string model, string key) => new(OpenClawWire.Completions, url, model, key, None);

    private static string? Url(ImmutableDictionary<string, string> environment, string name) =>
        environment.GetValueOrDefault(name) is { Length: > 0 } value ? value.TrimEnd('/') : null;

    private static string Require(ImmutableDictionary<string, string> environment, string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value
        ? value
        : throw new AgentSetupException($"The credential or setting {name} is missing: set it as a secret of the workspace.");
}

using System.Collections.Immutable;
using Molecule.ControlPlane.Llm;
using Molecule.ControlPlane.Secrets;
using Molecule.Registry;

namespace Molecule.ControlPlane.Provisioning;

/// <summary>The environment that a workspace is started with (spec/runtimes-and-providers.md 3.8). Pure.</summary>
public static class WorkspaceEnvironment
{
    private const string AnthropicKey = "ANTHROPIC_API_KEY";
    private const string AnthropicToken = "ANTHROPIC_AUTH_TOKEN";
    private const string AnthropicUrl = "ANTHROPIC_BASE_URL";
    private const string OAuthToken = "CLAUDE_CODE_OAUTH_TOKEN";

    // The platform's own word: no secret may speak for it.
    private const string PlatformPrefix = "MOLECULE_LLM_";

    // Google's client reads these before any key of the registry's, or turns to Vertex by them (spec/driving-the-runtimes.md 4, spec 2.5).
    private static readonly ImmutableHashSet<string> GoogleClientKeys = ["GOOGLE_GENAI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "GOOGLE_GENAI_USE_ENTERPRISE"];

    // By these the processes of a run are found and ended.
    private static readonly ImmutableHashSet<string> Reserved =
        [Contracts.Runs.RunEnvironment.Run, Contracts.Runs.RunEnvironment.Lifeline, Contracts.Runs.RunEnvironment.Workspace, Contracts.Runs.RunEnvironment.Engines];

    /// <param name="launch">What is started.</param>
    /// <param name="secrets">The workspace's secrets, own and global.</param>
    /// <param name="registry">The registry: what counts as a key of one's own.</param>
    public static ImmutableDictionary<string, string> Build(Launch launch, ImmutableSortedDictionary<string, SecretValue> secrets, ProviderRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(launch);
        ArgumentNullException.ThrowIfNull(registry);
        var env = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, secret) in secrets)
        {
            if (!Reserved.Contains(name) && !name.StartsWith(PlatformPrefix, StringComparison.Ordinal))
            {
                env[name] = secret.Value;
            }
        }

        if (launch.Provider.IsServedByControlPlane)
        {
            AddPlatform(env, launch, registry);
        }
        else if (IsClaudeCode(launch))
        {
            AddAnthropicClient(env, launch, secrets);
        }

        env["MOLECULE_RESOLVED_PROVIDER"] = launch.Provider.Name;
        env["MOLECULE_MODEL"] = launch.Model;
        return env.ToImmutable();
    }

    private static bool IsClaudeCode(Launch launch) => launch.Runtime == "claude-code";

    private static void AddPlatform(ImmutableDictionary<string, string>.Builder env, Launch launch, ProviderRegistry registry)
    {
        foreach (var name in registry.Providers.SelectMany(static provider => provider.AuthEnv.Concat(provider.AuthTokenEnv is { } own ? [own] : [])).Concat(GoogleClientKeys))
        {
            env.Remove(name);
        }

        // The keyless arm's own URL is for the proxy: its workspaces call the proxy like those of the platform arm.
        var token = launch.UsageToken ?? throw new ArgumentException("An arm that the control plane serves needs a usage token.", nameof(launch));
        var proxy = launch.Provider.IsPlatform ? launch.Provider : registry.Providers.Single(static provider => provider.IsPlatform);
        var openAi = proxy.RenderBaseUrl(WireProtocol.OpenAi, launch.PlatformVariable)!;
        env["MOLECULE_LLM_BASE_URL"] = openAi;
        env["MOLECULE_LLM_ANTHROPIC_BASE_URL"] = proxy.RenderBaseUrl(WireProtocol.Anthropic, launch.PlatformVariable)!;
        env["MOLECULE_LLM_USAGE_TOKEN"] = token;
        env["MOLECULE_LLM_USAGE_URL"] = $"{launch.PlatformUrl}{UsageEndpoints.OwnPath}";
        if (IsClaudeCode(launch))
        {
            env[AnthropicKey] = token;
            env[AnthropicUrl] = proxy.RenderAnthropicClientUrl(launch.PlatformVariable)!;
            env["ANTHROPIC_CUSTOM_HEADERS"] = $"X-Molecule-Workspace-Id: {launch.Workspace}";
        }
        else
        {
            env["OPENAI_API_KEY"] = token;
            env["OPENAI_BASE_URL"] = openAi;
        }
    }

    private static void AddAnthropicClient(
        ImmutableDictionary<string, string>.Builder env, Launch launch, ImmutableSortedDictionary<string, SecretValue> secrets)
    {
        var arm = launch.Provider;
        if (secrets.TryGetValue(OAuthToken, out var oauth) && !oauth.IsOwn && !arm.AuthEnv.Contains(OAuthToken))
        {
            env.Remove(OAuthToken);
        }

        if (arm.AuthTokenEnv is { } target && arm.AuthEnv.FirstOrDefault(name => env.TryGetValue(name, out var value) && value.Length > 0) is { } held)
        {
            var key = env[held];

            // The CLI sends both of its slots: what stands in the other one is another vendor's key.
            env.Remove(AnthropicKey);
            env.Remove(AnthropicToken);
            env[target] = key;
        }

        if (arm.RenderAnthropicClientUrl(launch.PlatformVariable) is { } url && !(secrets.TryGetValue(AnthropicUrl, out var own) && own.IsOwn))
        {
            env[AnthropicUrl] = url;
        }
    }
}

/// <summary>A workspace about to be started.</summary>
/// <param name="Workspace">Its id.</param>
/// <param name="Runtime">E.g. codex.</param>
/// <param name="Model">The model id as the user chose it.</param>
/// <param name="Provider">The arm.</param>
/// <param name="PlatformUrl">The control plane's own URL.</param>
/// <param name="UsageToken">Of the arms that the control plane serves only.</param>
public sealed record Launch(Guid Workspace, string Runtime, string Model, Provider Provider, string PlatformUrl, string? UsageToken)
{
    /// <summary>The platform's variables of base URLs: itself is the control plane of its proxy.</summary>
    public string? PlatformVariable(string name) => name == "CP_BASE_URL" ? PlatformUrl : null;

    public override string ToString() => $"Launch {{ Workspace = {Workspace}, Provider = {Provider.Name} }}";
}

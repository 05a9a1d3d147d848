using System.Collections.Immutable;
using System.Net;
using System.Text.RegularExpressions;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Runs;
using Molecule.Workspace.Secrets;

namespace Molecule.Workspace.Boot;

/// <summary>What a workspace reads from its environment (spec/runtimes-and-providers.md 1.1, 1.4).</summary>
/// <param name="Id">WORKSPACE_ID.</param>
/// <param name="Runtime">MOLECULE_RUNTIME: claude-code, codex, ... Ours: the product's images know their runtime by themselves.</param>
/// <param name="ConfigFolder">WORKSPACE_CONFIG_PATH.</param>
/// <param name="PlatformUrl">PLATFORM_URL without a closing slash.</param>
/// <param name="Model">MOLECULE_MODEL, else MODEL, else MODEL_PROVIDER (which holds a model id, whatever its name says).</param>
/// <param name="Provider">MOLECULE_RESOLVED_PROVIDER, else LLM_PROVIDER.</param>
/// <param name="AdvertisedUrl">MOLECULE_WORKSPACE_URL, taken verbatim.</param>
/// <param name="HeartbeatInterval">Between 5 and 300 s, 30 s unless said (spec 1.3).</param>
/// <param name="IdleLimit">A2A_COMPLETION_IDLE_TIMEOUT_SECONDS: how long an agent may be silent in a turn (spec 1.4); null for the runtime's own limit.</param>
/// <param name="HealsOverflow">MOLECULE_CONTEXT_OVERFLOW_AUTOHEAL: whether a conversation that outgrew its model's window is begun anew by itself; on unless said.</param>
/// <param name="Secrets">MOLECULE_SECRETS: how the secrets manager is asked (docs/decisions/0025); null where there is none.</param>
/// <param name="SecretsPace">How often: MOLECULE_SECRETS_REFRESH_SECONDS between two looks for changed secrets, 300 s unless said, 2 at least.</param>
/// <param name="Environment">Everything, the workspace's secrets included.</param>
public sealed partial record WorkspaceSettings(
    string Id,
    string Runtime,
    string ConfigFolder,
    string PlatformUrl,
    string? Model,
    string? Provider,
    string? AdvertisedUrl,
    TimeSpan HeartbeatInterval,
    TimeSpan? IdleLimit,
    bool HealsOverflow,
    SecretsGrant? Secrets,
    SecretsPace SecretsPace,
    ImmutableDictionary<string, string> Environment)
{
    private const string Autoheal = "MOLECULE_CONTEXT_OVERFLOW_AUTOHEAL";
    private const string RefreshSeconds = "MOLECULE_SECRETS_REFRESH_SECONDS";
    private const int DefaultRefreshSeconds = 300;
    private const int ShortestRefreshSeconds = 2;
    private const int LongestRefreshSeconds = 3600;
    private const int DefaultHeartbeatSeconds = 30;
    private const int ShortestHeartbeatSeconds = 5;
    private const int LongestHeartbeatSeconds = 300;
    private const int DefaultCompletionIdleSeconds = 900;
    private const int LongestCompletionIdleSeconds = 3600;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>MOLECULE_WORKSPACE_ADDRESS: where it listens and under which it registers; null for loopback, registered as localhost.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>How long claude-code may be silent in a turn: 900 s unless said (spec 1.4, 2.1).</summary>
    public TimeSpan CompletionIdle => IdleLimit ?? TimeSpan.FromSeconds(DefaultCompletionIdleSeconds);

    /// <summary>Reads the settings.</summary>
    /// <exception cref="WorkspaceSettingsException">The workspace cannot say who it is; it must not run.</exception>
    public static WorkspaceSettings Read(ImmutableDictionary<string, string> environment)
    {
        string? Value(string name) => environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

        var id = Value("WORKSPACE_ID") ?? throw new WorkspaceSettingsException("WORKSPACE_ID is not set: start a workspace through the node, or give its id.");
        if (!IdShape().IsMatch(id))
        {
            throw new WorkspaceSettingsException(
                $"WORKSPACE_ID is '{id}': it has to begin with a lower-case letter or a digit and go on with those and '-', at most 128 characters.");
        }

        return new WorkspaceSettings(
            id,
            Value("MOLECULE_RUNTIME") ?? "",
            Value("WORKSPACE_CONFIG_PATH") ?? "/configs",
            (Value("PLATFORM_URL") ?? DefaultPlatformUrl(Value)).TrimEnd('/'),
            Value("MOLECULE_MODEL") ?? Value("MODEL") ?? Value("MODEL_PROVIDER"),
            Value("MOLECULE_RESOLVED_PROVIDER") ?? Value("LLM_PROVIDER"),
            Value("MOLECULE_WORKSPACE_URL"),
            Heartbeat(Value("MOLECULE_HEARTBEAT_SECONDS")),
            IdleLimitOf(Value("A2A_COMPLETION_IDLE_TIMEOUT_SECONDS")),
            IsOn(Value(Autoheal)),
            Grant(Value(SecretsGrant.Variable)),
            new SecretsPace(FirstWait, LongestWait, Refresh(Value(RefreshSeconds))),
            environment)
        {
            Address = Value(RunEnvironment.WorkspaceAddress) is { } address ? AddressOf(address) : null,
        };
    }

    private static IPAddress AddressOf(string text) => IPAddress.TryParse(text, out var address)
        ? address
        : throw new WorkspaceSettingsException($"{RunEnvironment.WorkspaceAddress} is '{text}': it has to be an IP address of this machine, like 172.17.0.1.");

    // spec 1.1.4
    private static string DefaultPlatformUrl(Func<string, string?> value) =>
        File.Exists("/.dockerenv") || value("DOCKER_VERSION") is not null ? "http://host.docker.internal:8080" : "http://localhost:8080";

    private static TimeSpan Heartbeat(string? seconds)
    {
        if (seconds is null)
        {
            return TimeSpan.FromSeconds(DefaultHeartbeatSeconds);
        }

        return int.TryParse(seconds, out var value)
            ? TimeSpan.FromSeconds(Math.Clamp(value, ShortestHeartbeatSeconds, LongestHeartbeatSeconds))
            : throw new WorkspaceSettingsException($"MOLECULE_HEARTBEAT_SECONDS is '{seconds}': it has to be a whole number of seconds, 5 to 300.");
    }

    private static TimeSpan? IdleLimitOf(string? seconds)
    {
        if (seconds is null)
        {
            return null;
        }

        return int.TryParse(seconds, out var value) && value is >= 1 and <= LongestCompletionIdleSeconds
            ? TimeSpan.FromSeconds(value)
            : throw new WorkspaceSettingsException(
                $"A2A_COMPLETION_IDLE_TIMEOUT_SECONDS is '{seconds}': it has to be a whole number of seconds, 1 to {LongestCompletionIdleSeconds}.");
    }

    private static SecretsGrant? Grant(string? text) => text is null
        ? null
        : SecretsGrant.Read(text) ?? throw new WorkspaceSettingsException($"{SecretsGrant.Variable} is no grant: the control plane writes it, and nobody else has to.");

    private static TimeSpan Refresh(string? seconds) => seconds is null
        ? TimeSpan.FromSeconds(DefaultRefreshSeconds)
        : int.TryParse(seconds, out var value) && value is >= ShortestRefreshSeconds and <= LongestRefreshSeconds
            ? TimeSpan.FromSeconds(value)
            : throw new WorkspaceSettingsException($"{RefreshSeconds} is '{seconds}': it has to be a whole number of seconds, {ShortestRefreshSeconds} to {LongestRefreshSeconds}.");

    private static bool IsOn(string? value) => value switch
    {
        null or "on" => true,
        "off" => false,
        _ => throw new WorkspaceSettingsException($"{Autoheal} is '{value}': it has to be on or off."),
    };

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,127}\z")]
    private static partial Regex IdShape();
}

/// <summary>The environment does not describe a workspace. The message names the variable and what it has to be.</summary>
public sealed class WorkspaceSettingsException(string message) : Exception(message);

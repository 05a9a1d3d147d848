using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Molecule.Contracts.Provisioning;

/// <summary>Body of <c>POST /cp/workspaces/provision</c> (spec/control-plane.md 5.2).</summary>
/// <param name="HasDesktop">Ours, and absent unless true: it asks for a desktop (docs/decisions/0023).</param>
public sealed record ProvisionRequest(
    [property: JsonPropertyName("org_id")] string OrgId,
    [property: JsonPropertyName("workspace_id")] string WorkspaceId,
    [property: JsonPropertyName("runtime")] string Runtime,
    [property: JsonPropertyName("tier")] int Tier,
    [property: JsonPropertyName("platform_url")] string PlatformUrl,
    [property: JsonPropertyName("env")] ImmutableDictionary<string, string> Env,
    [property: JsonPropertyName("desktop"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool HasDesktop = false);

/// <summary>Answer to a provision call (201) and to a status call (200).</summary>
/// <param name="InstanceId">The node's own id of this incarnation of the workspace.</param>
/// <param name="PrivateIp">Where it runs; 127.0.0.1 for a process.</param>
/// <param name="State">pending, running, paused, stopped.</param>
/// <param name="ExitCode">Once stopped: the exit code, or 128 + signal.</param>
public sealed record InstanceStatus(
    [property: JsonPropertyName("instance_id")] string InstanceId,
    [property: JsonPropertyName("private_ip")] string PrivateIp,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("exit_code")] int? ExitCode = null);

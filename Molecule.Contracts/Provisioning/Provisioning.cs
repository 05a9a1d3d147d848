using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Molecule.Contracts.Provisioning;

/// <summary>Body of <c>POST /cp/workspaces/provision</c> (spec/control-plane.md 5.2).</summary>
/// <param name="HasDesktop">Ours, and absent unless true: it asks for a desktop (docs/decisions/0023).</param>
/// <param name="IsRecreated">Ours, and absent unless true: the incarnation gets a file system of its own, and the data is brought over (docs/decisions/0024).</param>
/// <param name="Restore">Ours, and absent unless given: the snapshot with which it begins.</param>
public sealed record ProvisionRequest(
    [property: JsonPropertyName("org_id")] string OrgId,
    [property: JsonPropertyName("workspace_id")] string WorkspaceId,
    [property: JsonPropertyName("runtime")] string Runtime,
    [property: JsonPropertyName("tier")] int Tier,
    [property: JsonPropertyName("platform_url")] string PlatformUrl,
    [property: JsonPropertyName("env")] ImmutableDictionary<string, string> Env,
    [property: JsonPropertyName("desktop"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool HasDesktop = false,
    [property: JsonPropertyName("recreate"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsRecreated = false,
    [property: JsonPropertyName("restore"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] string? Restore = null);

/// <summary>A snapshot of a workspace's data: <c>GET /cp/workspaces/:id/snapshots</c>, ours.</summary>
/// <param name="Name">Its name, the time at which it was taken: <c>20261128T061502.1234567Z</c>.</param>
/// <param name="Bytes">Its size, packed.</param>
public sealed record SnapshotListed([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("bytes")] long Bytes);

/// <summary>Answer to a provision call (201) and to a status call (200).</summary>
/// <param name="InstanceId">The node's own id of this incarnation of the workspace.</param>
/// <param name="PrivateIp">Where it is reached; 127.0.0.1 unless the node was told another address (MOLECULE_WORKSPACE_ADDRESS).</param>
/// <param name="State">pending, running, paused, stopped.</param>
/// <param name="ExitCode">Once stopped: the exit code, or 128 + signal.</param>
public sealed record InstanceStatus(
    [property: JsonPropertyName("instance_id")] string InstanceId,
    [property: JsonPropertyName("private_ip")] string PrivateIp,
    [property: JsonPropertyName("state")] string State,
    [property: JsonPropertyName("exit_code")] int? ExitCode = null);

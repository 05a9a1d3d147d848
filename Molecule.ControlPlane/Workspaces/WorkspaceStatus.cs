namespace Molecule.ControlPlane.Workspaces;

/// <summary>The states of a workspace (spec/control-plane.md 4.1; the last two are missing from the product's own enum, 14.1).</summary>
public enum WorkspaceStatus
{
    Provisioning,
    Online,
    Offline,
    Degraded,
    Failed,
    Removed,
    Paused,
    Hibernated,
    AwaitingAgent,
    Hibernating,
}

/// <summary>The status as it stands on the wire and in the database.</summary>
public static class WorkspaceStatusWire
{
    public static string ToWire(this WorkspaceStatus status) => status switch
    {
        WorkspaceStatus.Provisioning => "provisioning",
        WorkspaceStatus.Online => "online",
        WorkspaceStatus.Offline => "offline",
        WorkspaceStatus.Degraded => "degraded",
        WorkspaceStatus.Failed => "failed",
        WorkspaceStatus.Removed => "removed",
        WorkspaceStatus.Paused => "paused",
        WorkspaceStatus.Hibernated => "hibernated",
        WorkspaceStatus.AwaitingAgent => "awaiting_agent",
        WorkspaceStatus.Hibernating => "hibernating",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    };

    public static WorkspaceStatus Parse(string wire) => Enum.GetValues<WorkspaceStatus>().FirstOrDefault(status => status.ToWire() == wire, (WorkspaceStatus)(-1)) is var found and >= 0
        ? found
        : throw new FormatException($"'{wire}' is no workspace status.");
}

namespace Molecule.ControlPlane.Workspaces;

/// <summary>What a trigger does to a workspace: it changes the state, leaves it, or is refused.</summary>
/// <param name="To">The state afterwards; null where the trigger is refused.</param>
/// <param name="Event">The event that is recorded with the change; null where none is.</param>
public readonly record struct Transition(WorkspaceStatus? To, string? Event)
{
    public bool IsRefused => To is null;
}

/// <summary>The one table of state x trigger (spec/control-plane.md 4.2). Pure.</summary>
public static class WorkspaceTransitions
{
    private static readonly Transition Refused = new(null, null);

    /// <param name="from">The state now; null for a workspace that does not exist yet.</param>
    /// <param name="trigger">What happens.</param>
    public static Transition Apply(WorkspaceStatus? from, WorkspaceTrigger trigger) => (trigger, from) switch
    {
        (WorkspaceTrigger.Create, null) => To(WorkspaceStatus.Provisioning),
        (WorkspaceTrigger.CreateExternal, null) => To(WorkspaceStatus.Online),
        (WorkspaceTrigger.CreateAwaited, null) => To(WorkspaceStatus.AwaitingAgent),
        (WorkspaceTrigger.Create or WorkspaceTrigger.CreateExternal or WorkspaceTrigger.CreateAwaited, _) => Refused,

        // An unknown id that registers is created (3.3); a removed one is answered but stays removed.
        (WorkspaceTrigger.Register, WorkspaceStatus.Removed) => Stay(WorkspaceStatus.Removed),
        (WorkspaceTrigger.Register, _) => To(WorkspaceStatus.Online),

        (_, null) => Refused,

        (WorkspaceTrigger.HeartbeatSteady or WorkspaceTrigger.HeartbeatFailing or WorkspaceTrigger.HeartbeatWell, WorkspaceStatus.Provisioning or WorkspaceStatus.Offline) => To(WorkspaceStatus.Online),
        (WorkspaceTrigger.HeartbeatFailing, WorkspaceStatus.Online) => To(WorkspaceStatus.Degraded),
        (WorkspaceTrigger.HeartbeatWell, WorkspaceStatus.Degraded) => To(WorkspaceStatus.Online),
        (WorkspaceTrigger.HeartbeatSteady or WorkspaceTrigger.HeartbeatFailing or WorkspaceTrigger.HeartbeatWell, { } same) => Stay(same),

        // 4.3: offline unless removed, paused or hibernated; one on its way into hibernation is being stopped on purpose.
        (WorkspaceTrigger.LivenessLost, (WorkspaceStatus.Offline or WorkspaceStatus.Removed or WorkspaceStatus.Paused or WorkspaceStatus.Hibernated or WorkspaceStatus.Hibernating) and { } same) => Stay(same),
        (WorkspaceTrigger.LivenessLost, _) => To(WorkspaceStatus.Offline),

        (WorkspaceTrigger.ProvisionFailed, WorkspaceStatus.Provisioning) => To(WorkspaceStatus.Failed),
        (WorkspaceTrigger.ProvisionFailed, { } same) => Stay(same),

        // The product restarts removed rows, a defect (14.1, item 11).
        (WorkspaceTrigger.Restart, WorkspaceStatus.Removed) => Refused,
        (WorkspaceTrigger.Restart, _) => To(WorkspaceStatus.Provisioning),

        // 4.4: skips removed, paused, hibernated and external workspaces.
        (WorkspaceTrigger.AutoRestart, WorkspaceStatus.Removed or WorkspaceStatus.Paused or WorkspaceStatus.Hibernated or WorkspaceStatus.Hibernating or WorkspaceStatus.AwaitingAgent) => Refused,
        (WorkspaceTrigger.AutoRestart, _) => To(WorkspaceStatus.Provisioning),

        (WorkspaceTrigger.Pause, WorkspaceStatus.Paused or WorkspaceStatus.Removed) => Refused,
        (WorkspaceTrigger.Pause, _) => To(WorkspaceStatus.Paused),
        (WorkspaceTrigger.Resume, WorkspaceStatus.Paused) => To(WorkspaceStatus.Provisioning),
        (WorkspaceTrigger.Resume, _) => Refused,

        (WorkspaceTrigger.Hibernate, WorkspaceStatus.Online or WorkspaceStatus.Degraded) => new(WorkspaceStatus.Hibernating, null),
        (WorkspaceTrigger.Hibernate, _) => Refused,
        (WorkspaceTrigger.HibernateStopped, WorkspaceStatus.Hibernating) => To(WorkspaceStatus.Hibernated),
        (WorkspaceTrigger.HibernateStopped, { } same) => Stay(same),
        (WorkspaceTrigger.Wake, WorkspaceStatus.Hibernated) => To(WorkspaceStatus.Provisioning),
        (WorkspaceTrigger.Wake, _) => Refused,

        (WorkspaceTrigger.Remove, WorkspaceStatus.Removed) => Stay(WorkspaceStatus.Removed),
        (WorkspaceTrigger.Remove, _) => To(WorkspaceStatus.Removed),

        _ => throw new ArgumentOutOfRangeException(nameof(trigger), trigger, null),
    };

    private static Transition Stay(WorkspaceStatus status) => new(status, null);

    private static Transition To(WorkspaceStatus status) => new(status, status switch
    {
        WorkspaceStatus.Provisioning => "WORKSPACE_PROVISIONING",
        WorkspaceStatus.Online => "WORKSPACE_ONLINE",
        WorkspaceStatus.Offline => "WORKSPACE_OFFLINE",
        WorkspaceStatus.Degraded => "WORKSPACE_DEGRADED",
        WorkspaceStatus.Failed => "WORKSPACE_PROVISION_FAILED",
        WorkspaceStatus.Removed => "WORKSPACE_REMOVED",
        WorkspaceStatus.Paused => "WORKSPACE_PAUSED",
        WorkspaceStatus.Hibernated => "WORKSPACE_HIBERNATED",
        WorkspaceStatus.AwaitingAgent => "WORKSPACE_AWAITING_AGENT",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, null),
    });
}

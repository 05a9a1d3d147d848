namespace Molecule.ControlPlane.Workspaces;

/// <summary>What may change a workspace's state (spec/control-plane.md 4.2).</summary>
public enum WorkspaceTrigger
{
    /// <summary>Create, bundle import, org import, expand.</summary>
    Create,

    /// <summary>Create of an external workspace whose URL is known.</summary>
    CreateExternal,

    /// <summary>Create of an external workspace that has yet to come.</summary>
    CreateAwaited,

    /// <summary>The agent registers.</summary>
    Register,

    /// <summary>A heartbeat that neither degrades nor recovers: its error rate lies between the two limits.</summary>
    HeartbeatSteady,

    /// <summary>A heartbeat with an error rate of 0.5 or more, or a wedged runtime.</summary>
    HeartbeatFailing,

    /// <summary>A heartbeat with an error rate below 0.1 and an empty runtime state.</summary>
    HeartbeatWell,

    /// <summary>Liveness expired, the container is gone, or an external agent went silent.</summary>
    LivenessLost,

    /// <summary>The provisioner failed, required environment is missing, the time ran out, or the boot reported failure.</summary>
    ProvisionFailed,

    /// <summary>A user restarts it.</summary>
    Restart,

    /// <summary>The platform restarts it: it went offline, or its secrets changed.</summary>
    AutoRestart,

    Pause,

    Resume,

    /// <summary>Hibernation claims the workspace before it is stopped.</summary>
    Hibernate,

    /// <summary>The claimed workspace has stopped.</summary>
    HibernateStopped,

    /// <summary>A call for a hibernated workspace.</summary>
    Wake,

    /// <summary>Delete, collapse.</summary>
    Remove,
}

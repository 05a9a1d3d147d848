namespace Molecule.Contracts.Runs;

/// <summary>The environment variables by which the parts of a run know each other.</summary>
public static class RunEnvironment
{
    /// <summary>The run's id. It stands in the environment of every process of the run, so that the reaper can find them.</summary>
    public const string Run = "MOLECULE_RUN";

    /// <summary>Path of the Unix socket whose end means that the process that holds the run has gone.</summary>
    public const string Lifeline = "MOLECULE_LIFELINE";

    /// <summary>The workspace's id, in the environment of the workspace and of everything that it starts.</summary>
    public const string Workspace = "MOLECULE_WORKSPACE";

    /// <summary>
    /// The address at which a workspace listens, and under which it registers where <c>MOLECULE_WORKSPACE_URL</c> does not say another URL. Without it
    /// that is loopback under the name localhost, which no control plane in a container can call.
    /// </summary>
    public const string WorkspaceAddress = "MOLECULE_WORKSPACE_ADDRESS";

    /// <summary>Paths of the manifests of installed engines (<see cref="Engines.EngineManifest"/>), separated as in PATH.</summary>
    public const string Engines = "MOLECULE_ENGINES";

    /// <summary>Root of the per-machine cache. Default: ~/.cache/molecule-e2e, as root /var/cache/molecule-e2e.</summary>
    public const string Cache = "MOLECULE_CACHE";

    /// <summary>No variable but a container's label: the run's id, so that the reaper can find the run's containers.</summary>
    public const string ContainerLabel = "molecule.run";

    /// <summary>A container's label: the id of the workspace that it is.</summary>
    public const string ContainerWorkspaceLabel = "molecule.workspace";
}

using System.Collections.Immutable;
using Molecule.Node.Workspaces;

namespace Molecule.Node.Volumes;

/// <summary>Where a workspace's data lies below its folder, and what protects it.</summary>
/// <param name="Folder">ROOT/ID.</param>
public sealed record WorkspaceVolumes(string Folder)
{
    /// <summary>
    /// All that is a workspace's own: its configuration, its files, and its home, where the runtimes keep their state (.claude, .codex, .openclaw,
    /// .hermes, .google-adk). Temporary files and logs are not.
    /// </summary>
    public static ImmutableArray<string> All { get; } = ["configs", "workspace", "home"];

    /// <summary>What outlives a container without persistence: the home was part of the container (spec/control-plane.md 5.1, the incident).</summary>
    public static ImmutableArray<string> WithoutPersistence { get; } = ["configs", "workspace"];

    /// <summary>The snapshots' folder.</summary>
    public string Snapshots => Path.Combine(Folder, "snapshots");

    /// <summary>The journal of a swap that is under way.</summary>
    public string Journal => Path.Combine(Folder, "swap.json");

    /// <summary>Where a snapshot is unpacked before it takes the place of a volume.</summary>
    public string Unpacked => Path.Combine(Folder, "restoring");

    /// <summary>Where the volumes of the earlier incarnation lie during a swap.</summary>
    public string Earlier => Path.Combine(Folder, "earlier");

    /// <summary>A volume's folder.</summary>
    public string Of(string volume) => Path.Combine(Folder, volume);

    /// <summary>A volume's folder in the earlier incarnation.</summary>
    public string EarlierOf(string volume) => Path.Combine(Earlier, volume);

    /// <summary>Makes a volume's folder, readable for its owner alone.</summary>
    public void Make(string volume) => WorkspaceFolders.Create(Of(volume));
}

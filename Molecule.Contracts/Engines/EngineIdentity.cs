using System.Collections.Immutable;

namespace Molecule.Contracts.Engines;

/// <summary>What really ran a cell: <c>codex 0.169.0 (real)</c>.</summary>
public sealed record EngineIdentity(string Name, string Version, EngineKind Kind)
{
    public override string ToString() => Kind is EngineKind.Real ? $"{Name} {Version} (real)" : $"{Name} {Version} (emulated)";
}

public enum EngineKind
{
    /// <summary>The locked program, attested.</summary>
    Real,

    /// <summary>A stand-in of this repository.</summary>
    Emulated,
}

/// <summary>A container of the run, as its engine tells it.</summary>
/// <param name="Image">The image's id: <c>sha256:</c> and 64 hex digits.</param>
/// <param name="Workspace">The workspace that it is; null for a container that is none.</param>
public sealed record RanContainer(string Image, string? Workspace);

/// <summary>An agent program as it lies on this machine.</summary>
/// <param name="Name">claude-code, codex, ...</param>
/// <param name="Version">The version it printed itself.</param>
/// <param name="Path">Absolute path of the program.</param>
/// <param name="Sha256">SHA-256 of the program, lower-case hex; of a real one, equal to the one that an engines.json locks.</param>
/// <param name="Node">For a script, absolute path of the Node.js that runs it; null for a program that runs by itself.</param>
/// <param name="Kind">Whether it is the agent itself or a stand-in of this repository.</param>
public sealed record InstalledEngine(string Name, string Version, string Path, string Sha256, string? Node = null, EngineKind Kind = EngineKind.Real);

/// <summary>Engines of this machine: those that an installer has put into the cache, or the stand-ins of a build. MOLECULE_ENGINES names the files.</summary>
public sealed record EngineManifest(ImmutableArray<InstalledEngine> Engines);

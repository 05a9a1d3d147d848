using System.Collections.Immutable;

namespace Molecule.HostTools.Installing;

/// <summary>Which sets the runtimes' programs are in, so that a run of some runtimes installs no other's.</summary>
public static class RuntimeSets
{
    /// <summary>The runtimes a run is of, as a comma list; unset for all.</summary>
    public const string Variable = "MOLECULE_RUNTIMES";

    /// <summary>Every set that holds an agent program.</summary>
    public static ImmutableArray<PackageSet> All { get; } = [PackageSet.Runtimes, PackageSet.OpenClaw, PackageSet.GoogleAdk];

    /// <summary>The sets of the runtimes that an environment asks for; a runtime without a package of its own needs none.</summary>
    public static ImmutableArray<PackageSet> Asked(Func<string, string?> environment)
    {
        var runtimes = (environment(Variable) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return runtimes is [] ? All : [.. All.Where(set => set.ReadEngines().Engines.Any(engine => runtimes.Contains(engine.Name)))];
    }

    /// <summary>Where the sets' manifests lie once they are installed, as MOLECULE_ENGINES wants them.</summary>
    public static string ManifestsIn(CacheFolder cache) => string.Join(Path.PathSeparator, All.Select(cache.ManifestOf));
}

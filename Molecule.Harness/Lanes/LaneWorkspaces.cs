using System.Collections.Concurrent;

namespace Molecule.Harness.Lanes;

/// <summary>Which lane each workspace of the run was made for, those of lanes that failed included. Thread-safe.</summary>
public sealed class LaneWorkspaces
{
    private readonly ConcurrentDictionary<string, LaneKey> _lanes = new(StringComparer.Ordinal);

    /// <summary>By workspace id.</summary>
    public IReadOnlyDictionary<string, LaneKey> All => _lanes;

    /// <summary>Notes a workspace as soon as it is made.</summary>
    public void Add(string workspace, LaneKey lane) => _lanes[workspace] = lane;
}

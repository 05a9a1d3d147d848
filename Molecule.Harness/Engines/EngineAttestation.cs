using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Engines;

/// <summary>An agent program as runtimes/engines.json locks it.</summary>
public sealed record LockedEngine(string Name, string Version, string Sha256);

/// <summary>
/// Decides what really ran a turn from the processes at the other end of its connections: real only when each is the locked binary and its
/// user-agent names the locked version. Nobody's own word counts (design.md 4, "Attested, not claimed").
/// </summary>
public sealed class EngineAttestation(ImmutableArray<LockedEngine> locked)
{
    /// <summary>Judges the requests that carried the turn's words from the agent.</summary>
    /// <returns>The engine, or why it cannot be said.</returns>
    public (EngineIdentity? Engine, string? Doubt) Judge(string runtime, IEnumerable<JournalEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (locked.FirstOrDefault(e => e.Name == runtime) is not { } engine)
        {
            return (null, $"runtimes/engines.json locks no engine '{runtime}'");
        }

        var all = entries.ToList();
        if (all.Count == 0)
        {
            return (null, "no request of the turn came from the agent");
        }

        foreach (var entry in all)
        {
            if (entry.Peer is not { } peer)
            {
                return (null, $"request {entry.Sequence} has no attested process");
            }

            if (peer.Sha256 != engine.Sha256)
            {
                return (null, $"request {entry.Sequence} came from {Path.GetFileName(peer.Executable)} ({peer.Sha256}), locked is {engine.Sha256}");
            }

            if (entry.UserAgent is not { } agent || !agent.Contains($"/{engine.Version}", StringComparison.Ordinal))
            {
                return (null, $"request {entry.Sequence} has the user-agent '{entry.UserAgent}', which does not name version {engine.Version}");
            }
        }

        return (new EngineIdentity(engine.Name, engine.Version, EngineKind.Real), null);
    }
}

using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Engines;

/// <summary>
/// Decides what really ran a turn from the processes at the other end of its connections: real only when each is the locked binary, or the
/// locked node with the locked script and packages, and its user-agent names the locked version; emulated only when each is the stand-in of this
/// very build and says so. Nobody's own word counts (design.md 4, "Attested, not claimed").
/// </summary>
public sealed class EngineAttestation(ImmutableArray<LockedEngine> locked)
{
    private const string NodeName = "node";

    /// <summary>Judges the requests that carried the turn's words from the agent.</summary>
    /// <returns>The engine, or why it cannot be said.</returns>
    public (EngineIdentity? Engine, string? Doubt) Judge(string runtime, IEnumerable<JournalEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var candidates = locked.Where(e => e.Name == runtime).ToList();
        if (candidates.Count == 0)
        {
            return (null, $"neither an engines.json nor this build has an engine '{runtime}'");
        }

        var all = entries.ToList();
        if (all.Count == 0)
        {
            return (null, "no request of the turn came from the agent");
        }

        string? doubt = null;
        foreach (var candidate in candidates)
        {
            if (all.Select(entry => DoubtOf(entry, candidate)).FirstOrDefault(static d => d is not null) is not { } found)
            {
                return (new EngineIdentity(candidate.Name, candidate.Version, candidate.Kind), null);
            }

            doubt ??= found;
        }

        return (null, doubt);
    }

    /// <summary>
    /// Judges the processes that were seen in a workspace while its turn ran, where nobody of ours is at the other end of its connections: one of them
    /// has to be the locked program.
    /// </summary>
    /// <returns>The engine, or why it cannot be said.</returns>
    public (EngineIdentity? Engine, string? Doubt) JudgeProcesses(string runtime, IReadOnlyCollection<PeerIdentity> seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        foreach (var candidate in locked.Where(e => e.Name == runtime))
        {
            if (seen.Any(process => (candidate.Tree is null ? DoubtOfProgram(process, candidate) : DoubtOfScript(process, candidate)) is null
                && (candidate.Kind is EngineKind.Real || process.Executable == candidate.Program)))
            {
                return (new EngineIdentity(candidate.Name, candidate.Version, candidate.Kind), null);
            }
        }

        return (null, $"none of the processes of the workspace is a locked {runtime}: {string.Join(", ", seen.Select(static p => $"{Path.GetFileName(p.Executable)} ({p.Sha256})").Distinct())}");
    }

    private string? DoubtOf(JournalEntry entry, LockedEngine engine)
    {
        if (entry.Peer is not { } peer)
        {
            return $"request {entry.Sequence} has no attested process";
        }

        if ((engine.Tree is null ? DoubtOfProgram(peer, engine) : DoubtOfScript(peer, engine)) is { } doubt)
        {
            return $"request {entry.Sequence} came from {doubt}";
        }

        // A stand-in's program is the same for every build of it, its code lies beside it: only its path tells this build's.
        if (engine.Kind is EngineKind.Emulated && peer.Executable != engine.Program)
        {
            return $"request {entry.Sequence} came from '{peer.Executable}', this build's is '{engine.Program}'";
        }

        var agent = entry.UserAgent ?? "";
        if (!agent.Contains(engine.UserAgent ?? $"/{engine.Version}", StringComparison.Ordinal))
        {
            return $"request {entry.Sequence} has the user-agent '{entry.UserAgent}', which does not name version {engine.Version}";
        }

        return engine.Kind is EngineKind.Real && agent.Contains(LockedEngine.Confession, StringComparison.OrdinalIgnoreCase)
            ? $"request {entry.Sequence} has the user-agent '{entry.UserAgent}', which is a stand-in's"
            : null;
    }

    private static string? DoubtOfProgram(PeerIdentity peer, LockedEngine engine) =>
        peer.Sha256 == engine.Sha256 ? null : $"{Path.GetFileName(peer.Executable)} ({peer.Sha256}), locked is {engine.Sha256}";

    private string? DoubtOfScript(PeerIdentity peer, LockedEngine engine)
    {
        if (locked.FirstOrDefault(static e => e.Name == NodeName) is not { } node)
        {
            return $"a script, and runtimes/node/engines.json locks no '{NodeName}' to run it";
        }

        return (DoubtOfProgram(peer, node), peer.Tree) switch
        {
            ({ } doubt, _) => doubt,
            (null, null) => $"a {NodeName} that shows no script among packages",
            (null, { Script: null }) when !engine.Renames => $"a {NodeName} that hides its script",
            (null, { Script: { } script }) when script != engine.Program => $"the script {script}, locked is {engine.Program}",
            (null, { Digest: var digest }) when digest != engine.Tree =>
                $"packages that are not the locked ones ({digest}, locked is {engine.Tree}): delete their folder in the cache and install again",
            _ => null,
        };
    }
}

using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Engines;

/// <summary>An agent program as an engines.json locks it.</summary>
/// <param name="Name">claude-code, codex, ...</param>
/// <param name="Version">Its version.</param>
/// <param name="Program">Path of the program inside node_modules.</param>
/// <param name="Sha256">SHA-256 of the program, lower-case hex.</param>
/// <param name="Tree">For a script, the digest of the packages around it.</param>
/// <param name="Renames">Whether the script gives its process another name, so that no command line shows it.</param>
/// <param name="UserAgent">What its user-agent holds; null for <c>/VERSION</c>, empty where it says nothing of itself.</param>
public sealed record LockedEngine(string Name, string Version, string Program, string Sha256, string? Tree = null, bool Renames = false, string? UserAgent = null);

/// <summary>
/// Decides what really ran a turn from the processes at the other end of its connections: real only when each is the locked binary, or the
/// locked node with the locked script and packages, and its user-agent names the locked version. Nobody's own word counts (design.md 4,
/// "Attested, not claimed").
/// </summary>
public sealed class EngineAttestation(ImmutableArray<LockedEngine> locked)
{
    private const string NodeName = "node";

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

            if ((engine.Tree is null ? DoubtOfProgram(peer, engine) : DoubtOfScript(peer, engine)) is { } doubt)
            {
                return (null, $"request {entry.Sequence} came from {doubt}");
            }

            if (!(entry.UserAgent ?? "").Contains(engine.UserAgent ?? $"/{engine.Version}", StringComparison.Ordinal))
            {
                return (null, $"request {entry.Sequence} has the user-agent '{entry.UserAgent}', which does not name version {engine.Version}");
            }
        }

        return (new EngineIdentity(engine.Name, engine.Version, EngineKind.Real), null);
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

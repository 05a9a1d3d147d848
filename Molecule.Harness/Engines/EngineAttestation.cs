using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;

namespace Molecule.Harness.Engines;

/// <summary>
/// Decides what really ran a turn from the processes at the other end of its connections: real only when each is the locked binary, or the
/// locked node with the locked script and packages, and its user-agent names the locked version; emulated only when each is the stand-in of this
/// very build and says so. Nobody's own word counts (design.md 4, "Attested, not claimed").
/// </summary>
/// <param name="locked">What may run.</param>
/// <param name="containers">A container of the run by its id; null for one that its engine has not made for the run.</param>
public sealed class EngineAttestation(ImmutableArray<LockedEngine> locked, Func<string, RanContainer?> containers)
{
    private const string NodeName = "node";
    private const int ShownOfAnId = 12;

    /// <summary>Judges the requests that carried the turn's words from the agent.</summary>
    /// <param name="runtime">What was to run.</param>
    /// <param name="workspace">The workspace's id.</param>
    /// <param name="entries">The requests.</param>
    /// <returns>The engine, or why it cannot be said.</returns>
    public (EngineIdentity? Engine, string? Doubt) Judge(string runtime, string workspace, IEnumerable<JournalEntry> entries)
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
            if (all.Select(entry => DoubtOf(entry, candidate, workspace)).FirstOrDefault(static d => d is not null) is not { } found)
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
    /// <param name="runtime">What was to run.</param>
    /// <param name="workspace">The workspace's id.</param>
    /// <param name="seen">The processes.</param>
    /// <returns>The engine, or why it cannot be said.</returns>
    public (EngineIdentity? Engine, string? Doubt) JudgeProcesses(string runtime, string workspace, IReadOnlyCollection<PeerIdentity> seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        foreach (var candidate in locked.Where(e => e.Name == runtime))
        {
            if (seen.Any(process => DoubtOf(process, candidate, workspace) is null
                && (candidate.Kind is EngineKind.Real || process.Executable == candidate.Program)))
            {
                return (new EngineIdentity(candidate.Name, candidate.Version, candidate.Kind), null);
            }
        }

        return (null, $"none of the processes of the workspace is a locked {runtime}: {string.Join(", ", seen.Select(static p => $"{Path.GetFileName(p.Executable)} ({p.Sha256})").Distinct())}");
    }

    private string? DoubtOf(JournalEntry entry, LockedEngine engine, string workspace)
    {
        if (entry.Peer is not { } peer)
        {
            return $"request {entry.Sequence} has no attested process";
        }

        if (DoubtOf(peer, engine, workspace) is { } doubt)
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

    private string? DoubtOf(PeerIdentity peer, LockedEngine engine, string workspace) => engine switch
    {
        { Image: { } image } => DoubtOfImage(peer, engine.Name, image, workspace),

        // A lock of this machine's programs says nothing of what else is in an image.
        _ when peer.Container is { } container => $"{Of(container)}, and {RuntimeImage.ImageVariable(engine.Name)} names no image",
        { Tree: null } => DoubtOfProgram(peer, engine),
        _ => DoubtOfScript(peer, engine),
    };

    private string? DoubtOfImage(PeerIdentity peer, string runtime, string image, string workspace) => (peer.Container, peer.Container is { } id ? containers(id) : null) switch
    {
        (null, _) => $"{peer.Executable} outside of any container, and {runtime} is to be an image",
        ({ } container, null) => $"{Of(container)}, which was not made for this run",
        ({ } container, { Workspace: var other }) when other != workspace => $"{Of(container)} of {(other is null ? "no workspace" : $"workspace {other}")}",
        (_, { Image: var ran }) when image.Length == 0 => $"the image {ran}, and {RuntimeImage.DigestVariable(runtime)} locks none",
        (_, { Image: var ran }) when ran != image => $"the image {ran}, locked is {image}",
        _ => null,
    };

    private static string Of(string container) => $"the container {container[..Math.Min(ShownOfAnId, container.Length)]}";

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

using System.Collections.Immutable;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Egress;

/// <summary>A look-up that a runtime is known to make, and why it may.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="Host">The name it asks for. To dial it is another matter, and red.</param>
/// <param name="Reason">Why it cannot be told not to.</param>
public sealed record ToleratedLookUp(string Runtime, string Host, string Reason);

/// <summary>Tells whose each attempt was, and which of them nobody has written down.</summary>
/// <param name="lanes">The lane of each workspace.</param>
/// <param name="tolerated">What is written down.</param>
public sealed class EgressJudge(IReadOnlyDictionary<string, LaneKey> lanes, ImmutableArray<ToleratedLookUp> tolerated)
{
    /// <summary>The attempts of a runtime's lanes that nobody has written down, each as a sentence that names process, host and lane.</summary>
    public ImmutableArray<string> RedOf(string runtime, ImmutableArray<EgressAttempt> attempts) =>
        [.. Of(runtime, attempts).Where(a => WrittenDown(runtime, a) is null).Select(a => $"{lanes[a.Workspace!]}: {a}")];

    /// <summary>Those that somebody has, with the reason.</summary>
    public ImmutableArray<string> ToleratedOf(string runtime, ImmutableArray<EgressAttempt> attempts) =>
        [.. Of(runtime, attempts).Select(a => WrittenDown(runtime, a)).OfType<ToleratedLookUp>().Distinct().Select(static t => $"looked up {t.Host} ({t.Reason})")];

    /// <summary>The attempts of everything else in the run: the services, their database, the tests themselves.</summary>
    public ImmutableArray<string> RedOfTheGraph(ImmutableArray<EgressAttempt> attempts) =>
        [.. attempts.Where(a => LaneOf(a) is null).Select(static a => a.Workspace is { } workspace ? $"workspace {workspace}, which is no lane's: {a}" : a.ToString())];

    private IEnumerable<EgressAttempt> Of(string runtime, ImmutableArray<EgressAttempt> attempts) =>
        attempts.Where(a => LaneOf(a)?.Runtime == runtime && a.Host != EgressControl.Host);

    private LaneKey? LaneOf(EgressAttempt attempt) => attempt.Workspace is { } workspace ? lanes.GetValueOrDefault(workspace) : null;

    private ToleratedLookUp? WrittenDown(string runtime, EgressAttempt attempt) =>
        attempt.Port is null ? tolerated.FirstOrDefault(t => t.Runtime == runtime && t.Host.Equals(attempt.Host, StringComparison.OrdinalIgnoreCase)) : null;
}

using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Coverage.Ledger;
using Molecule.Harness.Lanes;

namespace Molecule.Harness.Parity;

/// <summary>What a cell looked like, without what differs from run to run: its words are A and B, and no id, time or count is in it.</summary>
/// <param name="Engine">What ran; null where it is not attested.</param>
/// <param name="Reached">Whose endpoint was reached.</param>
/// <param name="Turns">Its turns.</param>
/// <param name="Requests">The requests of its turns; null where nobody of ours could see them.</param>
/// <param name="Status">The workspace's status afterwards.</param>
public sealed record Transcript(string? Engine, ReachedMode? Reached, ImmutableArray<TranscriptTurn> Turns, ImmutableArray<TranscriptRequest>? Requests, string? Status)
{
    /// <summary>The transcript of a feature on a lane.</summary>
    public static Transcript Of(LaneRun run, FeatureRun feature)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(feature);
        return new Transcript(
            feature.Engine?.ToString(),
            run.ReachedBy(feature),
            [.. feature.Turns.Select(static turn => TranscriptTurn.Of(turn))],
            run.Lane.IsLive ? null : [.. run.RequestsOf(feature.Turns).Select(static r => TranscriptRequest.Of(r))],
            feature.After?.Status);
    }
}

/// <summary>One turn.</summary>
/// <param name="Text">The reply or its error.</param>
/// <param name="Activity">Method and status of its activity row.</param>
/// <param name="Events">For a streamed turn, the task's states.</param>
/// <param name="HasUsage">Whether the runtime reported tokens.</param>
public sealed record TranscriptTurn(string Text, string Activity, ImmutableArray<string> Events, bool HasUsage)
{
    internal static TranscriptTurn Of(LaneTurn turn) => new(
        (turn.Reply.Text ?? turn.Reply.Error ?? "").Replace(turn.Words.First, "A", StringComparison.Ordinal).Replace(turn.Words.Second, "B", StringComparison.Ordinal),
        $"{turn.Activity.Method} {turn.Activity.Status}",
        turn.Stream?.States ?? [],
        turn.Reply.Tokens is not null);

    public override string ToString() => $"'{Text}' ({Activity}; {(Events.IsEmpty ? "no events" : string.Join(", ", Events))}; {(HasUsage ? "usage" : "no usage")})";
}

/// <summary>One request of a turn.</summary>
public sealed record TranscriptRequest(Hop Hop, string Method, string Path, CredentialForm Auth, string? Model, int Status)
{
    internal static TranscriptRequest Of(SeenRequest seen) => new(seen.Hop, seen.Entry.Method, seen.Entry.Path, seen.Entry.Auth, seen.Entry.Model, seen.Entry.Status);

    public override string ToString() => $"{Hop} {Method} {Path} {Auth} {Model} {Status}";
}

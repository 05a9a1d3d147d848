using System.Collections.Immutable;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Journals;

/// <summary>Who has claimed which entry of the fakes' journal: each belongs to exactly one cell, and one that belongs to none fails the run.</summary>
public sealed class JournalClaims
{
    private const int NeverAnswered = 0;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, string> _claims = [];
    private readonly List<string> _disputes = [];
    private readonly List<Func<JournalEntry, bool>> _ended = [];

    /// <summary>Claims entries for a cell or a control.</summary>
    public void Claim(string claimant, IEnumerable<JournalEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        lock (_lock)
        {
            foreach (var entry in entries)
            {
                if (!_claims.TryAdd(entry.Sequence, claimant) && _claims[entry.Sequence] != claimant)
                {
                    _disputes.Add($"{Describe(entry)} is claimed by {_claims[entry.Sequence]} and by {claimant}");
                }
            }
        }
    }

    /// <summary>
    /// Says which requests are those of an agent that has been ended: one that it had begun beside its turns stands in the journal only once the
    /// fake has seen the connection go, maybe after the lane's own look. It belongs to the lane as long as it was never answered.
    /// </summary>
    public void Ended(Func<JournalEntry, bool> isItsOwn)
    {
        lock (_lock)
        {
            _ended.Add(isItsOwn);
        }
    }

    /// <summary>What is wrong with the journal as a whole: entries nobody claimed, entries claimed twice.</summary>
    public ImmutableArray<string> Problems(IEnumerable<JournalEntry> journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        lock (_lock)
        {
            return [.. _disputes, .. journal.Where(e => !_claims.ContainsKey(e.Sequence) && !(e.Status == NeverAnswered && _ended.Exists(own => own(e)))).Select(static e => $"{Describe(e)} belongs to no cell")];
        }
    }

    private static string Describe(JournalEntry entry) =>
        $"request {entry.Sequence} to {entry.Fake}: {entry.Method} {entry.Path} ({entry.Status}{(entry.Problem is null ? "" : $", {entry.Problem}")}; {Origin(entry)})";

    // Whoever reads that a request is nobody's looks next for its sender.
    private static string Origin(JournalEntry entry) =>
        $"{(entry.Credential is { } credential ? $"credential {credential}" : "no credential")}, {(entry.Peer is { } peer ? $"process {peer.ProcessId} of {peer.Workspace ?? "no workspace"}" : "peer unknown")}, at {entry.At:HH:mm:ss.fff}";
}

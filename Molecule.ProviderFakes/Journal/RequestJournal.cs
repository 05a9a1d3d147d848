using System.Collections.Immutable;
using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Journal;

/// <summary>
/// Every request that reached a fake, in the order in which they were answered. It forgets only settled entries, the oldest sixteenth of
/// its room when that is needed: when it is full of others, requests are refused before they are served.
/// </summary>
public sealed class RequestJournal(int capacity)
{
    /// <summary>Entries at once. At 16 KB each, the most there is, 320 MB; a full gate needs a few hundred of a tenth of that.</summary>
    public const int DefaultCapacity = 20_000;

    /// <summary>Entries of one page.</summary>
    public const int PageSize = 500;

    private const int TextLimit = 2_000;
    private const int PartEvicted = 16;

    private readonly Lock _gate = new();
    private readonly List<JournalEntry> _entries = [];
    private readonly SortedSet<long> _settled = [];
    private long _last;
    private int _open;
    private long _refused;

    /// <summary>Requests refused for want of room.</summary>
    public long Refused
    {
        get
        {
            lock (_gate)
            {
                return _refused;
            }
        }
    }

    /// <summary>Takes room for the entry of a request that has just come; false when there is none. Each reserved entry must be appended.</summary>
    public bool TryReserve()
    {
        lock (_gate)
        {
            if (_entries.Count + _open >= capacity && !TryEvict())
            {
                _refused++;
                return false;
            }

            _open++;
            return true;
        }
    }

    /// <summary>Writes the entry for which room was reserved; it gets the next sequence number, and its texts are cut.</summary>
    public void Append(JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_gate)
        {
            _open--;
            _entries.Add(entry with
            {
                Sequence = ++_last,
                Path = Cut(entry.Path)!,
                Query = Cut(entry.Query)!,
                Model = Cut(entry.Model),
                UserAgent = Cut(entry.UserAgent),
                Prompt = Ends(entry.Prompt),
                Answer = Cut(entry.Answer),
                Problem = Cut(entry.Problem),
            });
        }
    }

    /// <summary>Releases entries of which whoever claimed them needs nothing more; those already released or gone are passed over.</summary>
    /// <returns>The first number that no entry has had yet; null where all is well, and only then anything is released.</returns>
    public long? Settle(ImmutableArray<long> sequences)
    {
        lock (_gate)
        {
            foreach (var sequence in sequences)
            {
                if (sequence < 1 || sequence > _last)
                {
                    return sequence;
                }
            }

            _settled.UnionWith(sequences.Where(sequence => IndexAfter(sequence - 1) is var at && at < _entries.Count && _entries[at].Sequence == sequence));
            return null;
        }
    }

    /// <summary>The entries after a sequence number that are still here, oldest first, a page at most.</summary>
    public JournalPage After(long sequence)
    {
        lock (_gate)
        {
            return new JournalPage([.. _entries.Skip(IndexAfter(sequence)).Take(PageSize)], _last);
        }
    }

    // Several at a time: each removal moves all that come after.
    private bool TryEvict()
    {
        if (_settled.Count == 0)
        {
            return false;
        }

        HashSet<long> oldest = [.. _settled.Take(Math.Max(1, capacity / PartEvicted))];
        _settled.ExceptWith(oldest);
        _entries.RemoveAll(entry => oldest.Contains(entry.Sequence));
        return true;
    }

    // The index of the first entry with a greater number: the numbers rise, with gaps where entries have gone.
    private int IndexAfter(long sequence)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _entries[middle].Sequence <= sequence ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static string? Cut(string? text) => text is { Length: > TextLimit } ? text[..TextLimit] : text;

    // Both ends: what an agent puts around a prompt comes before it, and what its user asks stands at its end.
    private static string? Ends(string? text) => text is { Length: > TextLimit } ? $"{text[..(TextLimit / 2 - 1)]}…{text[^(TextLimit / 2)..]}" : text;
}

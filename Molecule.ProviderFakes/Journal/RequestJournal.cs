using System.Collections.Immutable;
using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Journal;

/// <summary>
/// Every request that reached a fake, in the order in which they were answered. It forgets nothing: when it is full, requests are
/// refused before they are served.
/// </summary>
public sealed class RequestJournal(int capacity)
{
    /// <summary>Entries of one run. At 4 KB each, the most there is, 80 MB; a full gate needs a few hundred.</summary>
    public const int DefaultCapacity = 20_000;

    /// <summary>Entries of one page.</summary>
    public const int PageSize = 500;

    private const int TextLimit = 2_000;

    private readonly Lock _gate = new();
    private readonly List<JournalEntry> _entries = [];
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
            if (_entries.Count + _open >= capacity)
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
            _entries.Add(entry with { Sequence = _entries.Count + 1, Prompt = Cut(entry.Prompt), Answer = Cut(entry.Answer) });
        }
    }

    /// <summary>The entries after a sequence number, oldest first, a page at most.</summary>
    public JournalPage After(long sequence)
    {
        lock (_gate)
        {
            var start = (int)Math.Clamp(sequence, 0, _entries.Count);
            return new JournalPage([.. _entries.Skip(start).Take(PageSize)], _entries.Count);
        }
    }

    private static string? Cut(string? text) => text is { Length: > TextLimit } ? text[..TextLimit] : text;
}

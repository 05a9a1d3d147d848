using Molecule.Contracts.Journal;

namespace Molecule.ControlPlane.Llm;

/// <summary>The requests that came to the proxy, in the order in which they were answered. The oldest go when it is full; the gap shows in the numbers.</summary>
public sealed class LlmJournal
{
    /// <summary>Entries kept. At 4 KB each, the most there is, 80 MB.</summary>
    public const int Capacity = 20_000;

    /// <summary>Entries of one page.</summary>
    public const int PageSize = 500;

    private const int TextLimit = 2_000;

    private readonly Lock _gate = new();
    private readonly Queue<JournalEntry> _entries = new();
    private long _last;

    /// <summary>Writes an entry: it gets the next number, its texts are cut.</summary>
    public void Append(JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (_gate)
        {
            _entries.Enqueue(entry with { Sequence = ++_last, Prompt = Ends(entry.Prompt), Answer = Cut(entry.Answer) });
            if (_entries.Count > Capacity)
            {
                _entries.Dequeue();
            }
        }
    }

    /// <summary>The entries after a number, oldest first, a page at most.</summary>
    public JournalPage After(long sequence)
    {
        lock (_gate)
        {
            return new JournalPage([.. _entries.SkipWhile(entry => entry.Sequence <= sequence).Take(PageSize)], _last);
        }
    }

    private static string? Cut(string? text) => text is { Length: > TextLimit } ? text[..TextLimit] : text;

    // Both ends: what an agent puts around a prompt comes before it, and what its user asks stands at its end.
    private static string? Ends(string? text) => text is { Length: > TextLimit } ? $"{text[..(TextLimit / 2 - 1)]}…{text[^(TextLimit / 2)..]}" : text;
}

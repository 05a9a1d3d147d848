using System.Collections.Immutable;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Journals;

/// <summary>Reads a journal page by page and keeps what it has read, so that each look asks only for what is new.</summary>
/// <param name="read">The page after a sequence number.</param>
public sealed class JournalTail(Func<long, CancellationToken, Task<JournalPage>> read) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private ImmutableArray<JournalEntry> _entries = [];
    private long _last;

    /// <summary>Every entry up to now, oldest first.</summary>
    public async Task<ImmutableArray<JournalEntry>> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            JournalPage page;
            do
            {
                page = await read(_last, cancellationToken).ConfigureAwait(false);
                if (page.Entries is [.., var newest])
                {
                    _entries = _entries.AddRange(page.Entries);
                    _last = newest.Sequence;
                }
            }
            while (page.Entries.Length > 0 && _last < page.Last);

            return _entries;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}

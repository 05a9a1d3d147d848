using System.Collections.Immutable;
using System.Diagnostics;

namespace Molecule.Processes;

/// <summary>The children that this process starts itself, told apart from the orphans that the kernel hands to it as a subreaper.</summary>
/// <remarks>Every child of a subreaper has to be started through this: an unknown child is taken for an orphan.</remarks>
public sealed class OwnChildren
{
    private readonly Lock _lock = new();
    private readonly HashSet<ProcessKey> _started = [];

    /// <summary>Starts a child. Errors are those of <see cref="Process.Start(ProcessStartInfo)"/>.</summary>
    public Process Start(ProcessStartInfo info) => Start(info, out _);

    /// <summary>Starts a child and tells which process it is; start ticks 0 where it has ended already.</summary>
    public Process Start(ProcessStartInfo info, out ProcessKey key)
    {
        // Under the lock: between fork and registration the child would pass for an orphan.
        lock (_lock)
        {
            var process = Process.Start(info) ?? throw new InvalidOperationException($"'{info.FileName}' was not started.");
            key = ProcessTable.Find(process.Id)?.Key ?? new ProcessKey(process.Id, 0);
            _started.Add(key);
            return process;
        }
    }

    /// <summary>Collects the adopted children that have ended.</summary>
    /// <returns>The adopted children that still run.</returns>
    public ImmutableArray<ProcessRow> CollectAdopted()
    {
        lock (_lock)
        {
            var rows = ProcessTable.Read();
            _started.IntersectWith(rows.Select(static r => r.Key));
            var adopted = rows.Where(r => r.ParentId == Environment.ProcessId && !_started.Contains(r.Key)).ToImmutableArray();
            foreach (var row in adopted)
            {
                if (row.State is 'Z')
                {
                    Subreaper.Collect(row.Key);
                }
            }

            return [.. adopted.Where(static r => r.State is not ('Z' or 'X'))];
        }
    }
}

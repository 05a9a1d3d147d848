using System.Collections.Immutable;

namespace Molecule.Processes;

/// <summary>Ends a family of processes that may be forking while it is being ended.</summary>
public static class ProcessTree
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    /// <summary>Freezes the members until a reading shows no new one. A frozen process cannot fork, so nobody slips away between two readings.</summary>
    /// <param name="members">Picks the members out of the process table.</param>
    /// <returns>Everything that was frozen.</returns>
    public static ImmutableArray<ProcessKey> Freeze(Func<ImmutableArray<ProcessRow>, IEnumerable<ProcessRow>> members)
    {
        var frozen = new HashSet<ProcessKey>();
        bool grew;
        do
        {
            grew = false;
            foreach (var row in members(ProcessTable.Read()))
            {
                if (row.State is not ('Z' or 'X') && frozen.Add(row.Key))
                {
                    ProcessTable.Freeze(row.Key);
                    grew = true;
                }
            }
        }
        while (grew);

        return [.. frozen];
    }

    /// <summary>Freezes the members, kills them all and waits until they have ended.</summary>
    /// <returns>How many were killed.</returns>
    public static async Task<int> KillAsync(Func<ImmutableArray<ProcessRow>, IEnumerable<ProcessRow>> members, CancellationToken cancellationToken)
    {
        var frozen = Freeze(members);
        foreach (var key in frozen)
        {
            ProcessTable.Kill(key);
        }

        foreach (var key in frozen)
        {
            while (ProcessTable.IsRunning(key))
            {
                await Task.Delay(Poll, cancellationToken).ConfigureAwait(false);
            }
        }

        return frozen.Length;
    }
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using Molecule.Processes;

namespace Molecule.HostTools.Reaping;

/// <summary>
/// Which processes belong to a run, worked out from one reading of the process table after another. Pure: it reads nothing itself.
/// </summary>
/// <remarks>
/// A process belongs to the run when its environment carries the run's marker, or when it is (or has once been seen as) a
/// descendant of one that belongs; a marker of another run is taken at its word. Processes are told apart by id and start time.
/// </remarks>
public sealed class RunPicture
{
    // Real Aspire's orchestrator starts detached by design (`dcp start-apiserver --detach`,
    // https://github.com/microsoft/aspire/blob/main/src/Aspire.Hosting/Dcp/DcpHost.cs) and watches the AppHost itself.
    private static readonly FrozenSet<string> DetachedByDesign = FrozenSet.Create(StringComparer.Ordinal, "dcp", "dcpctrl", "dcpproc");

    private readonly string _run;
    private readonly FrozenSet<ProcessKey> _untouchable;
    private readonly ImmutableDictionary<ProcessKey, Member> _members;

    private RunPicture(string run, FrozenSet<ProcessKey> untouchable, ImmutableDictionary<ProcessKey, Member> members)
    {
        _run = run;
        _untouchable = untouchable;
        _members = members;
    }

    /// <summary>The processes of the run that are alive.</summary>
    public IEnumerable<ProcessRow> Processes => _members.Values.Select(static member => member.Row);

    public bool IsEmpty => _members.IsEmpty;

    /// <summary>Whether that very process is alive and of the run.</summary>
    public bool Contains(ProcessKey key) => _members.ContainsKey(key);

    /// <summary>The picture before the first reading.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="untouchable">Processes that never belong to it, whatever they carry: the reaper, the lifeline's holder and their ancestors.</param>
    public static RunPicture Before(string run, IEnumerable<ProcessKey> untouchable) =>
        new(run, untouchable.ToFrozenSet(), ImmutableDictionary<ProcessKey, Member>.Empty);

    /// <summary>The picture after one more reading.</summary>
    /// <param name="rows">The process table.</param>
    /// <param name="marker">The run marker in a process's environment; null where there is none.</param>
    /// <param name="now">Time since some fixed moment.</param>
    public RunPicture Next(ImmutableArray<ProcessRow> rows, Func<ProcessRow, string?> marker, TimeSpan now)
    {
        var alive = rows.Where(static row => row.State is not ('Z' or 'X')).ToDictionary(static row => row.Key.Id);
        var children = alive.Values.ToLookup(static row => row.ParentId);
        var found = new Dictionary<ProcessKey, ProcessRow>();
        var unvisited = new Queue<ProcessRow>();

        void Add(ProcessRow row)
        {
            if (!_untouchable.Contains(row.Key) && found.TryAdd(row.Key, row))
            {
                unvisited.Enqueue(row);
            }
        }

        foreach (var row in alive.Values)
        {
            var mark = marker(row);
            if (mark == _run || (mark is null && _members.ContainsKey(row.Key)))
            {
                Add(row);
            }
        }

        while (unvisited.TryDequeue(out var parent))
        {
            foreach (var child in children[parent.Key.Id].Where(child => marker(child) is null || marker(child) == _run))
            {
                Add(child);
            }
        }

        var members = found.Values.Select(row => Place(row, alive, found, now));
        return new RunPicture(_run, _untouchable, members.ToImmutableDictionary(static member => member.Row.Key));
    }

    /// <summary>
    /// The processes whose parent in the run has ended while nobody of the run has taken them over, for at least the grace, and
    /// everything below them. One whose parent never was of the run is a root, and no orphan.
    /// </summary>
    public ImmutableArray<ProcessRow> Orphans(TimeSpan now, TimeSpan grace)
    {
        var children = _members.Values.ToLookup(static member => member.Row.ParentId);
        var found = ImmutableArray.CreateBuilder<ProcessRow>();
        var seen = new HashSet<ProcessKey>();
        var unvisited = new Queue<Member>(_members.Values.Where(member => now - member.OrphanSince >= grace));
        while (unvisited.TryDequeue(out var member))
        {
            if (seen.Add(member.Row.Key))
            {
                found.Add(member.Row);
                foreach (var child in children[member.Row.Key.Id])
                {
                    unvisited.Enqueue(child);
                }
            }
        }

        return found.ToImmutable();
    }

    private Member Place(ProcessRow row, Dictionary<int, ProcessRow> alive, Dictionary<ProcessKey, ProcessRow> found, TimeSpan now)
    {
        if (alive.TryGetValue(row.ParentId, out var parent) && found.ContainsKey(parent.Key))
        {
            return new Member(row, parent.Key, OrphanSince: null);
        }

        var before = _members.GetValueOrDefault(row.Key);
        var orphan = before?.Parent is { } last
            && !(alive.TryGetValue(last.Id, out var there) && there.Key == last)
            && !DetachedByDesign.Contains(row.Name);
        return new Member(row, before?.Parent, orphan ? before?.OrphanSince ?? now : null);
    }

    /// <param name="Row">The process as last read.</param>
    /// <param name="Parent">Its last parent that was of the run; null for a root.</param>
    /// <param name="OrphanSince">Since when nobody of the run is its parent.</param>
    private sealed record Member(ProcessRow Row, ProcessKey? Parent, TimeSpan? OrphanSince);
}

using System.Collections.Immutable;
using System.Globalization;
using Molecule.Processes;

namespace Molecule.HostTools.Reaping;

/// <summary>
/// Watches the processes of one run: kills its orphans while the run lasts, and everything that is left of it once its lifeline
/// has been lost.
/// </summary>
public sealed class RunReaper
{
    /// <summary>How often the process table is read.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a process may have no parent of its run before it is killed.</summary>
    public static readonly TimeSpan OrphanGrace = TimeSpan.FromSeconds(2);

    /// <summary>How long the parts of a run may take to stop themselves after the lifeline was lost.</summary>
    public static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan EndInterval = TimeSpan.FromMilliseconds(100);

    // A process in uninterruptible sleep does not die at once; beyond this it is reported instead.
    private static readonly TimeSpan KillLimit = TimeSpan.FromSeconds(30);

    private readonly string _run;
    private readonly TimeProvider _time;
    private readonly TextWriter _log;
    private readonly RunMarkers _markers = new();
    private readonly HashSet<ProcessKey> _known = [];
    private readonly long _started;
    private RunPicture _picture;

    /// <param name="run">The run's id.</param>
    /// <param name="holder">Process id of the lifeline's holder; it and its ancestors are never touched. Null where there is none any more.</param>
    public RunReaper(string run, int? holder, TimeProvider time, TextWriter log)
    {
        _run = run;
        _time = time;
        _log = log;
        _started = time.GetTimestamp();
        var rows = ProcessTable.Read();
        ImmutableArray<ProcessKey> holders = [.. holder is { } id ? Line(rows, id) : []];
        _known.UnionWith(holders.Take(1));
        _picture = RunPicture.Before(run, [.. Line(rows, Environment.ProcessId), .. holders]);
    }

    /// <summary>Kills orphans until the lifeline has been lost.</summary>
    public async Task WatchAsync(Task lost)
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (!lost.IsCompleted)
        {
            Look(afresh: false);
            if (Orphans().Length > 0)
            {
                Look(afresh: true);
                var orphans = Orphans();
                await KillAsync("orphaned", orphans, rows => Below(orphans, rows)).ConfigureAwait(false);
            }

            await Task.WhenAny(lost, timer.WaitForNextTickAsync().AsTask()).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the grace until the run's processes have ended, then kills what is left, until nothing is.</summary>
    /// <returns>Whether nothing is left.</returns>
    public async Task<bool> EndAsync(TimeSpan grace)
    {
        var lost = _time.GetTimestamp();
        while (Look(afresh: true) && _time.GetElapsedTime(lost) < grace)
        {
            await Task.Delay(EndInterval, _time).ConfigureAwait(false);
        }

        while (!_picture.IsEmpty && _time.GetElapsedTime(lost) < grace + KillLimit)
        {
            await KillAsync("left behind", [.. _picture.Processes], _ =>
            {
                Look(afresh: true);
                return _picture.Processes;
            }).ConfigureAwait(false);
            Look(afresh: true);
        }

        foreach (var survivor in _picture.Processes)
        {
            Say("could not be killed", survivor);
        }

        // Of those whom somebody else has killed, too.
        foreach (var ended in _known.Where(static key => !ProcessTable.IsRunning(key)))
        {
            DiagnosticFiles.Delete(ended, Environment.GetEnvironmentVariable("TMPDIR"));
        }

        return _picture.IsEmpty;
    }

    private ImmutableArray<ProcessRow> Orphans() => _picture.Orphans(_time.GetElapsedTime(_started), OrphanGrace);

    private bool Look(bool afresh)
    {
        var rows = ProcessTable.Read();
        var before = _picture;
        _picture = before.Next(rows, _markers.Begin(rows, afresh), _time.GetElapsedTime(_started));
        foreach (var row in _picture.Processes.Where(row => !before.Contains(row.Key)))
        {
            _known.Add(row.Key);
            Say("seen", row);
        }

        return !_picture.IsEmpty;
    }

    private IEnumerable<ProcessRow> Below(ImmutableArray<ProcessRow> orphans, ImmutableArray<ProcessRow> rows)
    {
        Look(afresh: true);
        var keys = orphans.SelectMany(orphan => ProcessTable.Descendants(rows, orphan.Key.Id).Prepend(orphan)).Select(static row => row.Key).ToHashSet();
        return _picture.Processes.Where(row => keys.Contains(row.Key));
    }

    private async Task KillAsync(string why, ImmutableArray<ProcessRow> doomed, Func<ImmutableArray<ProcessRow>, IEnumerable<ProcessRow>> members)
    {
        foreach (var row in doomed)
        {
            Say($"{why}, killing", row);
        }

        using var limit = new CancellationTokenSource(KillLimit, _time);
        try
        {
            await ProcessTree.KillAsync(members, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // What is left is seen, and told, at the next reading.
        }
    }

    private void Say(string what, ProcessRow row) => _log.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{_time.GetUtcNow():O} run {_run}: {what}: {row.Name} (pid {row.Key.Id}, parent {row.ParentId}, state {row.State})"));

    private static IEnumerable<ProcessKey> Line(ImmutableArray<ProcessRow> rows, int id)
    {
        var byId = rows.ToDictionary(static row => row.Key.Id);
        for (var next = id; byId.Remove(next, out var row); next = row.ParentId)
        {
            yield return row.Key;
        }
    }
}

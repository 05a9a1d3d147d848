using System.Collections.Concurrent;
using System.Collections.Immutable;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Lanes;

/// <summary>Runs the lanes, as many at a time as the pool has room for, the dearest first; the tests await theirs.</summary>
internal sealed class LaneScheduler(LaneRunner runner, int seed, LanePool pool, CancellationToken stopping)
{
    private readonly ConcurrentDictionary<LaneKey, Task<LaneRun>> _runs = new();
    private readonly ConcurrentDictionary<LaneKey, bool> _begun = new();

    /// <summary>Queues lanes.</summary>
    public void Queue(IEnumerable<(ExpectedRoute Route, ImmutableArray<ILaneScript> Scripts)> lanes)
    {
        foreach (var (route, scripts) in lanes.OrderByDescending(static lane => LaneCost.Of(lane.Route.Runtime).BootCpuSeconds))
        {
            _runs.GetOrAdd(route.Lane, _ => RunAsync(route, scripts));
        }
    }

    /// <summary>The run of a lane that was queued.</summary>
    public Task<LaneRun> Of(LaneKey key) =>
        _runs.TryGetValue(key, out var run) ? run : throw new InvalidOperationException($"The lane {key} was not queued: no selected cell needs it.");

    /// <summary>Whether the lane has left the queue.</summary>
    public bool HasBegun(LaneKey key) => _begun.ContainsKey(key);

    /// <summary>Waits until every queued lane has ended, well or not.</summary>
    /// <returns>Those that ended well.</returns>
    public async Task<ImmutableArray<LaneRun>> EndAsync()
    {
        await Task.WhenAll(_runs.Values.Select(static r => r.ContinueWith(static _ => { }, TaskScheduler.Default)));
        return [.. _runs.Values.Where(static r => r.IsCompletedSuccessfully).Select(static r => r.Result)];
    }

    private async Task<LaneRun> RunAsync(ExpectedRoute route, ImmutableArray<ILaneScript> scripts)
    {
        using var place = await pool.EnterAsync(LaneCost.Of(route.Runtime), stopping);

        // A place that came free because all is being given up is none.
        stopping.ThrowIfCancellationRequested();
        _begun[route.Lane] = true;
        return await WithinAsync(route.Lane, () => runner.RunAsync(route.Lane, route.Model, route.Control, scripts, new Random(seed ^ StableHash(route.Lane.ToString())), stopping));
    }

    /// <summary>A lane's run, given up when it outlasts <see cref="Deadlines.Lane"/>: each wait in it has a deadline, a call that blocks its thread has none.</summary>
    internal static async Task<LaneRun> WithinAsync(LaneKey lane, Func<Task<LaneRun>> run)
    {
        var running = Task.Run(run);
        try
        {
            var seen = await running.WaitAsync(Deadlines.Lane);
            RunSession.Boots.AddOrUpdate(lane.Runtime, seen.Boots, (_, before) => before + seen.Boots);
            return seen;
        }
        catch (TimeoutException e) when (!running.IsCompleted)
        {
            throw new LaneException($"{lane} was still running after {Deadlines.Lane.TotalMinutes:0} min and was given up.", e);
        }
    }

    // string.GetHashCode differs from process to process; a printed seed has to be good for a second run.
    internal static int StableHash(string text) => text.Aggregate(17, static (hash, c) => unchecked((hash * 31) + c));
}

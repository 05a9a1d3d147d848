using System.Collections.Concurrent;
using Molecule.E2E.Tests.Serving;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Graph;

/// <summary>Runs the lanes, as many at a time as the machine has processors, in the order given; the tests await theirs.</summary>
internal sealed class LaneScheduler(ServingLane lane, int seed, int places, CancellationToken stopping) : IDisposable
{
    private readonly ConcurrentDictionary<LaneKey, Task<ServingRun>> _runs = new();
    private readonly SemaphoreSlim _places = new(places);

    /// <summary>Queues lanes; the first are started first.</summary>
    public void Queue(IEnumerable<ExpectedRoute> routes)
    {
        foreach (var route in routes)
        {
            _runs.GetOrAdd(route.Lane, _ => RunAsync(route));
        }
    }

    /// <summary>The run of a lane that was queued.</summary>
    public Task<ServingRun> Of(LaneKey key) =>
        _runs.TryGetValue(key, out var run) ? run : throw new InvalidOperationException($"The lane {key} was not queued: no selected cell needs it.");

    /// <summary>Waits until every queued lane has ended, well or not.</summary>
    public Task EndAsync() => Task.WhenAll(_runs.Values.Select(static r => r.ContinueWith(static _ => { }, TaskScheduler.Default)));

    private async Task<ServingRun> RunAsync(ExpectedRoute route)
    {
        await _places.WaitAsync(stopping);
        try
        {
            return await lane.RunAsync(route.Lane, route.Model, route.Control, new Random(seed ^ StableHash(route.Lane.ToString())), stopping);
        }
        finally
        {
            _places.Release();
        }
    }

    // string.GetHashCode differs from process to process; a printed seed has to be good for a second run.
    private static int StableHash(string text) => text.Aggregate(17, static (hash, c) => unchecked((hash * 31) + c));

    public void Dispose() => _places.Dispose();
}

namespace Molecule.Harness.Lanes;

/// <summary>Gives out places and memory to lanes, in the order in which they ask: none overtakes one that waits for more.</summary>
public sealed class LanePool
{
    private readonly Lock _lock = new();
    private readonly LinkedList<(LaneCost Cost, TaskCompletionSource Granted)> _waiting = new();
    private readonly int _allPlaces;
    private readonly int _allMegabytes;
    private int _places;
    private int _megabytes;

    /// <param name="places">Lanes at once, where each takes one.</param>
    /// <param name="megabytes">Memory that all lanes together may take.</param>
    public LanePool(int places, int megabytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(places, 1);
        (_allPlaces, _allMegabytes) = (places, megabytes);
        (_places, _megabytes) = (places, megabytes);
    }

    /// <summary>Waits for what a lane costs. One that costs more than there is gets everything.</summary>
    public async Task<IDisposable> EnterAsync(LaneCost cost, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(cost);
        var taken = cost with { Places = Math.Min(cost.Places, _allPlaces), Megabytes = Math.Min(cost.Megabytes, _allMegabytes) };
        LinkedListNode<(LaneCost, TaskCompletionSource Granted)> node;
        lock (_lock)
        {
            node = _waiting.AddLast((taken, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            Grant();
        }

        try
        {
            await node.Value.Granted.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (node.List is not null)
                {
                    _waiting.Remove(node);
                    Grant();
                }
                else
                {
                    Return(taken);
                }
            }

            throw;
        }

        return new Place(this, taken);
    }

    private void Grant()
    {
        while (_waiting.First is { } first && first.Value.Cost.Places <= _places && first.Value.Cost.Megabytes <= _megabytes)
        {
            _waiting.RemoveFirst();
            _places -= first.Value.Cost.Places;
            _megabytes -= first.Value.Cost.Megabytes;
            first.Value.Granted.SetResult();
        }
    }

    private void Return(LaneCost cost)
    {
        lock (_lock)
        {
            _places += cost.Places;
            _megabytes += cost.Megabytes;
            Grant();
        }
    }

    private sealed class Place(LanePool pool, LaneCost cost) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                pool.Return(cost);
            }
        }
    }
}

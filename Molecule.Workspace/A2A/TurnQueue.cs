using Molecule.Workspace.Agents;

namespace Molecule.Workspace.A2A;

/// <summary>Lets turns through one at a time, in the order in which they came.</summary>
/// <remarks>
/// A turn that has begun is finished even when its caller has gone: the agent's work is not undone by a lost connection
/// (a streamed turn's caller ends it all the same, by the turn's own token).
/// One that still waits for a caller who has gone is dropped.
/// </remarks>
public sealed class TurnQueue : IDisposable
{
    /// <summary>How many may run and wait. Beyond that a caller is told to come back.</summary>
    public const int Capacity = 32;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private Task _last = Task.CompletedTask;
    private int _active;

    /// <summary>Turns that run or wait.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Told whenever a turn has come or gone.</summary>
    public event Action? Changed;

    /// <summary>Runs a turn once those before it are done.</summary>
    /// <returns>Null when <see cref="Capacity"/> turns are there already.</returns>
    /// <exception cref="OperationCanceledException">The caller went while the turn waited, or the workspace stops.</exception>
    public async Task<TurnReply?> RunAsync(Func<CancellationToken, Task<TurnReply>> turn, CancellationToken caller)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_lock)
        {
            if (_active >= Capacity)
            {
                return null;
            }

            _active++;
            before = _last;
            _last = done.Task;
        }

        try
        {
            Changed?.Invoke();
            using (var waiting = CancellationTokenSource.CreateLinkedTokenSource(caller, _closing.Token))
            {
                await before.WaitAsync(waiting.Token).ConfigureAwait(false);
            }

            return await turn(_closing.Token).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _active--;
            }

            // Whoever waits for this turn waits for those before it too, also when this one was given up.
            _ = before.ContinueWith(static (_, d) => ((TaskCompletionSource)d!).SetResult(), done, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            Changed?.Invoke();
        }
    }

    /// <summary>Gives up what runs and what waits.</summary>
    public void Close() => _closing.Cancel();

    public void Dispose() => _closing.Dispose();
}

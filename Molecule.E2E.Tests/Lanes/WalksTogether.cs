using System.Collections.Immutable;
using Molecule.Coverage.Planning;

namespace Molecule.E2E.Tests.Lanes;

/// <summary>
/// The walks of all cells of a feature in this run, begun together once the first of them is asked for: how many go on at once the pool says, not the
/// order of tests.
/// </summary>
/// <param name="cells">The cells.</param>
/// <param name="walk">One cell's walk.</param>
internal sealed class WalksTogether<TWalk>(Func<IEnumerable<TheoryDataRow<string>>> cells, Func<CellId, CancellationToken, Task<TWalk>> walk) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private ImmutableDictionary<string, Task<TWalk>>? _begun;

    /// <summary>A cell's walk, at its end.</summary>
    public Task<TWalk> OfAsync(string cell, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _begun ??= cells().ToImmutableDictionary(static row => row.Data, row => Task.Run(() => walk(CellId.Parse(row.Data), _stopping.Token)));
        }

        return _begun[cell].WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();

        // What became of each its own test has said.
        await Task.WhenAll((_begun ?? []).Values.Select(static begun => begun.ContinueWith(static _ => { }, TaskScheduler.Default)));
        _stopping.Dispose();
    }
}

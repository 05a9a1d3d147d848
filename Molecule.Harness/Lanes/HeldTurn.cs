using Molecule.Harness.Clients;

namespace Molecule.Harness.Lanes;

/// <summary>A turn whose answer the vendor holds back until it is released; disposing it releases it as well.</summary>
public sealed class HeldTurn(FakesClient fakes, string fault, string name, TimeProvider clock) : IAsyncDisposable
{
    private bool _released;

    /// <summary>Waits until the vendor has begun to answer, and holds back the rest.</summary>
    /// <exception cref="TimeoutException">No request for the turn has come.</exception>
    public Task BegunAsync(CancellationToken cancellationToken) =>
        Awaiting.UntilAsync(
            $"{name} to reach its vendor",
            async token => (await fakes.FaultsAsync(token).ConfigureAwait(false)).FirstOrDefault(f => f.Id == fault && f.Applied > 0),
            static () => "no request for it has come",
            Deadlines.Turn,
            clock,
            cancellationToken);

    /// <summary>Lets the vendor go on.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (!_released)
        {
            _released = true;
            await fakes.ClearAsync(fault, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync() => await ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
}

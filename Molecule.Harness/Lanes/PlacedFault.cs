using Molecule.Contracts.Faults;
using Molecule.Harness.Clients;

namespace Molecule.Harness.Lanes;

/// <summary>A fault that stands at a vendor until it is disposed.</summary>
public sealed class PlacedFault(FakesClient fakes, string id, FaultOrder order) : IAsyncDisposable
{
    public FaultOrder Order { get; } = order;

    public async ValueTask DisposeAsync() => await fakes.ClearAsync(id, CancellationToken.None).ConfigureAwait(false);
}

using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>The walks of all <c>autoheal</c> cells of this run, begun together: most of a walk is the restarts of its workspace, one after the other.</summary>
public sealed class AutohealWalks(MoleculeGraph graph) : IAsyncDisposable
{
    private readonly WalksTogether<AutohealWalk> _walks = new(
        static () => Cells,
        (id, cancellationToken) => AutohealWalk.RunAsync(graph, id, ExpectedRoute.All.Single(r => r.Runtime == id.Runtime && r.Arm == id.Arm), cancellationToken));

    internal static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of(AutohealTests.Name);

    /// <summary>A cell's walk, at its end.</summary>
    internal Task<AutohealWalk> OfAsync(string cell, CancellationToken cancellationToken) => _walks.OfAsync(cell, cancellationToken);

    public ValueTask DisposeAsync() => _walks.DisposeAsync();
}

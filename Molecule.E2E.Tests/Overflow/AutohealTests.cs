using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>
/// Feature <c>autoheal</c>: a conversation that has outgrown its model is wedged with the capability switched off, and begins anew by itself with
/// it switched on (spec/runtimes-and-providers.md 5.2).
/// </summary>
[Feature(Name)]
public sealed class AutohealTests(MoleculeGraph graph)
{
    private const string Name = "autoheal";

    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of(Name);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_full_window_wedges_without_the_switch_and_heals_with_it(string cell) => RunSession.RecordAsync(cell, cancellationToken =>
        AutohealWalk.RunAsync(graph, cell, Name, ExpectedRoute.All.Single(r => cell.StartsWith(r.Lane + "/", StringComparison.Ordinal)), cancellationToken));
}

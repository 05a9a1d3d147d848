using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Egress;

/// <summary>Feature <c>egress</c>: in mock mode no process of a runtime's workspaces reaches for anything outside the machine.</summary>
[Feature("egress")]
public sealed class EgressTests(MoleculeGraph graph)
{
    /// <summary>A runtime without a lane is no row: it stays uncovered, by name.</summary>
    public static IEnumerable<TheoryDataRow<string>> Cells =>
        RunSession.CellsOf("egress").Where(static row => ExpectedRoute.All.Any(r => r.Runtime == CellId.Parse(row.Data).Runtime));

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Nothing_but_the_control_dials_out(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var lanes = await graph.LanesAsync(cancellationToken);
        return await graph.Egress.JudgeAsync(CellId.Parse(cell).Runtime!, lanes, cancellationToken);
    });
}

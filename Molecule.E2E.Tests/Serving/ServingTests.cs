using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Serving;

/// <summary>Feature <c>serving</c>: a turn is answered by the arm's own endpoint, and by nobody else (design.md 4).</summary>
[Feature("serving")]
public sealed class ServingTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of("serving");

    // SkipTestWithoutData: a selection may leave no such cell. A row that is missing otherwise is found by the verdict, which compares the sets.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_legal_cell_serves(string cell) => LaneCells.JudgeAsync(graph, cell, static (run, serving, route) =>
    {
        RouteJudge.TheAnswerIsRight(serving.Last);
        RouteJudge.TheRouteIsTheArms(run, serving.Turns, route);
        Assert.Equal("ok", serving.Last.Activity.Status);
    });
}

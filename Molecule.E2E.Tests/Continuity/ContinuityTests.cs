using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Continuity;

/// <summary>Feature <c>continuity</c>: a turn knows the turn before it, also when the workspace was restarted in between.</summary>
[Feature("continuity")]
public sealed class ContinuityTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of("continuity");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_conversation_goes_on_and_outlives_a_soft_restart(string cell) => LaneCells.JudgeAsync(graph, cell, static (run, continuity, route) =>
    {
        Assert.Equal(3, continuity.Turns.Length);
        Assert.All(continuity.Turns, RouteJudge.TheAnswerIsRight);
        RouteJudge.TheRouteIsTheArms(run, continuity.Turns, route);
        Assert.All(continuity.Turns, static t => Assert.Equal("ok", t.Activity.Status));
    });
}

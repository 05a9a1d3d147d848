using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Concurrency;

/// <summary>Feature <c>concurrency</c>: of several callers at once each gets its own answer, and the one who would not wait is served later.</summary>
[Feature("concurrency")]
public sealed class ConcurrencyTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of("concurrency");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task No_turn_is_lost_and_none_gets_anothers_answer(string cell) => LaneCells.JudgeAsync(graph, cell, static (run, concurrency, route) =>
    {
        Assert.Equal(5, concurrency.Turns.Length);
        Assert.All(concurrency.Turns, RouteJudge.TheAnswerIsRight);
        RouteJudge.TheRouteIsTheArms(run, concurrency.Turns, route);
        Assert.All(concurrency.Turns, static t => Assert.Equal("ok", t.Activity.Status));

        // One request to the vendor a turn: the queued one was not served twice.
        Assert.All(concurrency.Turns, turn => Assert.Single(run.RequestsOf([turn]), r => r.Hop == route.AgentHop));
    });
}

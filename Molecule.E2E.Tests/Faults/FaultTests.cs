using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Faults;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Faults;

/// <summary>Features <c>fault-KIND</c>: what a user sees of a vendor that goes wrong is what faults.yaml says, and the next turn is served.</summary>
[Feature("fault-*")]
public sealed class FaultTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of("fault-*");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task The_user_sees_what_the_plan_says_and_the_next_turn_is_served(string cell) => LaneCells.JudgeAsync(graph, cell, static (run, faulted, route) =>
    {
        var fault = RunSession.Run.Faults.Faults.Single(f => f.Feature == faulted.Feature);
        Assert.True(fault.ViewOf(route.Runtime, route.Arm) is not null, $"faults.yaml does not say what {route.Runtime} shows of {faulted.Feature}.");
        var view = fault.ViewOf(route.Runtime, route.Arm)!;
        var (turn, next) = (faulted.Turns[0], faulted.Turns[1]);

        TheVendorWentWrong(run, turn, fault, route);
        if (view.Sees is Outcome.Answer)
        {
            RouteJudge.TheAnswerIsRight(turn);
        }
        else
        {
            var said = turn.Reply.Text ?? turn.Reply.Error ?? "";
            Assert.Contains(view.Says!, said, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(turn.Right, said, StringComparison.Ordinal);
        }

        var requests = run.RequestsOf([turn]).Count(r => r.Hop == route.AgentHop);
        Assert.True(requests <= view.Requests, $"The turn cost {requests} requests; {view.Requests} at most are expected.");
        Assert.True(turn.Reply.Elapsed <= TimeSpan.FromSeconds(view.Seconds), $"The turn took {turn.Reply.Elapsed.TotalSeconds:0.0} s; {view.Seconds} at most are expected.");
        Assert.Equal(view.Status, turn.StatusAfter);

        RouteJudge.TheAnswerIsRight(next);
        RouteJudge.TheRouteIsTheArms(run, [next], route);
    });

    // A fault that was never applied proves nothing of the runtime.
    private static void TheVendorWentWrong(LaneRun run, LaneTurn turn, PlannedFault fault, ExpectedRoute route)
    {
        var hop = route.Upstream is null ? Hop.Direct : Hop.Upstream;
        var hit = run.RequestsOf([turn]).Count(r => r.Hop == hop && r.Entry.Fault?.Kind == fault.KindOn(route.Runtime, route.Arm));
        Assert.True(hit >= 1, $"No request of the turn met the fault {fault.Kind}.");
        Assert.True(turn.Fault?.Times is not { } times || hit <= times, $"{hit} requests met the fault, {turn.Fault?.Times} were ordered.");
    }
}

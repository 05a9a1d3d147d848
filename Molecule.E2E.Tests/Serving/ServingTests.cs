using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Controls;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Serving;

/// <summary>Feature <c>serving</c>: a turn is answered by the arm's own endpoint, and by nobody else (design.md 4).</summary>
[Feature("serving")]
public sealed class ServingTests(MoleculeGraph graph)
{
    // A cell that nobody has written a route for is no test: it stays uncovered, by name.
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("serving").Where(static row => RouteOf(row.Data) is not null);

    // SkipTestWithoutData: a selection may leave no serving cell. A row that is missing otherwise is found by the verdict, which compares the sets.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_legal_cell_serves(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var route = RouteOf(cell)!;
        var run = await graph.ServingAsync(route.Lane, cancellationToken);

        try
        {
            Judge(run, route);
        }
        catch (Exception e)
        {
            throw new LaneException($"{run.Lane}: {e.Message}\nreply: {run.Reply.Text ?? run.Reply.Error}\n{run.Diagnosis}", e);
        }

        return CellRecord.Of(run);
    });

    private static void Judge(ServingRun run, ExpectedRoute route)
    {
        TheControlsHold(run);
        TheAnswerIsRight(run);
        TheRouteIsTheArms(run, route);
        NobodyElsesCredentialWasUsed(run, route);
        Assert.Equal("ok", run.Activity.Status);
        Assert.Equal("online", run.After.Status);
        Assert.True(run.Engine is not null, run.EngineDoubt);
    }

    private static ExpectedRoute? RouteOf(string cell) => ExpectedRoute.All.SingleOrDefault(r => cell.StartsWith(r.Lane + "/", StringComparison.Ordinal));

    private static void TheControlsHold(ServingRun run)
    {
        foreach (var control in run.Controls)
        {
            if (control.Name == NegativeControls.Right)
            {
                Assert.True(control.Status == 200, $"The fake refused a request with {control.Name}: {control.Status}. The controls prove nothing.");
            }
            else
            {
                Assert.True(control.Status is >= 400 and < 500, $"The fake answered {control.Status} to a request with {control.Name}.");
            }
        }

        Assert.Equal(5, run.Controls.Length);
    }

    private static void TheAnswerIsRight(ServingRun run)
    {
        Assert.True(run.Reply.Error is null, run.Reply.Error);
        var text = Assert.IsType<string>(run.Reply.Text);
        var marker = ErrorMarkers.All.FirstOrDefault(m => text.Contains(m, StringComparison.OrdinalIgnoreCase));
        Assert.True(marker is null, $"The reply holds the error marker '{marker}'.");
        var right = run.Words.Second + "-" + run.Words.First;
        Assert.True(text.Contains(right, StringComparison.Ordinal), $"The reply does not hold {right}.");
    }

    private static void TheRouteIsTheArms(ServingRun run, ExpectedRoute route)
    {
        var turn = run.Requests.Where(r => run.Words.StandsIn(r.Entry.Prompt)).ToList();
        IsOnlyTo(turn, route.AgentHop, route.Agent);
        if (route.Upstream is not null)
        {
            IsOnlyTo(turn, Hop.Upstream, route.Upstream);
        }

        Assert.All(turn, r => Assert.True(r.Hop == route.AgentHop || (route.Upstream is not null && r.Hop == Hop.Upstream), $"A {r.Hop} request to {r.Entry.Fake} carried the turn."));
        foreach (var other in run.Requests.Except(turn))
        {
            var call = $"{other.Entry.Method} {other.Entry.Path}";
            Assert.True(
                other.Entry.Fake == route.Agent.Fake && route.Background.Contains(call),
                $"An unexpected call beside the turn: {call} at {other.Entry.Fake} ({other.Entry.Status}, model {other.Entry.Model}).");
        }
    }

    private static void IsOnlyTo(List<SeenRequest> turn, Hop hop, ArmRoute expected)
    {
        var leg = turn.Where(r => r.Hop == hop).Select(static r => r.Entry).ToList();
        Assert.True(leg.Count > 0, $"No {hop} request carried the turn's words; {expected.Fake} was expected.");
        Assert.All(leg, e =>
        {
            Assert.Equal((expected.Fake, "POST", expected.Path), (e.Fake, e.Method, e.Path));
            Assert.Equal(expected.Auth, e.Auth);
            Assert.Equal(expected.Model, e.Model);
        });
        Assert.True(leg.Exists(static e => e.Status == 200), $"No request to {expected.Fake} was answered 200: {string.Join(", ", leg.Select(static e => e.Status))}.");
    }

    private static void NobodyElsesCredentialWasUsed(ServingRun run, ExpectedRoute route)
    {
        foreach (var request in run.Requests)
        {
            var at = $"{request.Hop} {request.Entry.Fake} {request.Entry.Path}";
            Assert.True(run.Decoy is null || request.Entry.Credential != run.Decoy, $"The user's own vendor key was used on the platform arm: {at}.");
            Assert.True(
                run.Credential is null || request.Entry.Credential == run.Credential,
                $"A credential that is not the cell's own was used: {at}.");
        }

        if (route.Upstream is not null)
        {
            var agents = run.Requests.Where(static r => r.Hop is Hop.Proxy).Select(static r => r.Entry.Credential).ToHashSet();
            Assert.DoesNotContain(run.Requests, r => r.Hop is Hop.Upstream && agents.Contains(r.Entry.Credential));
        }
    }
}

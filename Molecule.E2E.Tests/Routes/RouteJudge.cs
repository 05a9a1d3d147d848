using Molecule.Contracts.Evidence;
using Molecule.Harness.Controls;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Routes;

/// <summary>Holds what a lane's turns caused against the arm's expected route (design.md 4, rules 2 and 3).</summary>
internal static class RouteJudge
{
    /// <summary>The arm's fake says yes to what is right and no to what is not: else its journal proves nothing.</summary>
    public static void TheControlsHold(LaneRun run)
    {
        // A live lane has no fake: its vendor is put to no controls.
        if (!run.Lane.IsLive)
        {
            Assert.Null(ControlJudge.Doubt(run.Controls));
        }
    }

    /// <summary>The reply is the one that an agent gives which has understood, and no error text of any runtime.</summary>
    public static void TheAnswerIsRight(LaneTurn turn)
    {
        Assert.True(turn.Reply.Error is null, turn.Reply.Error);
        var text = Assert.IsType<string>(turn.Reply.Text);
        var marker = ErrorMarkers.All.FirstOrDefault(m => text.Contains(m, StringComparison.OrdinalIgnoreCase));
        Assert.True(marker is null, $"The reply holds the error marker '{marker}': {text}");
        Assert.True(text.Contains(turn.Right, StringComparison.Ordinal), $"The reply does not hold {turn.Right}: {text}");
    }

    /// <summary>The turns went to the arm's endpoint and nowhere else, with the lane's own credential.</summary>
    public static void TheRouteIsTheArms(LaneRun run, IReadOnlyList<LaneTurn> turns, ExpectedRoute route)
    {
        if (run.Lane.IsLive)
        {
            Assert.True(run.Requests.IsEmpty, $"A live turn reached our fakes: {string.Join(", ", run.Requests.Select(static r => $"{r.Entry.Fake} {r.Entry.Path}"))}");
            Assert.NotNull(run.LiveReached);
            return;
        }

        foreach (var turn in turns)
        {
            var requests = run.RequestsOf([turn]);
            IsOnlyTo(requests, route.AgentHop, route.Agent);
            if (route.Upstream is not null)
            {
                IsOnlyTo(requests, Hop.Upstream, route.Upstream);
            }

            Assert.All(requests, r => Assert.True(
                r.Hop == route.AgentHop || (route.Upstream is not null && r.Hop == Hop.Upstream), $"A {r.Hop} request to {r.Entry.Fake} carried the turn."));
        }

        foreach (var other in run.Background)
        {
            var call = $"{other.Entry.Method} {other.Entry.Path}";
            Assert.True(
                (other.Entry.Fake == route.Agent.Fake || other.Entry.Fake == route.Upstream?.Fake) && route.Background.Contains(call),
                $"An unexpected call beside the turns: {call} at {other.Entry.Fake} ({other.Entry.Status}, model {other.Entry.Model}).");
        }

        NobodyElsesCredentialWasUsed(run, route);
    }

    private static void IsOnlyTo(IEnumerable<SeenRequest> turn, Hop hop, ArmRoute expected)
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

    private static void NobodyElsesCredentialWasUsed(LaneRun run, ExpectedRoute route)
    {
        foreach (var request in run.Requests)
        {
            var at = $"{request.Hop} {request.Entry.Fake} {request.Entry.Path}";
            Assert.True(run.Decoy is null || request.Entry.Credential != run.Decoy, $"The user's own vendor key was used on the platform arm: {at}.");
            Assert.True(
                run.Credential is null || request.Entry.Credential is not { } shown || shown == run.Credential || shown == run.Refresh,
                $"A credential that is not the cell's own was used: {at}.");
        }

        if (route.Upstream is not null)
        {
            var agents = run.Requests.Where(static r => r.Hop is Hop.Proxy).Select(static r => r.Entry.Credential).ToHashSet();
            Assert.DoesNotContain(run.Requests, r => r.Hop is Hop.Upstream && agents.Contains(r.Entry.Credential));
        }
    }
}

using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Routing;

/// <summary>
/// Feature <c>routing-stale-auth</c>: codex on a ChatGPT subscription whose stored login has run out: its single-use refresh token is used
/// once, the tokens that come of it are stored, and they serve the turn, and the one after another restart (spec/runtimes-and-providers.md 2.2).
/// </summary>
[Feature("routing-stale-auth")]
public sealed class StaleAuthTests(MoleculeGraph graph)
{
    private const string Refresh = "/oauth/token";

    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("routing-stale-auth");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_login_that_has_run_out_is_refreshed_once_and_kept(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var route = ExpectedRoute.All.Single(static r => r is { Runtime: "codex", Arm: "openai-subscription" });
        var run = await graph.SideLaneAsync(route, besides: null, graph.StaleLogin, cancellationToken);
        var shown = run.Features[graph.StaleLogin.Feature];
        if (shown.Lost is { } lost)
        {
            throw lost;
        }

        try
        {
            RouteJudge.TheControlsHold(run);
            var login = graph.StaleLogin.Login!;
            var refresh = Assert.Single(run.Requests, static r => r.Entry.Path == Refresh).Entry;
            Assert.Equal((200, login.Refresh), (refresh.Status, refresh.Credential));
            Assert.Equal(2, shown.Turns.Length);
            foreach (var turn in shown.Turns)
            {
                RouteJudge.TheAnswerIsRight(turn);
                Assert.Equal("ok", turn.Activity.Status);
                var requests = run.RequestsOf([turn]);
                Assert.NotEmpty(requests);
                Assert.All(requests, r => Assert.Equal(
                    (Hop.Direct, route.Agent.Fake, route.Agent.Path, refresh.Minted!.Access, 200), (r.Hop, r.Entry.Fake, r.Entry.Path, r.Entry.Credential, r.Entry.Status)));
            }

            // The stale token was not even tried.
            Assert.DoesNotContain(run.Requests, r => r.Entry.Credential == login.Access);
            Assert.Equal("online", shown.After?.Status);
            Assert.True(shown.Engine is not null, shown.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{cell}: {e.Message}\n{string.Join('\n', shown.Turns.Select(static t => $"reply: {t.Reply.Text ?? t.Reply.Error}"))}\n{run.Diagnosis}", e);
        }

        return CellRecord.Of(run, shown, shown.Last);
    });
}

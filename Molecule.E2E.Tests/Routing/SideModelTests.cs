using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Routing;

/// <summary>
/// Feature <c>routing-side-models</c>: claude-code calls other models than its workspace's for a sub-agent or in the background; such a call goes
/// to the arm's endpoint, on its credential and for its model, and never for a model of Anthropic's by name (internal#702, spec/runtimes-and-providers.md 2.1).
/// </summary>
[Feature(SubagentScript.Name)]
public sealed class SideModelTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf(SubagentScript.Name);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_sub_agent_on_the_cheap_model_is_paid_by_the_workspaces_own_payer(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var routes = ExpectedRoute.All.Where(static r => r.Runtime == "claude-code").ToList();
        var runs = await Task.WhenAll(routes.Select(route => graph.SideLaneAsync(route, besides: null, new SubagentScript(), cancellationToken)));
        foreach (var (run, route) in runs.Zip(routes))
        {
            Judge(run, route);
        }

        var shown = runs.Select(static run => CellRecord.Of(run, Shown(run), Shown(run).Last)).ToList();
        return shown[^1] with { Evidence = shown[^1].Evidence with { Requests = [.. shown.SelectMany(static one => one.Evidence.Requests)] } };
    });

    private static void Judge(LaneRun run, ExpectedRoute route)
    {
        var shown = Shown(run);
        if (shown.Lost is { } lost)
        {
            throw lost;
        }

        try
        {
            RouteJudge.TheControlsHold(run);
            RouteJudge.TheAnswerIsRight(shown.Last);

            // The question as the sub-agent was asked it, without the order to ask one.
            var asked = run.RequestsOf(shown.Turns).Where(r => r.Hop == route.AgentHop && !r.Entry.Prompt!.Contains("call the tool", StringComparison.Ordinal)).Select(static r => r.Entry).ToList();
            if (route.Arm == "anthropic-oauth")
            {
                // Anthropic itself is the payer: its own cheap model, by the same login, is as it should be.
                Assert.Equal([("claude-haiku-5-5", 200)], asked.Select(static e => (e.Model!, e.Status)).Distinct());
                Assert.All(run.Requests, r => Assert.Equal((route.Agent.Fake, route.Agent.Auth, run.Credential), (r.Entry.Fake, r.Entry.Auth, r.Entry.Credential)));
            }
            else
            {
                Assert.NotEmpty(asked);
                RouteJudge.TheRouteIsTheArms(run, shown.Turns, route);
            }

            Assert.Equal(("ok", "online"), (shown.Last.Activity.Status, shown.After?.Status));
            Assert.True(shown.Engine is not null, shown.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{route.Lane}: {e.Message}\nreply: {shown.Last.Reply.Text ?? shown.Last.Reply.Error}\n{run.Diagnosis}", e);
        }
    }

    private static FeatureRun Shown(LaneRun run) => run.Features[SubagentScript.Name];
}

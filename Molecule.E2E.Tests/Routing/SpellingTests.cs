using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Refusal;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Routing;

/// <summary>
/// Feature <c>routing-spelling</c>: the same model in another spelling is paid by another party or refused, and never paid by the one whose
/// key merely lies there as well (spec/runtimes-and-providers.md 3.0).
/// </summary>
[Feature("routing-spelling")]
public sealed class SpellingTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("routing-spelling");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Each_spelling_has_its_own_payer_or_none(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var runtime = cell.Split('/')[0];
        var (refused, spelled) = Spelling.Of(runtime);
        var said = new List<string>();
        foreach (var model in refused)
        {
            said.Add(await RefusedCreate.AssertAsync(graph, cell, runtime, model, RefusedCreate.EveryKey(), "UNREGISTERED_MODEL_FOR_RUNTIME", [model], cancellationToken));
        }

        var runs = await Task.WhenAll(spelled.Select(one => graph.SideLaneAsync(one.Route, new LaneKey(runtime, one.Besides), new SpelledTurn(), cancellationToken)));
        foreach (var (run, one) in runs.Zip(spelled))
        {
            said.Add(Judge(run, one));
        }

        var last = CellRecord.Of(runs[^1], Shown(runs[^1]), Shown(runs[^1]).Last);
        var requests = runs.SelectMany(static run => CellRecord.Of(run, Shown(run), Shown(run).Last).Evidence.Requests);
        return last with { Evidence = last.Evidence with { Answer = string.Join("; ", said), Requests = [.. requests] } };
    });

    private static string Judge(LaneRun run, Spelling one)
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
            RouteJudge.TheRouteIsTheArms(run, shown.Turns, one.Route);
            Assert.Equal(("ok", "online"), (shown.Last.Activity.Status, shown.After?.Status));
            Assert.True(shown.Engine is not null, shown.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"'{one.Route.Model}' on {one.Route.Runtime}: {e.Message}\nreply: {shown.Last.Reply.Text ?? shown.Last.Reply.Error}\n{run.Diagnosis}", e);
        }

        return $"'{one.Route.Model}' is paid at {one.Route.Control.Fake}";
    }

    private static FeatureRun Shown(LaneRun run) => run.Features[SpelledTurn.Name];
}

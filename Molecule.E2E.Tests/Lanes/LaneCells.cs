using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Parity;

namespace Molecule.E2E.Tests.Lanes;

/// <summary>The cells that are turns of a lane: their rows, and what is done to each whichever feature it proves.</summary>
internal static class LaneCells
{
    /// <summary>A feature's rows. A cell that nobody has written a route for is no test: it stays uncovered, by name.</summary>
    public static IEnumerable<TheoryDataRow<string>> Of(string feature) => RunSession.CellsOf(feature).Where(static row => RouteOf(row.Data) is not null);

    /// <summary>Awaits the cell's lane and judges what its script saw.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="cell">The cell's id.</param>
    /// <param name="judge">The feature's own assertions, after those that hold of every lane.</param>
    /// <param name="script">Whose script is judged, where that is another feature's.</param>
    /// <param name="shown">Which turn is the cell's evidence; null for the last one.</param>
    public static Task JudgeAsync(
        MoleculeGraph graph, string cell, Action<LaneRun, FeatureRun, ExpectedRoute> judge, string? script = null, Func<FeatureRun, LaneTurn>? shown = null) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var route = RouteOf(cell)!;
        var id = Coverage.Planning.CellId.Parse(cell);
        var run = await graph.LaneAsync(route.Lane with { IsLive = id.Mode is Coverage.Planning.CellMode.Live }, cancellationToken);
        var feature = run.Features[script ?? id.Feature];
        if (feature.Unchecked is { } refusal)
        {
            throw refusal;
        }

        if (feature.Lost is { } lost)
        {
            throw lost;
        }

        RunSession.Keep(id, Transcript.Of(run, feature));
        try
        {
            RouteJudge.TheControlsHold(run);
            judge(run, feature, route);
            Assert.Equal("online", feature.After?.Status);
            if (SystemUnderTest.OfThisRun.HidesEngineOf(run, feature) is { } hidden)
            {
                throw new SystemUncheckedException(hidden);
            }

            Assert.True(feature.Engine is not null, feature.EngineDoubt);
        }
        catch (Exception e) when (e is not SystemUncheckedException)
        {
            var replies = string.Join('\n', feature.Turns.Select(static t => $"reply: {t.Reply.Text ?? t.Reply.Error}"));
            throw new LaneException($"{cell}: {e.Message}\n{replies}\n{run.Diagnosis}", e);
        }

        return CellRecord.Of(run, feature, shown?.Invoke(feature) ?? feature.Last);
    });

    private static ExpectedRoute? RouteOf(string cell) => ExpectedRoute.All.SingleOrDefault(r => cell.StartsWith(r.Lane + "/", StringComparison.Ordinal));
}

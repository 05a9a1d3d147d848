using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Faults;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Overflow;
using Molecule.Harness.Parity;
using Molecule.Harness.Spend;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>One conversation that has outgrown its model, wedged first and healed then, on one arm; and what is to be seen of it.</summary>
/// <remarks>
/// claude-code 2.1.330 knows an overflow, Kimi's too, and makes room by itself, dropping old exchanges. Its owner may have it leave that be
/// (spec/driving-the-runtimes.md 1, Errors): then it is wedged like the others. Both are shown.
/// </remarks>
internal sealed record AutohealWalk(ExpectedRoute Route, AutohealScript Script, LaneRun Run)
{
    public static async Task<AutohealWalk> RunAsync(MoleculeGraph graph, CellId cell, ExpectedRoute route, CancellationToken cancellationToken)
    {
        var isLive = cell.Mode is CellMode.Live;
        ImmutableArray<string> compaction = route.Runtime is "claude-code" ? ["DISABLE_AUTO_COMPACT", "DISABLE_COMPACT"] : [];
        var (model, window) = isLive ? Filled(route) : (route.Model, (long?)null);
        var script = new AutohealScript(cell.Feature, compaction, window);

        // A lane of its own: what the agents ask of their model to compact a conversation carries no turn's words.
        return new AutohealWalk(route, script, isLive
            ? await graph.LiveSideLaneAsync(route with { Model = model }, script, ImmutableDictionary<string, string>.Empty, cancellationToken)
            : await graph.SideLaneAsync(route, besides: null, script, cancellationToken));
    }

    /// <summary>Judges it as a cell's.</summary>
    public CellRecord Judge(string cell)
    {
        var (route, script, run) = this;
        var isLive = run.Lane.IsLive;
        var shown = run.Features[script.Feature];
        if (shown.Lost is { } lost)
        {
            throw lost;
        }

        RunSession.Keep(CellId.Parse(cell), Transcript.Of(run, shown));
        var walk = script.Walked!;
        try
        {
            RouteJudge.TheControlsHold(run);
            Assert.Empty(AutohealJudge.Problems(walk, isLive));
            JudgeTurns(run, walk, route, script);
            var behind = shown.Turns[walk.All.Length..];
            if (route.Runtime is "claude-code" && !isLive)
            {
                JudgeOwnCompaction(run, behind, route);
            }
            else
            {
                Assert.Empty(behind);
            }

            Assert.Equal("online", shown.After?.Status);
            Assert.True(shown.Engine is not null, shown.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{cell}: {e.Message}\nwindow {script.Window}\n{string.Join('\n', shown.Turns.Select(t => Told(run, t)))}\nbeside the turns: {Told(run.Background)}\n{run.Diagnosis}", e);
        }

        return CellRecord.Of(run, shown, walk.Healed);
    }

    // Which of the arm's models costs least to fill: what is shown is the platform's, not the model's.
    private static (string Model, long? Window) Filled(ExpectedRoute route)
    {
        var offered = RunSession.Run.Registry.FindRuntime(route.Runtime)?.FindArm(route.Arm)?.Models ?? [];
        return PriceTable.Read(PlanFile.Load(RunSession.Run.Repository.PricesFile)).CheapestToFill([.. offered.Prepend(route.Model).Distinct()]);
    }

    private static void JudgeTurns(LaneRun run, AutohealTurns walk, ExpectedRoute route, AutohealScript script)
    {
        Assert.All(walk.Served, RouteJudge.TheAnswerIsRight);
        Assert.All(walk.Refused, static turn =>
        {
            var said = turn.Reply.Text ?? turn.Reply.Error ?? "";
            Assert.Contains(ErrorMarkers.All, marker => said.Contains(marker, StringComparison.OrdinalIgnoreCase));
        });
        if (run.Lane.IsLive)
        {
            // Left out: that the vendor refused, not the agent by itself; that the retry was one request, and held what is remembered.
            RouteJudge.TheRouteIsTheArms(run, walk.Served, route);
            return;
        }

        // The incident: nothing gets through any more, and nobody does anything about it. And a second overflow in one turn.
        Assert.All(walk.Refused, turn =>
        {
            var asked = AtTheVendor(run, turn, route);
            Assert.NotEmpty(asked);
            Assert.All(asked, static r => Assert.Equal(FaultKind.ContextOverflow, r.Entry.Fault?.Kind));
        });
        Assert.NotNull(walk.TooLong);

        // The cure: one request without the old conversation, with what is remembered.
        Assert.Contains(AtTheVendor(run, walk.Healed, route), static r => r.Entry.Fault?.Kind is FaultKind.ContextOverflow);
        var retry = Assert.Single(AtTheVendor(run, walk.Healed, route), static r => r.Entry.Fault is null).Entry;
        Assert.Equal(AtTheVendor(run, walk.Healed, route)[^1].Entry.Sequence, retry.Sequence);
        Assert.Contains(script.Memory!, retry.Prompt, StringComparison.Ordinal);
        Assert.True(retry.Tokens!.Input < AtTheVendor(run, walk.Filled, route)[^1].Entry.Tokens!.Input, $"The retry had {retry.Tokens.Input} tokens: the old conversation was in it.");
        RouteJudge.TheRouteIsTheArms(run, walk.Served, route with { Background = [.. route.Background, $"POST {route.Agent.Path}"] });
    }

    // What the client can mend is not reset: the platform stays out of it.
    private static void JudgeOwnCompaction(LaneRun run, ImmutableArray<LaneTurn> turns, ExpectedRoute route)
    {
        Assert.Equal(3, turns.Length);
        Assert.All(turns, static turn => Assert.Equal(("online", 2), (turn.StatusAfter, turn.RowsAfter)));
        Assert.All(turns, RouteJudge.TheAnswerIsRight);
        Assert.Contains(AtTheVendor(run, turns[1], route), static r => r.Entry.Fault?.Kind is FaultKind.ContextOverflow);
        RouteJudge.TheRouteIsTheArms(run, turns, route with { Background = [.. route.Background, $"POST {route.Agent.Path}"] });
    }

    private static List<SeenRequest> AtTheVendor(LaneRun run, LaneTurn turn, ExpectedRoute route) =>
        [.. run.RequestsOf([turn]).Where(r => r.Hop == (route.Upstream is null ? Hop.Direct : Hop.Upstream))];

    private static string Told(LaneRun run, LaneTurn turn)
    {
        return $"{turn.RowsAfter} rows, {turn.StatusAfter}, {turn.Reply.Elapsed.TotalSeconds:0.0} s: {turn.Reply.Text ?? turn.Reply.Error} [{Told(run.RequestsOf([turn]))}]";
    }

    private static string Told(IEnumerable<SeenRequest> requests) => string.Join("; ", requests.Select(static r => $"{r.Hop} {r.Entry.Status} {r.Entry.Fault?.Kind} {r.Entry.Tokens?.Input}"));
}

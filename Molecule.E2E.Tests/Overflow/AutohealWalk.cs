using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Contracts.Faults;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Parity;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>One conversation that outgrows its model, wedged first and healed then, on one arm; and what is to be seen of it.</summary>
/// <remarks>
/// claude-code 2.1.330 knows an overflow, Kimi's too, and makes room by itself, dropping old exchanges. Its owner may have it leave that be
/// (spec/driving-the-runtimes.md 1, Errors): then it is wedged like the others. Both are shown.
/// </remarks>
internal static class AutohealWalk
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(60);

    public static async Task<CellRecord> RunAsync(MoleculeGraph graph, string cell, string feature, ExpectedRoute route, CancellationToken cancellationToken)
    {
        var script = new AutohealScript(feature, route.Runtime is "claude-code" ? ["DISABLE_AUTO_COMPACT", "DISABLE_COMPACT"] : []);

        // A lane of its own: what the agents ask of their model to compact a conversation carries no turn's words.
        var run = await graph.SideLaneAsync(route, besides: null, script, cancellationToken);
        var shown = run.Features[feature];
        if (shown.Lost is { } lost)
        {
            throw lost;
        }

        RunSession.Keep(CellId.Parse(cell), Transcript.Of(run, shown));
        try
        {
            RouteJudge.TheControlsHold(run);
            Judge(run, shown.Turns[..AutohealScript.Turns], route, script);
            if (route.Runtime is "claude-code")
            {
                JudgeOwnCompaction(run, shown.Turns[AutohealScript.Turns..], route);
            }
            else
            {
                Assert.Equal(AutohealScript.Turns, shown.Turns.Length);
            }

            Assert.Equal("online", shown.After?.Status);
            Assert.True(shown.Engine is not null, shown.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{cell}: {e.Message}\nwindow {script.Window}\n{string.Join('\n', shown.Turns.Select(t => Told(run, t)))}\nbeside the turns: {Told(run.Background)}\n{run.Diagnosis}", e);
        }

        return CellRecord.Of(run, shown, shown.Turns[4]);
    }

    private static void Judge(LaneRun run, ImmutableArray<LaneTurn> turns, ExpectedRoute route, AutohealScript script)
    {
        var (begun, filled, wedged, still) = (turns[0], turns[1], turns[2], turns[3]);
        var (healed, next, tooLong, last) = (turns[4], turns[5], turns[6], turns[7]);
        Assert.All(turns, static turn => Assert.Equal("online", turn.StatusAfter));

        // The incident: nothing gets through any more, and nobody does anything about it.
        Assert.All([begun, filled], RouteJudge.TheAnswerIsRight);
        Assert.All([wedged, still], turn => TheWindowWasFull(run, turn, route));
        Assert.All([begun, filled, wedged, still], static turn => Assert.Equal(0, turn.RowsAfter));

        // The cure: one row, one request without the old conversation, with what is remembered.
        RouteJudge.TheAnswerIsRight(healed);
        Assert.Equal(1, healed.RowsAfter);
        Assert.Contains(AtTheVendor(run, healed, route), static r => r.Entry.Fault?.Kind is FaultKind.ContextOverflow);
        var retry = Assert.Single(AtTheVendor(run, healed, route), static r => r.Entry.Fault is null).Entry;
        Assert.Equal(AtTheVendor(run, healed, route)[^1].Entry.Sequence, retry.Sequence);
        Assert.Contains(script.Memory!, retry.Prompt, StringComparison.Ordinal);
        Assert.True(retry.Tokens!.Input < AtTheVendor(run, filled, route)[^1].Entry.Tokens!.Input, $"The retry had {retry.Tokens.Input} tokens: the old conversation was in it.");
        Assert.Equal((1, true), (next.RowsAfter, next.Reply.Elapsed < Prompt));
        RouteJudge.TheAnswerIsRight(next);

        // A second overflow in one turn: told in clear words, at once, and no more than one row.
        TheWindowWasFull(run, tooLong, route);
        Assert.Contains("send a shorter one", tooLong.Reply.Text, StringComparison.Ordinal);
        Assert.Equal((2, true), (tooLong.RowsAfter, tooLong.Reply.Elapsed < Prompt));
        RouteJudge.TheAnswerIsRight(last);
        Assert.Equal(2, last.RowsAfter);

        RouteJudge.TheRouteIsTheArms(run, [begun, filled, healed, next, last], route with { Background = [.. route.Background, $"POST {route.Agent.Path}"] });
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

    private static void TheWindowWasFull(LaneRun run, LaneTurn turn, ExpectedRoute route)
    {
        var said = turn.Reply.Text ?? turn.Reply.Error ?? "";
        Assert.DoesNotContain(turn.Right, said, StringComparison.Ordinal);
        Assert.Contains(ErrorMarkers.All, marker => said.Contains(marker, StringComparison.OrdinalIgnoreCase));
        var asked = AtTheVendor(run, turn, route);
        Assert.NotEmpty(asked);
        Assert.All(asked, static r => Assert.Equal(FaultKind.ContextOverflow, r.Entry.Fault?.Kind));
    }

    private static List<SeenRequest> AtTheVendor(LaneRun run, LaneTurn turn, ExpectedRoute route) =>
        [.. run.RequestsOf([turn]).Where(r => r.Hop == (route.Upstream is null ? Hop.Direct : Hop.Upstream))];

    private static string Told(LaneRun run, LaneTurn turn)
    {
        return $"{turn.RowsAfter} rows, {turn.StatusAfter}, {turn.Reply.Elapsed.TotalSeconds:0.0} s: {turn.Reply.Text ?? turn.Reply.Error} [{Told(run.RequestsOf([turn]))}]";
    }

    private static string Told(IEnumerable<SeenRequest> requests) => string.Join("; ", requests.Select(static r => $"{r.Hop} {r.Entry.Status} {r.Entry.Fault?.Kind} {r.Entry.Tokens?.Input}"));
}

using Molecule.Contracts.Evidence;
using Molecule.Contracts.Faults;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Parity;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>
/// Feature <c>autoheal</c>: a conversation that has outgrown its model is wedged with the capability switched off, and begins anew by itself with
/// it switched on (spec/runtimes-and-providers.md 5.2).
/// </summary>
/// <remarks>
/// claude-code 2.1.330 knows an overflow, Kimi's too, and makes room by itself, dropping old exchanges: measured, no conversation of several could
/// be filled so that it gave up. What it gives up on is a message that is too long by itself.
/// </remarks>
[Feature(AutohealScript.Name)]
public sealed class AutohealTests(MoleculeGraph graph)
{
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(60);

    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of(AutohealScript.Name);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_full_window_wedges_without_the_switch_and_heals_with_it(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var route = ExpectedRoute.All.Single(r => cell.StartsWith(r.Lane + "/", StringComparison.Ordinal));
        var script = new AutohealScript();

        // A lane of its own: what the agents ask of their model to compact a conversation carries no turn's words.
        var run = await graph.SideLaneAsync(route, besides: null, script, cancellationToken);
        var shown = run.Features[AutohealScript.Name];
        if (shown.Lost is { } lost)
        {
            throw lost;
        }

        RunSession.Keep(Coverage.Planning.CellId.Parse(cell), Transcript.Of(run, shown));
        try
        {
            RouteJudge.TheControlsHold(run);
            if (route.Runtime is "claude-code")
            {
                JudgeOwnCompaction(run, shown, route);
            }
            else
            {
                Judge(run, shown, route, script);
            }

            Assert.Equal("online", shown.After?.Status);
            Assert.True(shown.Engine is not null, shown.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{cell}: {e.Message}\nwindow {script.Window}\n{string.Join('\n', shown.Turns.Select(t => Told(run, t)))}\nbeside the turns: {Told(run.Background)}\n{run.Diagnosis}", e);
        }

        return CellRecord.Of(run, shown, shown.Turns[4]);
    });

    private static void Judge(LaneRun run, FeatureRun shown, ExpectedRoute route, AutohealScript script)
    {
        Assert.Equal(8, shown.Turns.Length);
        var (begun, filled, wedged, still) = (shown.Turns[0], shown.Turns[1], shown.Turns[2], shown.Turns[3]);
        var (healed, next, tooLong, last) = (shown.Turns[4], shown.Turns[5], shown.Turns[6], shown.Turns[7]);
        Assert.All(shown.Turns, static turn => Assert.Equal("online", turn.StatusAfter));

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

    // What the client could mend is not reset; what it gives up is, once.
    private static void JudgeOwnCompaction(LaneRun run, FeatureRun shown, ExpectedRoute route)
    {
        Assert.Equal(8, shown.Turns.Length);
        Assert.All(shown.Turns, static turn => Assert.Equal("online", turn.StatusAfter));
        Assert.All(shown.Turns[..6], static turn => Assert.Equal(0, turn.RowsAfter));
        Assert.All(shown.Turns[..6], RouteJudge.TheAnswerIsRight);
        Assert.Contains(AtTheVendor(run, shown.Turns[2], route), static r => r.Entry.Fault?.Kind is FaultKind.ContextOverflow);
        var (tooLong, last) = (shown.Turns[6], shown.Turns[7]);
        TheWindowWasFull(run, tooLong, route);
        Assert.Contains("send a shorter one", tooLong.Reply.Text, StringComparison.Ordinal);
        Assert.Equal((1, true), (tooLong.RowsAfter, tooLong.Reply.Elapsed < Prompt));
        RouteJudge.TheAnswerIsRight(last);
        Assert.Equal(1, last.RowsAfter);
        RouteJudge.TheRouteIsTheArms(run, [.. shown.Turns[..6], last], route with { Background = [.. route.Background, $"POST {route.Agent.Path}"] });
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

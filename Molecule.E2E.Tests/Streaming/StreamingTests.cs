using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Streaming;

/// <summary>Feature <c>streaming</c>: text reaches the caller while the vendor still answers, in the vendor's order.</summary>
[Feature("streaming")]
public sealed class StreamingTests(MoleculeGraph graph)
{
    // A vendor would have to write more than 800 tokens a second to be done sooner.
    private static readonly TimeSpan LiveSpread = TimeSpan.FromSeconds(1);

    // Of a hundred: a model counts badly, a stream that has lost a part of it has lost more.
    private const int Lines = 90;

    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of("streaming");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task The_first_piece_comes_before_the_last_is_sent(string cell) => LaneCells.JudgeAsync(graph, cell, static (run, streaming, route) =>
    {
        RouteJudge.TheAnswerIsRight(streaming.Last);
        RouteJudge.TheRouteIsTheArms(run, streaming.Turns, route);
        var stream = streaming.Last.Stream;
        Assert.NotNull(stream);
        if (run.Lane.IsLive)
        {
            // Left out: that a piece came while the vendor held the rest back. No vendor does so for a caller; what was kept until the end comes at once.
            var lines = streaming.Last.Reply.Text!.Split('\n').Count(line => line.Trim() == streaming.Last.Right);
            Assert.True(lines >= Lines, $"{lines} of the hundred lines that were asked for came.");
            Assert.True(
                stream.Spread >= LiveSpread && stream.CameAllAlong,
                $"{stream.Pieces.Length} pieces came within {stream.Spread.TotalMilliseconds:0} ms: an answer of that length takes its vendor seconds, and somebody has kept it.");
        }
        else
        {
            Assert.True(stream.BeforeTheEnd >= 1, "No text came while the vendor held back the rest of its answer.");
        }

        Assert.True(stream.Pieces.Length >= 2, $"The answer came in {stream.Pieces.Length} piece.");
        Assert.Equal(["submitted", "working", "completed"], stream.States);
        Assert.Equal("ok", streaming.Last.Activity.Status);
    });
}

using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Overflow;

/// <summary>Feature <c>session-reset</c>: a conversation begun anew by hand knows nothing of the old one, and costs nothing of it (spec/runtimes-and-providers.md 5.2).</summary>
[Feature("session-reset")]
public sealed class SessionResetTests(MoleculeGraph graph)
{
    // The long message has about 2,100 of them.
    private const long TokensOfTheLongMessage = 2_000;

    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of("session-reset");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_new_conversation_has_nothing_of_the_old_one(string cell) => LaneCells.JudgeAsync(graph, cell, static (run, reset, route) =>
    {
        Assert.Equal(4, reset.Turns.Length);
        var (told, asked, forgotten, last) = (reset.Turns[0], reset.Turns[1], reset.Turns[2], reset.Turns[3]);

        // Positive control: the conversation was there.
        Assert.All([told, asked, last], RouteJudge.TheAnswerIsRight);
        Assert.Equal(1, forgotten.RowsAfter);
        Assert.True(forgotten.Reply.Error is null, forgotten.Reply.Error);
        Assert.DoesNotContain(forgotten.Right, forgotten.Reply.Text, StringComparison.Ordinal);
        if (run.Lane.IsLive)
        {
            // Left out: how long the request after the reset was. No journal of ours has it, and what a runtime reports of a turn is the sum of as many
            // requests as it made. That the conversation is gone is seen in what the model no longer knows.
            RouteJudge.TheRouteIsTheArms(run, reset.Turns, route);
            return;
        }

        Assert.True(
            Tokens(run, asked) - Tokens(run, forgotten) >= TokensOfTheLongMessage,
            $"The turn after the reset had {Tokens(run, forgotten)} tokens, the one before it {Tokens(run, asked)}: the long message went along.");
        RouteJudge.TheRouteIsTheArms(run, reset.Turns, route);
    });

    private static long Tokens(LaneRun run, LaneTurn turn) => run.RequestsOf([turn]).Max(static r => r.Entry.Tokens?.Input ?? 0);
}

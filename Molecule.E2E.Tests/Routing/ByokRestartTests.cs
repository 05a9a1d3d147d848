using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Routing;

/// <summary>Feature <c>routing-byok-restart</c>: the key that a user brought survives a restart (core#2709). Seen in the continuity script's turns before and after its restart.</summary>
[Feature(Feature)]
public sealed class ByokRestartTests(MoleculeGraph graph)
{
    internal const string Feature = "routing-byok-restart";
    internal const string Script = "continuity";

    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of(Feature);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task The_turn_after_a_restart_is_paid_with_the_same_key(string cell) => LaneCells.JudgeAsync(
        graph,
        cell,
        static (run, restarted, route) =>
        {
            Assert.Equal(3, restarted.Turns.Length);
            Assert.True(run.Boots >= 2, "The workspace was not restarted.");
            RouteJudge.TheRouteIsTheArms(run, restarted.Turns, route);
            foreach (var turn in restarted.Turns)
            {
                Assert.Equal("ok", turn.Activity.Status);
                Assert.All(run.RequestsOf([turn]), r => Assert.Equal((Hop.Direct, run.Credential, 200), (r.Hop, r.Entry.Credential, r.Entry.Status)));
            }
        },
        Script,

        // The last turn is continuity's own evidence; this one came before the restart.
        static restarted => restarted.Turns[1]);
}

using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Swap;

/// <summary>
/// Feature <c>data-swap</c>: a workspace that gets a new file system keeps its files and its conversation; without persistence its home is lost, which
/// was the incident (docs/decisions/0024).
/// </summary>
[Feature(DataSwapScript.Name)]
public sealed class DataSwapTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of(DataSwapScript.Name);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task What_a_workspace_has_written_outlives_its_container(string cell) => LaneCells.JudgeAsync(
        graph,
        cell,
        static (run, swap, route) =>
        {
            Assert.Equal(4, swap.Turns.Length);
            var (told, asked, forgotten, last) = (swap.Turns[0], swap.Turns[1], swap.Turns[2], swap.Turns[3]);
            Assert.All([told, asked, last], RouteJudge.TheAnswerIsRight);
            Assert.Equal([], asked.MissingFiles!.Value);

            // Switched off, the same restart wipes the home: what the user laid there is gone, and what the runtime kept there. hermes keeps its state in
            // /configs/.hermes (spec/runtimes-and-providers.md 5.3), which a container never took along.
            Assert.Equal(["home/.cache/kept/kept.bin", "home/kept.txt"], forgotten.MissingFiles!.Value);
            Assert.Equal(route.Runtime is "hermes", forgotten.Reply.Text?.Contains(forgotten.Right, StringComparison.Ordinal) is true);
            RouteJudge.TheRouteIsTheArms(run, [told, asked, last], route);
        },
        script: null,
        static swap => swap.Turns[1]);
}

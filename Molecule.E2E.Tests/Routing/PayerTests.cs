using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;

namespace Molecule.E2E.Tests.Routing;

/// <summary>Feature <c>routing-payer</c>: a workspace holds the credential of whoever pays for it and nobody else's, in the environment of any process and in any file.</summary>
[Feature("routing-payer")]
public sealed class PayerTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => LaneCells.Of("routing-payer");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_workspace_holds_the_payers_credential_and_nobody_elses(string cell) => LaneCells.JudgeAsync(graph, cell, static (run, payer, route) =>
    {
        RouteJudge.TheAnswerIsRight(payer.Last);
        RouteJudge.TheRouteIsTheArms(run, payer.Turns, route);
        var view = payer.Last.Inside!;
        PayerJudge.TheAgentWasSeen(view);
        PayerJudge.NothingOfThePlatforms(view);
        if (route.Upstream is null)
        {
            PayerJudge.TheOwnerPays(view);
        }
        else
        {
            PayerJudge.ThePlatformPays(view);
        }
    });
}

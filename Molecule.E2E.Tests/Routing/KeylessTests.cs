using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Routing;

/// <summary>Feature <c>keyless</c>: the vertex arm serves, and no credential of Google's or Amazon's is in its workspace (spec/runtimes-and-providers.md 3.6).</summary>
[Feature(Feature)]
public sealed class KeylessTests(MoleculeGraph graph)
{
    private const string Feature = "keyless";

    // By which Google's and Amazon's own clients find a credential.
    private static readonly string[] _variables = ["GOOGLE_", "GEMINI_", "GCLOUD_", "CLOUDSDK_", "AWS_"];

    private static readonly LaneKey _lane = new("google-adk", "vertex");

    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf(Feature);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task No_credential_of_a_cloud_is_in_the_workspace(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var run = await graph.LaneAsync(_lane, cancellationToken);
        var payer = run.Features["routing-payer"];
        if (payer.Lost is { } lost)
        {
            throw lost;
        }

        var route = ExpectedRoute.All.Single(static r => r.Lane == _lane);
        RouteJudge.TheAnswerIsRight(payer.Last);
        RouteJudge.TheRouteIsTheArms(run, payer.Turns, route);
        var view = payer.Last.Inside!;
        PayerJudge.TheAgentWasSeen(view);
        PayerJudge.NothingOfThePlatforms(view);
        PayerJudge.ThePlatformPays(view);
        Assert.DoesNotContain(view.Processes.SelectMany(static p => p.Variables), static name => Array.Exists(_variables, prefix => name.StartsWith(prefix, StringComparison.Ordinal)));

        // The turn itself is routing-payer's evidence on that lane.
        var record = CellRecord.Of(run, payer, payer.Last);
        return record with { Evidence = record.Evidence with { Activity = null, Trace = null } };
    });

    /// <summary>Whether the cell needs that route's lane.</summary>
    internal static bool IsAbout(CellId cell, ExpectedRoute route) => cell.Feature == Feature && route.Lane == _lane;
}

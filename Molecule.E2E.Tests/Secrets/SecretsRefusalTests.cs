using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Parity;

namespace Molecule.E2E.Tests.Secrets;

/// <summary>Feature <c>secrets-refusal</c>: who writes cannot read, who reads cannot write, and a workspace reads its own path alone (docs/decisions/0025).</summary>
[Feature(SecretsRefusalScript.Name)]
public sealed class SecretsRefusalTests(MoleculeGraph graph)
{
    // The codes: https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html, and STS's of the same name.
    private static readonly SecretsAttempt[] Expected =
    [
        new("the control plane writes", "done"),
        new("the workspace reads its own", "done"),
        new("the workspace reads its neighbour's", "AccessDeniedException"),
        new("the workspace writes its own", "AccessDeniedException"),
        new("the workspace deletes its own", "AccessDeniedException"),
        new("the reader reads without a role", "AccessDeniedException"),
        new("the control plane reads", "AccessDeniedException"),
        new("the reader assumes the role without its external id", "AccessDenied"),
        new("the control plane assumes the role", "AccessDenied"),
        new("somebody signs with another key", "InvalidSignatureException"),
        new("the workspace reads on a session that has ended", "ExpiredTokenException"),
    ];

    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf(SecretsRefusalScript.Name);

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Each_side_of_the_manager_is_refused_what_is_the_other_s(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var route = ExpectedRoute.All.First(static r => r is { Runtime: "claude-code", Arm: "anthropic-api" });
        var script = graph.SecretsRefusal();
        var run = await graph.SideLaneAsync(route, besides: null, script, cancellationToken, SecretsRefusalScript.Besides);
        var feature = run.Features[SecretsRefusalScript.Name];
        if (feature.Lost is { } lost)
        {
            throw lost;
        }

        RunSession.Keep(CellId.Parse(cell), Transcript.Of(run, feature));
        try
        {
            RouteJudge.TheControlsHold(run);
            Assert.Equal(Expected, script.Attempts);
            Assert.True(script.ReadsItsOwn, "What the workspace's session read was not its credential.");
            RouteJudge.TheAnswerIsRight(feature.Last);
            RouteJudge.TheRouteIsTheArms(run, feature.Turns, route);
            Assert.True(feature.Engine is not null, feature.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{cell}: {e.Message}\n{run.Diagnosis}", e);
        }

        var record = CellRecord.Of(run, feature, feature.Last);
        return record with { Evidence = record.Evidence with { Answer = $"{record.Evidence.Answer}; {string.Join("; ", script.Attempts.Select(static a => $"{a.What}: {a.Outcome}"))}" } };
    });
}

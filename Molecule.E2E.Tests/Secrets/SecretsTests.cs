using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Parity;
using Molecule.Harness.Secrets;

namespace Molecule.E2E.Tests.Secrets;

/// <summary>
/// Feature <c>secrets</c>: what the control plane writes to the secrets manager, its workspace reads, and nobody else (docs/decisions/0025). The
/// incident comes first: a manager that is down, then written and unreadable.
/// </summary>
[Feature(SecretsScript.Name)]
public sealed class SecretsTests(SecretsWalks walks) : IClassFixture<SecretsWalks>
{
    public static IEnumerable<TheoryDataRow<string>> Cells => SecretsWalks.Cells;

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_workspace_reads_what_was_written_for_it(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var (route, script, run) = await walks.OfAsync(cell, cancellationToken);
        var feature = run.Features[SecretsScript.Name];
        if (feature.Lost is { } lost)
        {
            throw lost;
        }

        RunSession.Keep(CellId.Parse(cell), Transcript.Of(run, feature));
        var served = feature.Turns[2];
        try
        {
            RouteJudge.TheControlsHold(run);
            Assert.All([served, feature.Turns[^2]], RouteJudge.TheAnswerIsRight);

            // Each turn's credential is the judge's: one of them has been rotated.
            RouteJudge.TheRouteIsTheArms(run with { Credential = null }, [served, feature.Turns[^2]], route);
            Assert.Empty(SecretsJudge.Problems(script.Shown!));
            Assert.Equal("online", feature.After?.Status);
            Assert.True(feature.Engine is not null, feature.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{cell}: {e.Message}\n{string.Join('\n', feature.Turns.Select(static t => $"reply: {t.Reply.Text ?? t.Reply.Error}"))}\n{run.Diagnosis}", e);
        }

        return CellRecord.Of(run, feature, served);
    });
}

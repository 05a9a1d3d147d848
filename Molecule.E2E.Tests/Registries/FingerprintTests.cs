using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Lanes;
using Molecule.Registry.Mirror;

namespace Molecule.E2E.Tests.Registries;

/// <summary>Feature <c>registry-fingerprint</c>: what runs is of the file that the cells are planned of, and the list of templates offers the model that ran.</summary>
[Feature(Feature)]
public sealed class FingerprintTests(MoleculeGraph graph)
{
    private const string Feature = "registry-fingerprint";

    /// <summary>A runtime without a lane is no row: it stays uncovered, by name.</summary>
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf(Feature).Where(static row => ExpectedRoute.All.Any(r => r.Runtime == CellId.Parse(row.Data).Runtime));

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Control_plane_and_workspace_run_on_the_file(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var route = ExpectedRoute.All.First(r => r.Runtime == CellId.Parse(cell).Runtime);
        var run = await graph.LaneAsync(route.Lane, cancellationToken);
        var shown = run.Features[Feature];
        if (shown.Lost is { } lost)
        {
            throw lost;
        }

        var sources = RunSession.Run.Expectation.Sources;
        var file = new ReportedRegistry(sources.RegistryFingerprint, sources.RegistrySha256, null);
        var seen = shown.Last.Registries!;
        try
        {
            RouteJudge.TheAnswerIsRight(shown.Last);
            Assert.Equal(file, seen.ControlPlane);
            Assert.Equal(file with { Projection = file.Fingerprint }, seen.Workspace);
            Assert.Contains(route.Model, seen.Menu);
            Assert.True(shown.Engine is not null, shown.EngineDoubt);
        }
        catch (Exception e)
        {
            throw new LaneException($"{cell}: {e.Message}\n{run.Diagnosis}", e);
        }

        var record = CellRecord.Of(run, shown, shown.Last);
        return record with { Evidence = record.Evidence with { Answer = $"{record.Evidence.Answer}; control plane and workspace run on {seen.Workspace.Fingerprint}, which offers {seen.Menu.Length} models here" } };
    });

    /// <summary>Whether the cell needs that route's lane: it is its runtime's first.</summary>
    internal static bool IsAbout(CellId cell, ExpectedRoute route) => cell.Feature == Feature && cell.Runtime == route.Runtime && route == ExpectedRoute.All.First(r => r.Runtime == route.Runtime);
}

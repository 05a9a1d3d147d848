using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Drift;

namespace Molecule.E2E.Tests.Drift;

/// <summary>Feature <c>vendor-drift</c>: the fakes' answers and the requests of the real agents, read strictly by the vendors' own SDKs; and each detector finds what it is shown.</summary>
[Feature("vendor-drift")]
public sealed class VendorDriftTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("vendor-drift");

    // SkipTestWithoutData: see ServingTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task Nothing_is_sent_that_the_vendors_own_SDKs_read_otherwise(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var repository = RunSession.Run.Repository;
        var deviations = Deviations.Read(PlanFile.Load(repository.DeviationsFile));

        // Its requests are all there once every lane has ended.
        await graph.LanesAsync(cancellationToken);
        var answers = await graph.ProbedAnswersAsync(cancellationToken);
        var requests = await graph.RequestsAsync(cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(RunSession.Run.Folder, "requests.json"), JsonSerializer.Serialize(requests, ContractJson.Indented), cancellationToken);

        Nothing("a detector is blind", DriftControl.Missed(answers, requests, deviations));
        Nothing("answers", answers.SelectMany(answer => ThreeWay.Compare(answer.Probe, answer.Documents, null, deviations)).Select(static d => $"{d.Probe}: {d.Text}"));
        var read = RequestDrift.Read(requests, deviations);
        Nothing("requests", read.Drift);
        var senders = string.Join(", ", read.Read.Select(static s => $"{s.Key} {s.Value}"));
        return new CellRecord(null, null, new CellEvidence(
            $"{answers.Length} answers of the fakes and the shapes of requests of {senders} are as the vendors' SDKs have them; each detector found its control; not read: {string.Join(", ", read.Unread)}",
            [], null, null, 0, null));
    });

    private static void Nothing(string what, IEnumerable<string> found)
    {
        var lines = string.Join("\n  ", found);
        Assert.True(lines.Length == 0, $"drift, {what}:\n  {lines}\nmend the fake, move to another SDK, or say in drift.yaml why it is none");
    }
}

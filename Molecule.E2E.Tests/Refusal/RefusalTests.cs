using System.Collections.Immutable;
using System.Net;
using Molecule.Contracts.Evidence;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Clients;
using Molecule.Registry;

namespace Molecule.E2E.Tests.Refusal;

/// <summary>
/// Feature <c>refusal</c>: a pair that the registry does not offer is refused at create, with the right code and nothing half-created; where
/// every sample model of the arm belongs to another arm of the runtime, that owner is named and the arm gets no request.
/// </summary>
[Feature("refusal")]
public sealed class RefusalTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("refusal");

    // SkipTestWithoutData: a selection may leave no refusal. A row that is missing otherwise is found by the verdict, which compares the sets.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task An_illegal_pair_is_refused(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var parts = cell.Split('/');
        var probe = RunSession.Run.Registry.ProbeRefusal(parts[0], parts[1]);
        Assert.NotNull(probe);
        var name = $"refusal {parts[0]} {parts[1]}";
        var controlPlane = graph.ControlPlane;

        var outcome = await controlPlane.CreateAsync(new WorkspaceWish(name, parts[0], probe.Model, ImmutableSortedDictionary<string, string>.Empty), cancellationToken);

        if (probe.Owner is null)
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, outcome.Status);
            Assert.Equal("UNREGISTERED_MODEL_FOR_RUNTIME", outcome.Code);
            Assert.Contains(probe.Model, outcome.Error, StringComparison.Ordinal);
            Assert.DoesNotContain(await controlPlane.ListAsync(cancellationToken), w => w.Name == name);
        }
        else
        {
            await TheOwnerPaysAsync(controlPlane, outcome, probe.Owner, cancellationToken);
        }

        return new CellRecord(
            null,
            null,
            new CellEvidence($"{(int)outcome.Status} {outcome.Code ?? outcome.Provider}: {outcome.Error ?? $"'{probe.Model}' belongs to {probe.Owner}"}", [], null, null, 0, null));
    });

    private async Task TheOwnerPaysAsync(ControlPlaneClient controlPlane, CreateOutcome outcome, string owner, CancellationToken cancellationToken)
    {
        if (outcome.Id is { } id)
        {
            Assert.Equal(HttpStatusCode.Created, outcome.Status);
            Assert.Equal(owner, outcome.Provider);
            await controlPlane.DeleteAsync(id, cancellationToken);
            Assert.DoesNotContain(await graph.JournalAsync(cancellationToken), e => e.Peer?.Workspace == id);
        }
        else
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, outcome.Status);
            Assert.Equal("MISSING_BYOK_CREDENTIAL", outcome.Code);
            Assert.Contains(owner, outcome.Error, StringComparison.Ordinal);
        }
    }
}

using System.Collections.Immutable;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Refusal;

/// <summary>Feature <c>refusal-withdrawn-model</c>: an id that was taken off the menu cannot be chosen any more and falls to no other arm.</summary>
[Feature("refusal-withdrawn-model")]
public sealed class WithdrawnModelTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("refusal-withdrawn-model");

    // SkipTestWithoutData: see RefusalTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_withdrawn_model_is_refused_with_every_key_present(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        // spec/runtimes-and-providers.md 4.3, 4.4: moonshot/* on openclaw's platform arm.
        var refusals = new List<string>();
        foreach (var model in (ImmutableArray<string>)["moonshot/kimi-k2.6", "moonshot/kimi-k2.5"])
        {
            refusals.Add(await RefusedCreate.AssertAsync(graph, cell, "openclaw", model, RefusedCreate.EveryKey(), "UNREGISTERED_MODEL_FOR_RUNTIME", [model, "withdrawn"], cancellationToken));
        }

        return RefusedCreate.Record(refusals);
    });
}

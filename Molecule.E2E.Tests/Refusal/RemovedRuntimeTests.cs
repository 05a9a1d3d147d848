using System.Collections.Immutable;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Refusal;

/// <summary>Feature <c>refusal-removed-runtime</c>: the runtimes that the product had once are refused by name, and so is one that never was.</summary>
[Feature("refusal-removed-runtime")]
public sealed class RemovedRuntimeTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("refusal-removed-runtime");

    // SkipTestWithoutData: see RefusalTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_runtime_that_was_removed_is_refused_by_name(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var refusals = new List<string>();
        foreach (var runtime in (ImmutableArray<string>)["crewai", "deepagents", "gemini-cli", "autogen", "langgraph"])
        {
            refusals.Add(await RefusedCreate.AssertAsync(
                graph, cell, runtime, "anthropic/claude-opus-4-7", RefusedCreate.EveryKey(), "RUNTIME_UNSUPPORTED", [runtime, "removed", "claude-code", "openclaw"], cancellationToken));
        }

        refusals.Add(await RefusedCreate.AssertAsync(
            graph, cell, "no-such-runtime", "anthropic/claude-opus-4-7", RefusedCreate.EveryKey(), "RUNTIME_UNSUPPORTED", ["no-such-runtime", "not supported"], cancellationToken));
        return RefusedCreate.Record(refusals);
    });
}

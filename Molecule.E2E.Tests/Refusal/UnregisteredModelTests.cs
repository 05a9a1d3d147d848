using System.Collections.Immutable;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Refusal;

/// <summary>Feature <c>refusal-unregistered-model</c>: an id that the runtime neither lists nor routes is refused whatever keys there are; first of all the spelling that looks like a model it has.</summary>
[Feature("refusal-unregistered-model")]
public sealed class UnregisteredModelTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("refusal-unregistered-model");

    // By runtime, by hand: another spelling of a model that it has (spec/runtimes-and-providers.md 2.3, 3.0), and one that nobody has.
    private static readonly ImmutableDictionary<string, ImmutableArray<string>> _models = new Dictionary<string, ImmutableArray<string>>
    {
        ["claude-code"] = ["minimax:MiniMax-M2.7", "anthropic/claude-haiku-4-5", "no-such-model"],
        ["codex"] = ["openai:gpt-5.4", "MiniMax-M2.7", "no-such-model"],
        ["hermes"] = ["gpt-4o", "claude-opus-4-7", "MiniMax-M2.7", "no-such-model"],
        ["openclaw"] = ["MiniMax-M2.7", "groq/llama-3.3-70b", "no-such-model"],
        ["google-adk"] = ["vertex/gemini-2.5-pro", "google/gemini-2.5-pro", "platform-gemini-2.5-pro", "no-such-model"],
    }.ToImmutableDictionary();

    // SkipTestWithoutData: see RefusalTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_model_that_the_runtime_neither_lists_nor_routes_is_refused(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var runtime = cell.Split('/')[0];
        var refusals = new List<string>();
        foreach (var model in _models[runtime])
        {
            refusals.Add(await RefusedCreate.AssertAsync(graph, cell, runtime, model, RefusedCreate.EveryKey(), "UNREGISTERED_MODEL_FOR_RUNTIME", [model, runtime], cancellationToken));
        }

        return RefusedCreate.Record(refusals);
    });
}

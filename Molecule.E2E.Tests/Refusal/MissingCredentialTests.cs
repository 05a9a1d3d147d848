using System.Collections.Immutable;
using Molecule.E2E.Tests.Graph;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;

namespace Molecule.E2E.Tests.Refusal;

/// <summary>Feature <c>refusal-missing-byok-credential</c>: who chooses a model of an arm that takes a key of one's own and brings none is told at create which variables would do.</summary>
[Feature("refusal-missing-byok-credential")]
public sealed class MissingCredentialTests(MoleculeGraph graph)
{
    public static IEnumerable<TheoryDataRow<string>> Cells => RunSession.CellsOf("refusal-missing-byok-credential");

    // By arm, by hand: spec/runtimes-and-providers.md 3.0, column "env". Any one of them is enough.
    private static readonly ImmutableDictionary<string, ImmutableArray<string>> _variables = new Dictionary<string, ImmutableArray<string>>
    {
        ["anthropic-api"] = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
        ["anthropic-oauth"] = ["CLAUDE_CODE_OAUTH_TOKEN"],
        ["openai-api"] = ["OPENAI_API_KEY"],
        ["openai-subscription"] = ["CODEX_AUTH_JSON", "CODEX_CHATGPT_AUTH_JSON"],
        ["kimi-coding"] = ["KIMI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"],
        ["minimax"] = ["MINIMAX_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"],
        ["google"] = ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
        ["groq"] = ["GROQ_API_KEY"],
        ["byok-anthropic"] = ["ANTHROPIC_API_KEY"],
        ["byok-openai"] = ["OPENAI_API_KEY"],
        ["byok-gemini"] = ["GEMINI_API_KEY"],
        ["byok-minimax"] = ["MINIMAX_API_KEY"],
    }.ToImmutableDictionary();

    // SkipTestWithoutData: see RefusalTests.
    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Cells))]
    public Task A_create_without_the_arms_credential_names_the_variables(string cell) => RunSession.RecordAsync(cell, async cancellationToken =>
    {
        var (runtime, arm) = (cell.Split('/')[0], cell.Split('/')[1]);
        var model = ExpectedRoute.All.Single(r => r.Runtime == runtime && r.Arm == arm).Model;

        // Both arms of codex that OpenAI serves offer the same models: without any credential the subscription, declared first, is meant (spec 4.4).
        var meant = (runtime, arm) is ("codex", "openai-api") ? "openai-subscription" : arm;

        // A key is present, of a vendor that the arm is not.
        var other = _variables[meant].Contains("GROQ_API_KEY") ? "GEMINI_API_KEY" : "GROQ_API_KEY";
        var wrong = RefusedCreate.EveryKey().Where(k => k.Key == other).ToImmutableSortedDictionary();
        return RefusedCreate.Record(
            await RefusedCreate.AssertAsync(graph, cell, runtime, model, ImmutableSortedDictionary<string, string>.Empty, "MISSING_BYOK_CREDENTIAL", [meant, .. _variables[meant]], cancellationToken),
            await RefusedCreate.AssertAsync(graph, cell, runtime, model, wrong, "MISSING_BYOK_CREDENTIAL", [meant, .. _variables[meant]], cancellationToken));
    });
}

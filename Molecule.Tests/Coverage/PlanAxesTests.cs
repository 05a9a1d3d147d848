using Molecule.Coverage.Planning;

namespace Molecule.Tests.Coverage;

/// <summary>Features that do not stand on a pair: on a runtime, on an arm, on nothing. And the files from which a plan is read.</summary>
public sealed class PlanAxesTests
{
    // Read by each test anew: mutation testing changes the reading within one process.
    private static CoveragePlan Plan => OwnPlan.ReadWith(OwnPlan.Coverage.Text.Replace(
        "features:\n",
        """
        features:
          - { id: mirror, axes: [], modes: [live], gate: required }
          - { id: vendor, axes: [arm], modes: [live], gate: required }
          - { id: price, axes: [arm], modes: [live], gate: required }
          - { id: drift, axes: [], modes: [live], gate: required }
          - { id: swap, axes: [runtime], modes: [live], gate: required }

        """,
        StringComparison.Ordinal));

    private static readonly RunRequest Live = RunRequest.Mock with { Mode = RunMode.Live };

    [Fact]
    public void A_feature_of_arms_stands_on_every_arm_that_some_runtime_has() => Assert.Equal(
        [
            "anthropic-api", "anthropic-oauth", "openai-api", "openai-subscription", "kimi-coding", "minimax", "google", "vertex", "groq", "platform",
            "byok-anthropic", "byok-openai", "byok-minimax", "byok-gemini",
        ],
        Plan.Expect(Live).Cells.Where(static cell => cell.Id.Feature == "vendor").Select(static cell => cell.Id.Arm));

    [Theory]
    [InlineData("codex/-/swap@live", "E2E_OPENAI_API_KEY or E2E_CODEX_AUTH_JSON or E2E_MOLECULE_LLM_USAGE_TOKEN or E2E_MINIMAX_API_KEY")]
    [InlineData("-/groq/vendor@live", "E2E_GROQ_API_KEY")]
    [InlineData(
        "-/-/mirror@live",
        "E2E_ANTHROPIC_API_KEY or E2E_CLAUDE_CODE_OAUTH_TOKEN or E2E_OPENAI_API_KEY or E2E_CODEX_AUTH_JSON or E2E_KIMI_API_KEY or E2E_MINIMAX_API_KEY "
        + "or E2E_GEMINI_API_KEY or E2E_GOOGLE_APPLICATION_CREDENTIALS or E2E_GROQ_API_KEY or E2E_MOLECULE_LLM_USAGE_TOKEN")]
    public void A_live_cell_off_the_pairs_needs_a_key_of_any_arm_that_it_may_use(string id, string keys) =>
        Assert.Equal($"no-credential: {keys}", Plan.Expect(Live).Cells.Single(cell => cell.Id.ToString() == id).Reason);

    [Fact]
    public void A_cell_off_the_pairs_is_of_no_pair() => Assert.Equal(
        [("codex/-/swap@live", PairKind.None), ("-/-/mirror@live", PairKind.None), ("-/groq/vendor@live", PairKind.None)],
        from id in (string[])["codex/-/swap@live", "-/-/mirror@live", "-/groq/vendor@live"] select (id, Plan.Expect(Live).Cells.Single(cell => cell.Id.ToString() == id).Pairs));

    [Fact]
    public void A_live_cell_whose_arm_has_no_key_of_its_own_says_so()
    {
        var registry = PlanFile.Of("theirs.yaml", """
            schema_version: 1
            providers:
              - { name: openai-api, protocol: openai, auth_mode: anthropic_api, auth_env: [] }
            runtimes:
              codex: { providers: [ { name: openai-api, models: [gpt-5.5] } ] }
            """);

        var cell = Assert.Single(CoveragePlan.Read(registry, OwnPlan.Coverage, golden: null, OwnPlan.Today).Expect(Live).Cells);

        Assert.Equal("no-credential: the registry names none", cell.Reason);
    }

    [Fact]
    public void What_shares_no_workspace_is_a_lane_of_its_own_and_an_arms_cells_stay_together()
    {
        // More shards than lanes, so that each has one at most.
        var lanes = Enumerable.Range(1, 200)
            .SelectMany(index => Plan.Expect(Live with { Filter = CellFilter.None with { Shard = new Shard(index, 200) } }).Cells.Select(cell => (Index: index, cell)))
            .Where(static one => one.cell.Disposition is not Disposition.NotSelected)
            .ToDictionary(static one => one.cell.Id.ToString(), static one => one.Index);

        Assert.Equal(lanes["-/groq/vendor@live"], lanes["-/groq/price@live"]);
        Assert.NotEqual(lanes["-/groq/vendor@live"], lanes["-/google/vendor@live"]);
        Assert.NotEqual(lanes["-/-/mirror@live"], lanes["-/-/drift@live"]);
        Assert.NotEqual(lanes["codex/-/swap@live"], lanes["codex/openai-api/serving@live"]);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_named_with_the_cause()
    {
        var folder = Path.GetTempPath();
        var tooLong = Path.Combine(folder, new string('x', 300));

        Assert.StartsWith($"{folder}(1,1): it cannot be read: Access to the path", Assert.Throws<CoverageFormatException>(() => PlanFile.Load(folder)).Message, StringComparison.Ordinal);
        Assert.StartsWith($"{tooLong}(1,1): it cannot be read: ", Assert.Throws<CoverageFormatException>(() => PlanFile.Load(tooLong)).Message, StringComparison.Ordinal);
    }
}

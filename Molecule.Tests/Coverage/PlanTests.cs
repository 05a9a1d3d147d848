using System.Collections.Immutable;
using CsCheck;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;

namespace Molecule.Tests.Coverage;

public sealed class PlanTests
{
    private static readonly CoveragePlan Plan = OwnPlan.Read();

    [Fact]
    public void A_plan_of_nothing_is_a_mistake_of_the_caller()
    {
        Assert.Equal("registry", Assert.Throws<ArgumentNullException>(static () => CoveragePlan.Read(null!, OwnPlan.Coverage, golden: null, OwnPlan.Today)).ParamName);
        Assert.Equal("coverage", Assert.Throws<ArgumentNullException>(static () => CoveragePlan.Read(OwnPlan.Coverage, null!, golden: null, OwnPlan.Today)).ParamName);
        Assert.Equal("request", Assert.Throws<ArgumentNullException>(static () => Plan.Expect(null!)).ParamName);
    }

    [Fact]
    public void The_repositorys_list_is_the_computed_one()
    {
        var (plan, golden) = OwnPlan.ReadRepository();

        Assert.Equal(plan.ChangeGolden(null).Text, golden);
        Assert.Empty(plan.Expect(RunRequest.Mock).GoldenProblems);
    }

    [Fact]
    public void Mock_mode_expects_9_serving_cells_14_pending_ones_and_47_refusals()
    {
        var cells = Plan.Expect(RunRequest.Mock).Cells;

        Assert.Equal(70, cells.Length);
        Assert.All(cells, cell => Assert.Equal(CellMode.Mock, cell.Id.Mode));
        Assert.Equal(
            [
                "claude-code/anthropic-api/serving@mock", "claude-code/anthropic-oauth/serving@mock", "claude-code/kimi-coding/serving@mock",
                "claude-code/minimax/serving@mock", "claude-code/platform/serving@mock", "codex/openai-api/serving@mock",
                "codex/openai-subscription/serving@mock", "codex/platform/serving@mock", "codex/byok-minimax/serving@mock",
            ],
            cells.Where(cell => cell is { Id.Feature: "serving", Disposition: Disposition.Run }).Select(cell => cell.Id.ToString()));
        Assert.Equal(14, cells.Count(cell => cell is { Id.Feature: "serving", Disposition: Disposition.Pending }));
        Assert.Equal(47, cells.Count(cell => cell is { Id.Feature: "refusal", Disposition: Disposition.Run, Pairs: PairKind.Refused, Emulated: EmulatedPolicy.MayNotGate }));
    }

    [Fact]
    public void Live_mode_without_keys_has_23_unchecked_cells_that_name_the_key()
    {
        var cells = Plan.Expect(RunRequest.Mock with { Mode = RunMode.Live }).Cells;

        Assert.Equal(23, cells.Length);
        Assert.All(cells, cell => Assert.Equal((Disposition.Unchecked, RunRequest.Live), (cell.Disposition, cell.Lacks)));
        Assert.Equal("no-credential: E2E_OPENAI_API_KEY", ReasonOf("codex/openai-api/serving@live"));
        Assert.Equal("no-credential: E2E_CODEX_AUTH_JSON", ReasonOf("codex/openai-subscription/serving@live"));
        Assert.Equal("no-credential: E2E_KIMI_API_KEY", ReasonOf("claude-code/kimi-coding/serving@live"));
        Assert.Equal("no-credential: E2E_GROQ_API_KEY", ReasonOf("openclaw/groq/serving@live"));

        string? ReasonOf(string id) => cells.Single(cell => cell.Id.ToString() == id).Reason;
    }

    [Fact]
    public void A_key_lets_the_live_cells_of_its_arm_run_and_no_others()
    {
        var cells = Plan.Expect(RunRequest.Mock with { Mode = RunMode.Both, Credentials = ["E2E_MINIMAX_API_KEY"] }).Cells;

        Assert.Equal(93, cells.Length);
        Assert.Equal(
            ["claude-code/minimax/serving@live", "codex/byok-minimax/serving@live", "hermes/byok-minimax/serving@live", "openclaw/byok-minimax/serving@live"],
            cells.Where(cell => cell is { Id.Mode: CellMode.Live, Disposition: Disposition.Run }).Select(cell => cell.Id.ToString()));
    }

    [Theory]
    [InlineData("live", "no-credential: E2E_GROQ_API_KEY")]
    [InlineData("containers", "no-capability: containers (container engine)")]
    public void Of_two_things_that_a_machine_lacks_the_required_one_is_named(string required, string reason)
    {
        var plan = OwnPlan.ReadWith(OwnPlan.Coverage.Text.Replace("emulated: may-gate", "capability: containers", StringComparison.Ordinal));

        var cell = plan.Expect(RunRequest.Mock with { Mode = RunMode.Both, Require = [required] }).Cells.Single(one => one.Id.ToString() == "openclaw/groq/serving@live");

        Assert.Equal((Disposition.Unchecked, required, reason), (cell.Disposition, cell.Lacks, cell.Reason));
    }

    [Fact]
    public void A_filter_names_what_it_leaves_out()
    {
        var cells = Plan.Expect(With(new CellFilter(["codex"], [], ["serving"], null))).Cells;

        Assert.Equal(4, cells.Count(cell => cell.Disposition is Disposition.Run));
        Assert.Equal(66, cells.Count(cell => cell is { Disposition: Disposition.NotSelected, Reason: "filtered" }));
    }

    [Fact]
    public void What_does_not_exist_cannot_be_asked_for()
    {
        AssertRefused(With(new CellFilter(["codx"], [], [], null)), "there is no runtime 'codx'; known: claude-code, codex, hermes, openclaw, google-adk");
        AssertRefused(With(new CellFilter([], ["openai"], [], null)), "there is no arm 'openai'");
        AssertRefused(With(new CellFilter([], [], ["streaming"], null)), "there is no feature 'streaming'; known: serving, refusal");
        AssertRefused(RunRequest.Mock with { Require = ["keys"] }, "there is no capability 'keys'; known: containers, desktop, egress, live");
        AssertRefused(With(new CellFilter(["codex"], ["groq"], ["serving"], null)), "the filter (runtime codex, arm groq, feature serving) selects no cell of mode mock");
        AssertRefused(With(CellFilter.None with { Shard = new Shard(3, 2) }), "shard '3/2'");
    }

    [Fact]
    public void A_request_is_read_from_the_environment()
    {
        var nothing = RunVariables.Read(_ => null, [], []);
        var all = RunVariables.Read(
            name => new Dictionary<string, string>
            {
                ["MOLECULE_MODE"] = "both",
                ["MOLECULE_RUNTIMES"] = "codex, hermes,codex,",
                ["MOLECULE_ARMS"] = "platform",
                ["MOLECULE_FEATURES"] = "serving",
                ["MOLECULE_SHARD"] = "2/3",
                ["MOLECULE_REQUIRE"] = "live,containers",
                ["Molecule__ControlPlane"] = "url:http://10.0.0.7:8080/",
            }.GetValueOrDefault(name),
            ["containers"],
            ["E2E_X"]);

        Assert.Equal((null, "url:http://10.0.0.7:8080"), (nothing.ControlPlane, all.ControlPlane));
        Assert.Equal((RunMode.Mock, (CellFilter?)null, true), (nothing.Mode, nothing.Filter, nothing.Require.IsEmpty));
        Assert.Equal("runtime codex|hermes, arm platform, feature serving, shard 2/3", all.Filter!.ToString());
        Assert.Equal((RunMode.Both, true, true, false), (all.Mode, all.Requires("live"), all.Requires("containers"), all.Requires("desktop")));
        Assert.All((string[])["", "mock"], static said => Assert.Equal(RunMode.Mock, RunVariables.Read(name => name == "MOLECULE_MODE" ? said : null, [], []).Mode));
        Assert.Throws<ArgumentNullException>(static () => RunVariables.Read(null!, [], []));
        Assert.StartsWith(
            "Molecule:ControlPlane is neither 'project' nor ",
            Assert.Throws<RunRequestException>(() => RunVariables.Read(name => name == "Molecule__ControlPlane" ? "theirs" : null, [], [])).Message,
            StringComparison.Ordinal);
        Assert.Equal("MOLECULE_MODE is 'mocked'; known: mock, live, both", Assert.Throws<RunRequestException>(() => RunVariables.Read(name => name == "MOLECULE_MODE" ? "mocked" : null, [], [])).Message);
    }

    [Fact]
    public void The_plan_names_the_keys_that_it_could_use() => Assert.Equal(
        [
            "E2E_ANTHROPIC_API_KEY", "E2E_CLAUDE_CODE_OAUTH_TOKEN", "E2E_CODEX_AUTH_JSON", "E2E_GEMINI_API_KEY", "E2E_GOOGLE_APPLICATION_CREDENTIALS",
            "E2E_GROQ_API_KEY", "E2E_KIMI_API_KEY", "E2E_MINIMAX_API_KEY", "E2E_MOLECULE_LLM_USAGE_TOKEN", "E2E_OPENAI_API_KEY",
        ],
        Plan.LiveCredentials);

    [Theory]
    [InlineData("2/3", true)]
    [InlineData("1/3", true)]
    [InlineData("3/3", true)]
    [InlineData("0/3", false)]
    [InlineData("4/3", false)]
    [InlineData("1", false)]
    [InlineData("-1/3", false)]
    [InlineData("1/3/5", false)]
    [InlineData("a/b", false)]
    public void A_shard_is_a_number_of_a_count(string text, bool isShard)
    {
        if (isShard)
        {
            Assert.Equal(text, Shard.Parse(text).ToString());
        }
        else
        {
            Assert.Equal($"shard '{text}' must read i/n with 1 <= i <= n, e.g. 2/3", Assert.Throws<RunRequestException>(() => Shard.Parse(text)).Message);
        }
    }

    [Fact]
    public void Shards_part_the_cells_and_keep_a_lane_together() => Gen.Int[1, 40].Sample(count =>
    {
        var shards = Enumerable.Range(1, count).Select(index => Plan.Expect(RunRequest.Mock with { Mode = RunMode.Both, Filter = CellFilter.None with { Shard = new Shard(index, count) } })).ToList();
        var selected = shards.SelectMany((shard, index) => shard.Cells.Where(cell => cell.Disposition is not Disposition.NotSelected).Select(cell => (Index: index, cell.Id))).ToList();

        Assert.Equal(93, selected.Count);
        Assert.Equal(93, selected.Select(one => one.Id).Distinct().Count());
        Assert.All(selected.GroupBy(one => (one.Id.Runtime, one.Id.Arm)), lane => Assert.Single(lane.Select(one => one.Index).Distinct()));
    });

    [Fact]
    public void Cell_ids_are_read_back_as_they_were_written()
    {
        foreach (var cell in Plan.Expect(RunRequest.Mock with { Mode = RunMode.Both }).Cells)
        {
            Assert.Equal(cell.Id, CellId.Parse(cell.Id.ToString()));
        }

        Assert.Equal(new CellId(null, null, "restart-soft.container", CellMode.Live), CellId.Parse("-/-/restart-soft.container@live"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("codex/openai-api/serving")]
    [InlineData("codex/openai-api/serving@Mock")]
    [InlineData("codex/openai-api/serving@0")]
    [InlineData("codex//serving@mock")]
    [InlineData("codex/serving@mock")]
    [InlineData("codex/openai-api/-@mock")]
    [InlineData("codex/openai-api/serving@mock ")]
    [InlineData("codex/openai-api/serving@mock\n")]
    [InlineData("codex/openai-api/a/serving@mock")]
    public void What_is_no_cell_id_is_refused(string text)
    {
        Assert.False(CellId.TryParse(text, out _));
        Assert.Equal(
            $"'{text}' is no cell id: it must read runtime/arm/feature@mode, the mode mock or live, '-' for an axis that does not apply",
            Assert.Throws<FormatException>(() => CellId.Parse(text)).Message);
    }

    [Fact]
    public void Without_the_pending_entries_the_14_cells_gate_at_once()
    {
        var text = OwnPlan.Coverage.Text;

        var cells = OwnPlan.ReadWith(text[..text.IndexOf("pending:", StringComparison.Ordinal)]).Expect(RunRequest.Mock).Cells;

        Assert.Equal(70, cells.Count(cell => cell.Disposition is Disposition.Run));
    }

    [Fact]
    public void A_foreign_registry_yields_its_cells_and_lists_what_is_outside_the_matrix()
    {
        var foreign = PlanFile.Of("theirs.yaml", """
            schema_version: 1
            providers:
              - { name: openai-api, protocol: openai, auth_mode: anthropic_api, auth_env: [OPENAI_API_KEY] }
              - { name: zai, protocol: anthropic, auth_mode: third_party_anthropic_compat, auth_env: [ZAI_API_KEY] }
            runtimes:
              codex: { providers: [ { name: openai-api, models: [gpt-5.5] }, { name: zai, models: [glm-5] } ] }
              gemini: { providers: [ { name: openai-api, models: [gpt-5.4] } ] }
            """);

        var expectation = CoveragePlan.Read(foreign, OwnPlan.Coverage, golden: null, OwnPlan.Today).Expect(RunRequest.Mock);

        Assert.Equal(["codex/openai-api/serving@mock"], expectation.Cells.Where(cell => cell.Id.Feature == "serving").Select(cell => cell.Id.ToString()));
        Assert.Equal(69, expectation.Cells.Count(cell => cell.Id.Feature == "refusal"));
        Assert.Equal(["codex/zai", "gemini/openai-api"], expectation.OutsideTheMatrix);
        Assert.Empty(expectation.GoldenProblems);
        Assert.Contains("codex/zai  outside the matrix\n", PlanReport.RenderText(expectation), StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_says_each_cell_and_its_disposition()
    {
        var text = PlanReport.RenderText(Plan.Expect(With(new CellFilter(["codex"], [], [], null))));

        Assert.Contains("codex/openai-api/serving@mock  run\n", text, StringComparison.Ordinal);
        Assert.Contains("hermes/platform/serving@mock  not-selected (filtered)\n", text, StringComparison.Ordinal);
        Assert.EndsWith("70 cells: 14 run, 56 not-selected\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_of_the_user_is_code_2_and_any_other_is_code_1()
    {
        Assert.Equal(GateExit.BadConfiguration, GateExits.Of(Assert.Throws<RunRequestException>(() => Plan.Expect(RunRequest.Mock with { Require = ["keys"] }))));
        Assert.Equal(GateExit.BadConfiguration, GateExits.Of(Assert.Throws<CoverageFormatException>(() => OwnPlan.ReadWith("schema: 2"))));
        Assert.Equal(GateExit.BadConfiguration, GateExits.Of(Assert.Throws<CoverageFormatException>(() => PlanFile.Load("/nonexistent/coverage.yaml"))));
        Assert.Equal(GateExit.BadConfiguration, GateExits.Of(Assert.Throws<Molecule.Registry.RegistryFormatException>(
            () => CoveragePlan.Read(PlanFile.Of("providers.yaml", "schema_version: 9"), OwnPlan.Coverage, OwnPlan.Golden, OwnPlan.Today))));
        Assert.Equal(GateExit.InternalError, GateExits.Of(new IOException("disk full")));
        Assert.Equal(GateExit.InternalError, GateExits.Of(new InvalidOperationException()));
    }

    private static RunRequest With(CellFilter filter) => RunRequest.Mock with { Filter = filter };

    private static void AssertRefused(RunRequest request, string message) =>
        Assert.StartsWith(message, Assert.Throws<RunRequestException>(() => Plan.Expect(request)).Message, StringComparison.Ordinal);
}

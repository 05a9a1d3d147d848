using Molecule.Contracts.Engines;
using Molecule.Coverage.Verdict;

namespace Molecule.Tests.Cli;

/// <summary>
/// The live path through the real agents and without the internet: an independent server stands in the vendors' place (design.md 4: live aimed at
/// somebody's loopback server is <c>live (stand-in)</c>).
/// </summary>
public sealed class LivePathTests(IndependentVendor vendor) : IClassFixture<IndependentVendor>
{
    private const string Codex = "codex/openai-api/serving@live";
    private const string Claude = "claude-code/anthropic-api/serving@live";

    [Fact]
    public async Task A_stand_in_proves_the_live_path_of_both_wires_and_leaves_the_vendor_unchecked()
    {
        await using var gate = RunningGate.StartLive("both", "claude-code,codex", "anthropic-api,openai-api", Variables());

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 0, gate.Output);
        var verdict = gate.Verdict();
        Assert.All((string[])[Codex, Claude], id =>
        {
            var cell = Cell(verdict, id);
            Assert.Equal((CellState.Covered, "live-stand-in: live path proven, live vendor unchecked"), (cell.State, cell.Reason));
            Assert.Equal((cell.Expected.Id.Runtime, EngineKind.Real), (cell.Engine?.Name, cell.Engine?.Kind));
            Assert.Empty(cell.Evidence!.Requests);
            Assert.True(cell.Evidence.Tokens?.Input > 0, "the runtime reported no tokens");
        });

        // The grid's marks are of a pair, whose other live cells are not selected here.
        Assert.Contains($"Live path proven, live vendor unchecked (2):\n  {Claude}\n  {Codex}\n", gate.Output, StringComparison.Ordinal);
        Assert.Matches(@"spent 0\.\d+ of 1 USD on 2 live cells\n", gate.Output);
        Assert.DoesNotContain(vendor.Key, gate.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stand_in_proves_the_live_path_of_the_other_runtimes_and_mock_and_live_look_alike()
    {
        var variables = new Dictionary<string, string>
        {
            ["E2E_OPENAI_API_KEY"] = vendor.Key,
            ["E2E_ANTHROPIC_API_KEY"] = vendor.Key,
            ["E2E_GOOGLE_API_KEY"] = vendor.Key,
            ["E2E_GEMINI_API_KEY"] = vendor.Key,
            ["E2E_GROQ_API_KEY"] = vendor.Key,
            ["MOLECULE_LIVE_URL_BYOK_OPENAI"] = $"{vendor.Url}/v1",
            ["MOLECULE_LIVE_URL_BYOK_ANTHROPIC"] = vendor.Url,
            ["MOLECULE_LIVE_URL_BYOK_GEMINI"] = $"{vendor.Url}/v1",
            ["MOLECULE_LIVE_URL_GOOGLE"] = vendor.Url,
            ["MOLECULE_LIVE_URL_GROQ"] = $"{vendor.Url}/v1",
            ["MOLECULE_SPEND_LIMIT_USD"] = "20",
        };
        await using var gate = RunningGate.StartLive("both", "hermes,openclaw,google-adk", "byok-openai,byok-anthropic,byok-gemini,google,groq", variables);

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 0, gate.Output);
        var verdict = gate.Verdict();
        Assert.All(
            (string[])
            [
                "hermes/byok-openai/serving@live", "hermes/byok-anthropic/serving@live", "hermes/byok-gemini/serving@live",
                "openclaw/byok-openai/serving@live", "openclaw/groq/serving@live", "google-adk/google/serving@live",
            ],
            id =>
            {
                var cell = Cell(verdict, id);
                Assert.Equal((CellState.Covered, "live-stand-in: live path proven, live vendor unchecked"), (cell.State, cell.Reason));
                Assert.Equal((cell.Expected.Id.Runtime, id.StartsWith("hermes", StringComparison.Ordinal) ? EngineKind.Emulated : EngineKind.Real), (cell.Engine?.Name, cell.Engine?.Kind));
                Assert.True(cell.Evidence!.Tokens?.Input > 0, "the runtime reported no tokens");
            });

        var (parity, said) = await ParityAsync(gate.Plan.LedgerPath);
        Assert.True(parity == 0, said);
        Assert.Contains("google-adk/google/serving (mock | live): same", said, StringComparison.Ordinal);
        Assert.Contains("6 same, 0 different", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stand_in_proves_the_live_path_of_the_incidents_on_runtimes_whose_real_agent_is_here()
    {
        var variables = Variables();
        variables["MOLECULE_SPEND_LIMIT_USD"] = "20";
        await using var gate = RunningGate.StartLive("live", "claude-code,codex", "", variables, "session-reset,data-swap,secrets");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        var verdict = gate.Verdict();
        ProvenButForTheVendor(
            verdict,
            "claude-code/anthropic-api/session-reset@live", "claude-code/anthropic-api/data-swap@live", "claude-code/-/secrets@live",
            "codex/openai-api/session-reset@live", "codex/openai-api/data-swap@live", "codex/-/secrets@live");
        Assert.DoesNotContain(vendor.Key, gate.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stand_in_proves_that_a_real_window_is_filled_overflown_and_healed_from_on_both_of_the_real_agents()
    {
        // The incident's Kimi; what it says to a conversation that is too long is the server's own, and how long that is.
        var variables = new Dictionary<string, string>
        {
            ["E2E_OPENAI_API_KEY"] = vendor.Key,
            ["E2E_KIMI_API_KEY"] = vendor.Key,
            ["MOLECULE_LIVE_URL_OPENAI_API"] = $"{vendor.Url}/v1",
            ["MOLECULE_LIVE_URL_KIMI_CODING"] = vendor.Url,

            // hermes has the same key.
            ["MOLECULE_LIVE_URL_BYOK_OPENAI"] = $"{vendor.Url}/v1",
            ["MOLECULE_SPEND_LIMIT_USD"] = "5",
        };
        await using var gate = RunningGate.StartLive("live", "", "", variables, "autoheal,autoheal-incident");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        var verdict = gate.Verdict();
        ProvenButForTheVendor(verdict, "codex/openai-api/autoheal@live", "-/-/autoheal-incident@live", "hermes/byok-openai/autoheal@live");

        Assert.StartsWith("unknown-window: prices.yaml has no window and price of 'kimi-coding/kimi-k2'", Cell(verdict, "hermes/kimi-coding/autoheal@live").Reason, StringComparison.Ordinal);
        Assert.Equal("no-credential: E2E_ANTHROPIC_API_KEY", Cell(verdict, "claude-code/anthropic-api/autoheal@live").Reason);

        // Between one and two windows each; what was refused is not paid for. On gpt-5.4-mini, kimi-for-coding and gpt-4o: 0.75, 0.95 and 5 USD a million.
        Assert.Matches(@"spent 1\.[6-9]\d* of 5 USD on 3 live cells\n", gate.Output);
    }

    [Fact]
    public async Task A_purse_that_does_not_hold_a_window_names_the_cell_that_would_fill_it()
    {
        var variables = Variables();
        variables["MOLECULE_SPEND_LIMIT_USD"] = "0.5";
        await using var gate = RunningGate.StartLive("live", "codex", "openai-api", variables, "autoheal");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        Assert.StartsWith("spend-limit: 0 of 0.5 USD are spent or bound and this cell may cost 0.", Cell(gate.Verdict(), "codex/openai-api/autoheal@live").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stand_in_proves_the_live_path_of_streams_and_conversations_and_one_that_keeps_its_answer_fails_the_stream()
    {
        var variables = Variables();
        variables["MOLECULE_SPEND_LIMIT_USD"] = "20";
        await using var keeping = new IndependentVendor { KeepsAnswers = true };
        await keeping.InitializeAsync();
        variables["E2E_OPENAI_API_KEY"] = keeping.Key;
        variables["MOLECULE_LIVE_URL_OPENAI_API"] = $"{keeping.Url}/v1";
        await using var gate = RunningGate.StartLive("live", "claude-code,codex", "anthropic-api,openai-api", variables, "streaming,continuity");

        await gate.EndAsync();

        var verdict = gate.Verdict();
        ProvenButForTheVendor(verdict, "claude-code/anthropic-api/streaming@live", "claude-code/anthropic-api/continuity@live", "codex/openai-api/continuity@live");
        var kept = Cell(verdict, "codex/openai-api/streaming@live");
        Assert.Equal(CellState.Failed, kept.State);
        Assert.Matches(" pieces came within [0-9]+ ms: an answer of that length takes its vendor seconds, and somebody has kept it", kept.Reason);
    }

    [Fact]
    public async Task Without_a_key_each_live_cell_of_an_incident_is_named_with_those_that_it_would_take()
    {
        await using var gate = RunningGate.StartLive("live", "codex,google-adk", "", new Dictionary<string, string>(), "session-reset,data-swap,secrets");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        Assert.Contains("codex/openai-api/data-swap@live: unchecked (no-credential: E2E_OPENAI_API_KEY)", gate.Output, StringComparison.Ordinal);
        Assert.Contains("codex/-/secrets@live: unchecked (no-credential: E2E_OPENAI_API_KEY or E2E_MINIMAX_API_KEY)", gate.Output, StringComparison.Ordinal);
        Assert.Contains("google-adk/vertex/session-reset@live: unchecked (no-credential: E2E_GOOGLE_APPLICATION_CREDENTIALS)", gate.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stand_in_does_not_satisfy_a_run_that_requires_the_vendor()
    {
        await using var gate = RunningGate.StartLive("live", "codex", "openai-api", Variables());

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        Assert.Contains($"{Codex}: required-but-unchecked: live-stand-in: live path proven, live vendor unchecked", gate.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_key_is_named_before_any_cell_and_an_empty_purse_lets_none_go()
    {
        var variables = Variables();
        variables["E2E_ANTHROPIC_API_KEY"] = $"sk-dead-{Guid.NewGuid():N}";
        variables["MOLECULE_SPEND_LIMIT_USD"] = "0.10";
        await using var gate = RunningGate.StartLive("live", "claude-code,codex", "anthropic-api,openai-api", variables);

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        Assert.Contains("preflight anthropic-api: DEAD KEY E2E_ANTHROPIC_API_KEY: 127.0.0.1:", gate.Output, StringComparison.Ordinal);
        var verdict = gate.Verdict();
        Assert.StartsWith("credential-refused: E2E_ANTHROPIC_API_KEY (", Cell(verdict, Claude).Reason, StringComparison.Ordinal);
        Assert.StartsWith("spend-limit: 0 of 0.1 USD are spent or bound and this cell may cost 0.52", Cell(verdict, Codex).Reason, StringComparison.Ordinal);
        Assert.All((string[])[Codex, Claude], id => Assert.Equal(CellState.Unchecked, Cell(verdict, id).State));
    }

    [Fact]
    public async Task A_purse_that_holds_one_turn_lets_that_cell_of_a_lane_go_and_names_the_longer_one()
    {
        await using var gate = RunningGate.StartLive("live", "codex", "openai-api", Variables(), "serving,session-reset");

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        var verdict = gate.Verdict();
        Assert.StartsWith("live-stand-in: ", Cell(verdict, Codex).Reason, StringComparison.Ordinal);

        // Four turns: 200,000 and 10,000 tokens at 5 and 30 USD a million.
        var longer = Cell(verdict, "codex/openai-api/session-reset@live");
        Assert.Equal(CellState.Unchecked, longer.State);
        Assert.Matches(@"^spend-limit: 0\.\d+ of 1 USD are spent or bound and this cell may cost 1\.3: raise", longer.Reason);
        Assert.Matches(@"spent 0\.\d+ of 1 USD on 1 live cells\n", gate.Output);
    }

    [Fact]
    public async Task Without_a_key_each_live_cell_is_named_with_the_missing_one()
    {
        await using var gate = RunningGate.StartLive("live", "claude-code,codex", "anthropic-api,openai-api", new Dictionary<string, string>());

        await gate.EndAsync();

        Assert.True(gate.ExitCode == 4, gate.Output);
        Assert.Contains($"{Codex}: unchecked (no-credential: E2E_OPENAI_API_KEY)", gate.Output, StringComparison.Ordinal);
        Assert.Contains($"{Claude}: unchecked (no-credential: E2E_ANTHROPIC_API_KEY)", gate.Output, StringComparison.Ordinal);
    }

    // A live run requires the vendor: that a stand-in has answered is all that is wrong.
    private static void ProvenButForTheVendor(RunVerdict verdict, params string[] ids) => Assert.All(ids, id =>
    {
        var cell = Cell(verdict, id);
        Assert.True(cell.State is CellState.Unchecked, $"{id}: {cell.State} {cell.Reason}");
        Assert.Equal("live-stand-in: live path proven, live vendor unchecked, and the vendor itself is required", cell.Reason);
    });

    private static async Task<(int ExitCode, string Output)> ParityAsync(string ledger)
    {
        await using var parity = Molecule.Tests.Workspace.RunningProgram.Start(
            "Molecule.Cli.dll", Path.GetTempPath(), Molecule.Tests.Workspace.RunningProgram.BareEnvironment(Path.GetTempPath()), "parity", ledger, ledger);
        await parity.WaitForExitAsync(TimeSpan.FromMinutes(1));
        return (parity.ExitCode, parity.Output);
    }

    private Dictionary<string, string> Variables() => new()
    {
        ["E2E_OPENAI_API_KEY"] = vendor.Key,
        ["E2E_ANTHROPIC_API_KEY"] = vendor.Key,
        ["MOLECULE_LIVE_URL_OPENAI_API"] = $"{vendor.Url}/v1",
        ["MOLECULE_LIVE_URL_ANTHROPIC_API"] = vendor.Url,
    };

    private static JudgedCell Cell(RunVerdict verdict, string id) => verdict.Cells.Single(cell => cell.Expected.Id.ToString() == id);
}

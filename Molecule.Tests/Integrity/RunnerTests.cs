using Molecule.Coverage.Verdict;

namespace Molecule.Tests.Integrity;

/// <summary>
/// The real test platform, run as a process in every way that has been seen to give a green exit for what did not run (design.md 4, "The runner is
/// not trusted"). The program is eng/gate-probe: the session consumer of Molecule.E2E.Tests over tests that are wrong on purpose.
/// </summary>
public sealed class RunnerTests(RunnerTests.ProbeCheckout checkout) : IClassFixture<RunnerTests.ProbeCheckout>
{
    [Fact]
    public async Task A_cell_that_is_rightly_run_is_green_at_the_process_and_in_the_verdict()
    {
        var variables = Selecting("steady");

        var (exitCode, output) = await checkout.Files.RunAsync(SpareCheckout.Probe, variables);

        Assert.True(exitCode == 0, output);
        var verdict = checkout.Files.Judge(variables);
        Assert.Empty(verdict.Findings);
        Assert.Equal(CellState.Covered, StateOf(verdict, "steady"));
    }

    [Theory]
    [InlineData("doubled", GateExit.Uncovered, "duplicate-evidence: 2 records")]
    [InlineData("claimed-twice", GateExit.Uncovered, "duplicate-result: 2 tests claim the cell")]
    [InlineData("undiscovered", GateExit.Uncovered, "not-executed: no test claimed the cell")]
    [InlineData("explicit", GateExit.Uncovered, "skipped: Not run (due to explicit test filtering)")]
    [InlineData("rowless", GateExit.Uncovered, "not-executed: no test claimed the cell")]
    [InlineData("skipped", GateExit.Uncovered, "skipped: -/-/skipped@mock is not for today")]
    [InlineData("silent", GateExit.Uncovered, "no-evidence: the test platform says passed")]
    [InlineData("retried", GateExit.Failed, "flaky: attempt 1: assertion: not this time, another attempt passed")]
    [InlineData("failing", GateExit.Failed, "attempt 1: assertion: not at all")]
    public async Task A_cell_that_is_wrongly_run_is_red_at_the_process_and_in_the_verdict(string feature, GateExit exit, string reason)
    {
        var variables = Selecting("steady", feature);

        var (exitCode, output) = await checkout.Files.RunAsync(SpareCheckout.Probe, variables);

        Assert.True(exitCode != 0, output);
        Assert.Contains($"failed {SpareCheckout.IdOf(feature)}", output, StringComparison.Ordinal);
        var verdict = checkout.Files.Judge(variables);
        Assert.Equal(exit, verdict.Exit);
        Assert.Contains(reason, ReasonOf(verdict, feature), StringComparison.Ordinal);
        Assert.Equal(CellState.Covered, StateOf(verdict, "steady"));
    }

    [Theory]
    [InlineData("exits")]
    [InlineData("crashes")]
    [InlineData("killed")]
    public async Task A_process_that_ends_before_the_end_record_is_red_although_its_cell_was_recorded(string feature)
    {
        var variables = Selecting(feature);

        var (exitCode, output) = await checkout.Files.RunAsync(SpareCheckout.Probe, variables);

        Assert.True(exitCode != 0, output);
        var verdict = checkout.Files.Judge(variables);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.False(verdict.IsComplete);
        Assert.Contains(verdict.Findings, static finding => finding.Text == "ledger: there is no end record: the run was cut short");
    }

    [Theory]
    [InlineData("--ignore-exit-code", "2")]
    [InlineData("--ignore-exit-code:2")]
    [InlineData("--ignore-exit-code=2")]
    [InlineData("-ignore-exit-code", "2")]
    [InlineData("@ignore.rsp")]
    public async Task An_option_that_hides_the_exit_code_is_refused_in_every_spelling(params string[] arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(checkout.Files.Repository.Root, "ignore.rsp"), "--ignore-exit-code 2\n", TestContext.Current.CancellationToken);

        await IsRefusedAsync(Selecting("steady", "silent"), "molecule: this session would hide its exit code", arguments);
    }

    [Fact]
    public async Task A_variable_that_hides_the_exit_code_is_refused()
    {
        var variables = Selecting("steady", "silent");
        variables["TESTINGPLATFORM_EXITCODE_IGNORE"] = "2;8";

        await IsRefusedAsync(variables, "molecule: this session would hide its exit code");
    }

    [Fact]
    public Task The_console_runner_that_can_ignore_failures_is_refused() =>
        IsRefusedAsync(Selecting("steady", "silent"), "molecule: this program runs under Microsoft.Testing.Platform alone", "-automated", "-ignoreFailures");

    [Fact]
    public Task A_feature_that_does_not_exist_is_bad_usage_and_said_in_a_sentence() =>
        IsRefusedAsync(Selecting("steady", "nonsense"), "molecule: there is no feature 'nonsense'; known: ");

    [Fact]
    public async Task A_test_filter_that_matches_nothing_leaves_its_cells_uncovered_and_the_process_red()
    {
        var variables = Selecting("steady");

        var (exitCode, output) = await checkout.Files.RunAsync(SpareCheckout.Probe, variables, "--filter-method", "No.Such.Test");

        Assert.True(exitCode != 0, output);
        var verdict = checkout.Files.Judge(variables);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.Equal("not-executed: no test claimed the cell", ReasonOf(verdict, "steady"));
    }

    [Fact]
    public async Task A_second_run_is_refused_the_ledger_of_the_first_and_does_not_live_off_it()
    {
        var first = Selecting("steady");
        var second = Selecting("steady");
        first["MOLECULE_LEDGER"] = second["MOLECULE_LEDGER"] = Path.Combine(checkout.Files.Repository.Root, $"{first["MOLECULE_RUN"]}.jsonl");
        Assert.Equal(0, (await checkout.Files.RunAsync(SpareCheckout.Probe, first)).ExitCode);
        var written = await File.ReadAllBytesAsync(first["MOLECULE_LEDGER"], TestContext.Current.CancellationToken);

        var (exitCode, output) = await checkout.Files.RunAsync(SpareCheckout.Probe, second);

        Assert.True(exitCode == 1, output);
        Assert.Contains("already exists", output, StringComparison.Ordinal);
        Assert.Equal(written, await File.ReadAllBytesAsync(first["MOLECULE_LEDGER"], TestContext.Current.CancellationToken));
        Assert.Equal(GateExit.Green, checkout.Files.Judge(first).Exit);
        var verdict = checkout.Files.Judge(second);
        Assert.Equal((GateExit.Uncovered, CellState.Uncovered), (verdict.Exit, StateOf(verdict, "steady")));
        Assert.Contains(verdict.Findings, finding => finding.Text == $"ledger: line 1: it is the ledger of run {first["MOLECULE_RUN"]}, not of {second["MOLECULE_RUN"]}");
    }

    [Fact]
    public async Task A_key_that_stands_in_what_a_run_leaves_fails_the_run_without_being_repeated()
    {
        var variables = Selecting("leaks");
        variables["E2E_PROBE_KEY"] = $"key-{Guid.NewGuid():N}";
        var without = Selecting("steady");
        without["E2E_PROBE_KEY"] = variables["E2E_PROBE_KEY"];

        var (exitCode, output) = await checkout.Files.RunAsync(SpareCheckout.Probe, variables);

        Assert.True(exitCode != 0, output);
        var verdict = checkout.Files.Judge(variables);
        Assert.Equal(GateExit.Failed, verdict.Exit);
        var text = Assert.Single(verdict.Findings).Text;
        Assert.StartsWith("secret-leaked: ", text, StringComparison.Ordinal);
        Assert.EndsWith(" holds the secret 'E2E_PROBE_KEY'", text, StringComparison.Ordinal);
        Assert.Equal(0, (await checkout.Files.RunAsync(SpareCheckout.Probe, without)).ExitCode);
    }

    private async Task IsRefusedAsync(Dictionary<string, string> variables, string sentence, params string[] arguments)
    {
        var (exitCode, output) = await checkout.Files.RunAsync(SpareCheckout.Probe, variables, [.. arguments]);

        Assert.True(exitCode == 2, output);
        Assert.Contains(sentence, output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(checkout.Files.Repository.Artifacts, "runs", variables["MOLECULE_RUN"], "ledger.jsonl")));
    }

    private static Dictionary<string, string> Selecting(params string[] features) =>
        new() { ["MOLECULE_RUN"] = $"t-{Guid.NewGuid():N}", ["MOLECULE_FEATURES"] = string.Join(',', features) };

    private static CellState StateOf(RunVerdict verdict, string feature) => Cell(verdict, feature).State;

    private static string? ReasonOf(RunVerdict verdict, string feature) => Cell(verdict, feature).Reason;

    private static JudgedCell Cell(RunVerdict verdict, string feature) => verdict.Cells.Single(cell => cell.Expected.Id.Feature == feature);

    /// <summary>One checkout for all: each run has a ledger of its own.</summary>
    public sealed class ProbeCheckout : IDisposable
    {
        public SpareCheckout Files { get; } = new(
            "steady", "doubled", "claimed-twice", "undiscovered", "explicit", "rowless", "skipped", "silent", "retried", "failing", "exits", "crashes", "killed", "leaks");

        public void Dispose() => Files.Dispose();
    }
}

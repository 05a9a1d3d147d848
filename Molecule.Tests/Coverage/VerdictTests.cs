using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

public sealed class VerdictTests
{
    [Fact]
    public void A_run_whose_every_cell_is_proven_is_green()
    {
        var verdict = JudgeGreen();

        Assert.Empty(verdict.Findings);
        Assert.Equal(GateExit.Green, verdict.Exit);
        Assert.True(verdict.IsComplete);
        Assert.Equal(new VerdictTotals(5, 3, 1, 0, 0, 0, 1, 0, 0, 0), verdict.Totals);
    }

    [Fact]
    public void A_failed_record_fails_its_cell_even_when_the_platform_says_passed()
    {
        var verdict = JudgeWith(Serving, Proof(Serving) with { Outcome = CellOutcome.Failed, Reason = "wrong answer" }, Result(Serving));

        AssertRed(verdict, Serving, CellState.Failed, GateExit.Failed, "attempt 1: wrong answer");
    }

    [Theory]
    [InlineData(TestOutcome.Failed)]
    [InlineData(TestOutcome.Error)]
    public void A_failed_result_fails_its_cell_even_when_the_record_says_passed(TestOutcome outcome)
    {
        var verdict = JudgeWith(Serving, Proof(Serving), Result(Serving, outcome, "boom"));

        AssertRed(verdict, Serving, CellState.Failed, GateExit.Failed, "boom");
    }

    [Fact]
    public void A_cell_that_passed_after_a_failure_is_failed_and_called_flaky()
    {
        var verdict = JudgeWith(
            Serving,
            Proof(Serving) with { Outcome = CellOutcome.Failed, Reason = "cut stream" },
            Result(Serving, TestOutcome.Failed),
            Proof(Serving) with { Attempt = 2 },
            Result(Serving));

        AssertRed(verdict, Serving, CellState.Failed, GateExit.Failed, "flaky: attempt 1: cut stream");
    }

    [Fact]
    public void A_cell_that_nothing_executed_is_uncovered() =>
        AssertRed(JudgeWith(Serving), Serving, CellState.Uncovered, GateExit.Uncovered, "not-executed: no test claimed the cell");

    [Fact]
    public void A_skipped_cell_is_uncovered() =>
        AssertRed(JudgeWith(Serving, Result(Serving, TestOutcome.Skipped, "no key")), Serving, CellState.Uncovered, GateExit.Uncovered, "skipped: no key");

    [Fact]
    public void A_skipped_cell_that_left_a_passed_record_is_uncovered() =>
        AssertRed(JudgeWith(Serving, Proof(Serving), Result(Serving, TestOutcome.Skipped, "no key")), Serving, CellState.Uncovered, GateExit.Uncovered, "skipped: no key");

    [Fact]
    public void A_result_without_a_record_is_uncovered() =>
        AssertRed(JudgeWith(Serving, Result(Serving)), Serving, CellState.Uncovered, GateExit.Uncovered, "no-evidence");

    [Fact]
    public void A_record_without_a_result_is_uncovered() =>
        AssertRed(JudgeWith(Serving, Proof(Serving)), Serving, CellState.Uncovered, GateExit.Uncovered, "no-result");

    [Fact]
    public void Two_records_of_one_cell_are_uncovered() =>
        AssertRed(JudgeWith(Serving, Proof(Serving), Proof(Serving), Result(Serving)), Serving, CellState.Uncovered, GateExit.Uncovered, "duplicate-evidence");

    [Fact]
    public void Two_results_of_one_cell_are_uncovered() =>
        AssertRed(JudgeWith(Serving, Proof(Serving), Result(Serving), Result(Serving)), Serving, CellState.Uncovered, GateExit.Uncovered, "duplicate-result");

    [Fact]
    public void A_cell_that_nothing_expects_is_named_and_red()
    {
        var extra = CellId.Parse("codex/openai-api/streaming@mock");
        var verdict = JudgeRecords(Expected, [.. RecordsOf(Expected), Proof(extra), Result(extra)]);

        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((GateExit.Uncovered, extra.ToString()), (finding.Exit, finding.Subject));
    }

    [Fact]
    public void A_pending_cell_that_was_executed_stays_pending_and_is_red()
    {
        var verdict = JudgeRecords(Expected, [.. RecordsOf(Expected), Proof(Pending), Result(Pending)]);

        Assert.Equal(CellState.Pending, verdict.Of(Pending).State);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.Contains(verdict.Findings, finding => finding.Subject == Pending.ToString() && finding.Text.StartsWith("extra", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cell_cannot_excuse_itself_in_mock_mode()
    {
        var verdict = JudgeWith(Serving, Proof(Serving) with { Outcome = CellOutcome.Unchecked, Reason = "credential-refused: E2E_OPENAI_API_KEY" }, Result(Serving, TestOutcome.Skipped));

        AssertRed(verdict, Serving, CellState.Uncovered, GateExit.Uncovered, "unchecked-without-leave");
    }

    [Fact]
    public void Requests_that_belong_to_no_cell_fail_the_run()
    {
        var verdict = JudgeRecords(Expected, RecordsOf(Expected), new RunProblem("unclaimed-request", "POST /v1/messages at minimax"));

        Assert.Equal(GateExit.Failed, verdict.Exit);
        Assert.Equal("run: unclaimed-request: POST /v1/messages at minimax", Assert.Single(verdict.Findings).ToString());
    }

    [Fact]
    public void The_cause_of_a_lost_graph_stands_at_each_cell_that_did_not_run()
    {
        var verdict = JudgeRecords(Expected, [Proof(Platform), Result(Platform)], new RunProblem("graph-lost", "control-plane exited with 137"));

        Assert.Equal(CellState.Uncovered, verdict.Of(Serving).State);
        Assert.Equal("not-executed: graph-lost: control-plane exited with 137", verdict.Of(Serving).Reason);
        Assert.Equal(CellState.Covered, verdict.Of(Platform).State);
        Assert.Equal(GateExit.Failed, verdict.Exit);
    }

    [Theory]
    [InlineData(-48)]
    [InlineData(48)]
    public void A_clock_that_was_set_during_the_run_changes_no_cell(int hours)
    {
        var run = Record(Expected, RecordsOf(Expected));
        var ended = run with { End = run.End! with { Ended = run.Start!.Started.AddHours(hours) } };

        var verdict = Judge.Run(ended, RunId, Expected, Now);

        Assert.Equal(GateExit.Green, verdict.Exit);
        Assert.True(verdict.IsComplete);
    }

    [Theory]
    [InlineData(TestOutcome.Passed, GateExit.Green)]
    [InlineData(TestOutcome.Failed, GateExit.Failed)]
    [InlineData(TestOutcome.Error, GateExit.Failed)]
    [InlineData(TestOutcome.Skipped, GateExit.Uncovered)]
    public void A_test_that_is_no_cell_must_pass_and_covers_nothing(TestOutcome outcome, GateExit exit)
    {
        var verdict = JudgeRecords(Expected, [.. RecordsOf(Expected), new LedgerResult(null, "Preflight", "uid", outcome, null)]);

        Assert.Equal(exit, verdict.Exit);
        Assert.Equal(JudgeGreen().Totals, verdict.Totals);
    }

    [Fact]
    public void A_run_that_covered_nothing_is_red_even_when_nothing_was_to_be_covered()
    {
        var onlyPending = Of(Expected.Cells.Single(cell => cell.Id == Pending));

        var verdict = JudgeRecords(onlyPending, []);

        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.StartsWith("nothing-covered", Assert.Single(verdict.Findings).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_codes_the_lowest_is_returned_and_all_are_listed()
    {
        var expired = Expected.With(Pending, cell => cell with { Entry = Entry(Today.AddDays(-1)) });

        var verdict = JudgeRecords(expired, [Proof(Serving) with { Outcome = CellOutcome.Failed, Reason = "x" }, Result(Serving, TestOutcome.Failed)]);

        Assert.Equal(GateExit.Failed, verdict.Exit);
        Assert.Equal([GateExit.Failed, GateExit.Uncovered, GateExit.Uncovered, GateExit.Uncovered, GateExit.Uncovered, GateExit.Expired], verdict.Findings.Select(finding => finding.Exit));
    }

    [Fact]
    public void A_lost_line_of_the_golden_list_is_red_by_the_cells_name()
    {
        var spoilt = Expected with { GoldenProblems = [new GoldenProblem(Serving, "gained: it does not stand in expected-cells.txt")] };

        var verdict = JudgeRecords(spoilt, RecordsOf(spoilt));

        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.Equal(Serving.ToString(), Assert.Single(verdict.Findings).Subject);
    }

    [Fact]
    public void A_ledger_whose_expectation_is_no_longer_the_files_is_red_by_the_cells_name()
    {
        var later = Expected.With(Pending, cell => cell with { Disposition = Disposition.Run, Entry = null });

        var verdict = Judge.Run(Record(Expected, RecordsOf(Expected)), RunId, later, Now);

        Assert.Contains(verdict.Findings, finding => finding.Subject == Pending.ToString() && finding.Text.StartsWith("expectation-differs", StringComparison.Ordinal));
        Assert.Equal(CellState.Uncovered, verdict.Of(Pending).State);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
    }

    [Fact]
    public void A_ledger_that_expected_more_than_the_files_do_is_red_by_the_cells_name()
    {
        var fewer = Of([.. Expected.Cells.Where(cell => cell.Id != Pending)]);

        var verdict = Judge.Run(Record(Expected, RecordsOf(Expected)), RunId, fewer, Now);

        Assert.Equal(Pending.ToString(), Assert.Single(verdict.Findings).Subject);
    }

    [Fact]
    public void The_ledger_of_another_run_covers_nothing()
    {
        var verdict = Judge.Run(Record(Expected, RecordsOf(Expected)), "r2", Expected, Now);

        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.Equal((0, 4), (verdict.Totals.Covered + verdict.Totals.CoveredEmulated, verdict.Totals.Uncovered));
        Assert.Contains(verdict.Findings, finding => finding.Text == "ledger: line 1: it is the ledger of run r1, not of r2");
    }

    [Fact]
    public void A_second_attempt_without_the_first_is_uncovered() =>
        AssertRed(JudgeWith(Serving, Proof(Serving) with { Attempt = 2 }, Result(Serving)), Serving, CellState.Uncovered, GateExit.Uncovered, "lost-attempt: the only record is attempt 2");

    [Fact]
    public void A_file_that_changed_since_the_run_is_named()
    {
        foreach (var (name, changed) in new[]
        {
            ("the registry ", Sources with { RegistrySha256 = "other" }),
            ("the registry's fingerprint", Sources with { RegistryFingerprint = "other" }),
            ("coverage.yaml", Sources with { CoverageSha256 = "other" }),
            ("expected-cells.txt", Sources with { GoldenSha256 = "other" }),
        })
        {
            var verdict = Judge.Run(Record(Expected, RecordsOf(Expected)), RunId, Expected with { Sources = changed }, Now);

            Assert.Equal(GateExit.Uncovered, verdict.Exit);
            Assert.StartsWith($"changed-since: {name}", Assert.Single(verdict.Findings).Text, StringComparison.Ordinal);
        }
    }

    private static void AssertRed(RunVerdict verdict, CellId cell, CellState state, GateExit exit, string reason)
    {
        Assert.Equal(state, verdict.Of(cell).State);
        Assert.Contains(reason, verdict.Of(cell).Reason, StringComparison.Ordinal);
        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((exit, cell.ToString()), (finding.Exit, finding.Subject));
        Assert.Contains(reason, finding.Text, StringComparison.Ordinal);
        Assert.Equal(exit, verdict.Exit);
    }
}

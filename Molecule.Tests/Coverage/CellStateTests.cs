using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>Each state, where it must and where it must not arise. Covered, failed and uncovered are VerdictTests' subject as well.</summary>
public sealed class CellStateTests
{
    [Fact]
    public void A_proven_cell_is_covered_and_shows_its_engine_and_evidence()
    {
        var cell = JudgeGreen().Of(Serving);

        Assert.Equal((CellState.Covered, null, false), (cell.State, cell.Reason, cell.IsCoveredEmulated));
        Assert.Equal("codex 0.169.0 (real)", cell.Engine?.ToString());
        Assert.Equal("MIRELO-KAVODU", cell.Evidence?.Answer);
    }

    [Fact]
    public void An_emulated_engine_covers_apart_where_the_feature_allows_it()
    {
        var verdict = JudgeGreen();

        Assert.True(verdict.Of(Emulated).IsCoveredEmulated);
        Assert.Equal((3, 1), (verdict.Totals.Covered, verdict.Totals.CoveredEmulated));
    }

    [Fact]
    public void An_emulated_engine_covers_nothing_where_the_feature_does_not_allow_it()
    {
        var strict = Expected.With(Emulated, cell => cell with { Emulated = EmulatedPolicy.MayNotGate });

        var cell = JudgeRecords(strict, RecordsOf(strict)).Of(Emulated);

        Assert.Equal((CellState.Uncovered, GateExit.Uncovered), (cell.State, cell.Exit));
        Assert.StartsWith("emulated: hermes 1.0 (emulated)", cell.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, GateExit.Expired)]
    [InlineData(0, GateExit.Green)]
    [InlineData(1, GateExit.Green)]
    public void A_pending_entry_holds_through_its_last_day_and_then_exits_5(int days, GateExit exit)
    {
        var expectation = Expected.With(Pending, cell => cell with { Entry = Entry(Today.AddDays(days)) });

        var verdict = JudgeRecords(expectation, RecordsOf(expectation));

        Assert.Equal(CellState.Pending, verdict.Of(Pending).State);
        Assert.Equal(exit, verdict.Exit);
        Assert.Equal(exit is GateExit.Green ? [] : [Pending.ToString()], verdict.Findings.Select(finding => finding.Subject));

        // What is red already is not announced once more.
        Assert.Equal(exit is GateExit.Green, verdict.Warnings.Length == 1);
    }

    [Theory]
    [InlineData(15, 0)]
    [InlineData(14, 1)]
    [InlineData(0, 1)]
    public void An_entry_is_warned_of_14_days_ahead(int days, int warnings)
    {
        var expectation = Expected.With(Pending, cell => cell with { Entry = Entry(Today.AddDays(days)) });

        var verdict = JudgeRecords(expectation, RecordsOf(expectation));

        Assert.Equal(warnings, verdict.Warnings.Length);
        Assert.All(verdict.Warnings, warning => Assert.StartsWith($"{Pending}: ", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void A_pending_entry_that_was_lost_on_the_way_counts_as_expired()
    {
        var expectation = Expected.With(Pending, cell => cell with { Entry = null });

        var verdict = JudgeRecords(expectation, RecordsOf(expectation));

        Assert.Equal((GateExit.Expired, "expired: no entry"), (verdict.Exit, Assert.Single(verdict.Findings).Text));
    }

    [Fact]
    public void A_not_applicable_cell_is_counted_apart_from_the_expected_ones()
    {
        var expectation = Expected.With(Serving, cell => cell with { Disposition = Disposition.NotApplicable, Entry = new WrittenEntry("no such wire", "ann", Link: "https://example.org", Date: Today) });

        var verdict = JudgeRecords(expectation, RecordsOf(expectation));

        Assert.Equal(GateExit.Green, verdict.Exit);
        Assert.Equal((CellState.NotApplicable, "no such wire"), (verdict.Of(Serving).State, verdict.Of(Serving).Reason));
        Assert.Equal((4, 1), (verdict.Totals.Expected, verdict.Totals.NotApplicable));
    }

    [Theory]
    [InlineData(false, GateExit.Green)]
    [InlineData(true, GateExit.Uncovered)]
    public void An_unchecked_cell_is_red_only_where_its_capability_is_required(bool isRequired, GateExit exit)
    {
        var expectation = Expected.With(Serving, cell => cell with { Disposition = Disposition.Unchecked, Lacks = "containers", Reason = "no-capability: containers (container engine)" });
        expectation = expectation with { Request = expectation.Request with { Require = isRequired ? ["desktop", "containers"] : ["desktop"] } };

        var verdict = JudgeRecords(expectation, RecordsOf(expectation));

        Assert.Equal((CellState.Unchecked, "no-capability: containers (container engine)"), (verdict.Of(Serving).State, verdict.Of(Serving).Reason));
        Assert.Equal(exit, verdict.Exit);
        Assert.Equal(isRequired ? [$"{Serving}: required-but-unchecked: no-capability: containers (container engine)"] : [], verdict.Findings.Select(finding => finding.ToString()));
        Assert.Equal(1, verdict.Totals.Unchecked);
    }

    [Theory]
    [InlineData(RunMode.Both, GateExit.Green)]
    [InlineData(RunMode.Live, GateExit.Uncovered)]
    public void A_key_that_the_vendor_refuses_leaves_a_live_cell_unchecked_and_live_mode_requires_it(RunMode mode, GateExit exit)
    {
        var expectation = WithLive(mode);

        var verdict = JudgeWith(expectation, Live, Proof(Live) with { Outcome = CellOutcome.Unchecked, Reason = "credential-refused: E2E_OPENAI_API_KEY" }, Result(Live, TestOutcome.Skipped));

        Assert.Equal((CellState.Unchecked, "credential-refused: E2E_OPENAI_API_KEY"), (verdict.Of(Live).State, verdict.Of(Live).Reason));
        Assert.Equal(exit, verdict.Exit);
    }

    [Theory]
    [InlineData("unknown-price: prices.yaml has no price of gpt-5.5")]
    [InlineData("unknown-window: prices.yaml has no window and price of 'gpt-5.5'")]
    [InlineData("spend-limit: 0.9 of 1 USD are spent or bound and this cell may cost 0.52")]
    public void A_cell_without_a_price_or_without_money_for_it_is_unchecked_and_red_where_live_is_required(string reason)
    {
        var said = Proof(Live) with { Outcome = CellOutcome.Unchecked, Reason = reason };

        foreach (var (mode, exit) in ((RunMode, GateExit)[])[(RunMode.Both, GateExit.Green), (RunMode.Live, GateExit.Uncovered)])
        {
            var verdict = JudgeWith(WithLive(mode), Live, said, Result(Live));

            Assert.Equal((CellState.Unchecked, reason, exit), (verdict.Of(Live).State, verdict.Of(Live).Reason, verdict.Exit));
        }
    }

    [Theory]
    [InlineData("unknown-price: prices.yaml has no price of gpt-5.5")]
    [InlineData("unknown-window: prices.yaml has no window and price of 'gpt-5.5'")]
    [InlineData("spend-limit: 0.9 of 1 USD are spent or bound and this cell may cost 0.52")]
    [InlineData("credential-refused: E2E_OPENAI_API_KEY")]
    public void A_mock_cell_costs_nothing_and_cannot_excuse_itself_by_money_or_keys(string reason)
    {
        var verdict = JudgeWith(WithLive(RunMode.Both), Serving, Proof(Serving) with { Outcome = CellOutcome.Unchecked, Reason = reason }, Result(Serving));

        Assert.Equal((CellState.Uncovered, GateExit.Uncovered, $"unchecked-without-leave: {reason}"), (verdict.Of(Serving).State, verdict.Exit, verdict.Of(Serving).Reason));
    }

    [Theory]
    [InlineData("unknown-price")]
    [InlineData("it was spend-limit: 1")]
    public void An_excuse_counts_by_its_whole_code_at_its_start(string reason)
    {
        var verdict = JudgeWith(WithLive(RunMode.Both), Live, Proof(Live) with { Outcome = CellOutcome.Unchecked, Reason = reason }, Result(Live));

        Assert.Equal((CellState.Uncovered, GateExit.Uncovered), (verdict.Of(Live).State, verdict.Exit));
    }

    [Fact]
    public void A_live_cell_cannot_excuse_itself_by_another_reason()
    {
        var verdict = JudgeWith(WithLive(RunMode.Both), Live, Proof(Live) with { Outcome = CellOutcome.Unchecked, Reason = "felt unwell" }, Result(Live, TestOutcome.Skipped));

        Assert.Equal((CellState.Uncovered, GateExit.Uncovered), (verdict.Of(Live).State, verdict.Exit));
    }

    [Theory]
    [InlineData(RunMode.Both, CellState.Covered, GateExit.Green)]
    [InlineData(RunMode.Live, CellState.Unchecked, GateExit.Uncovered)]
    public void A_stand_in_proves_the_live_path_and_does_not_satisfy_require_live(RunMode mode, CellState state, GateExit exit)
    {
        var verdict = JudgeWith(WithLive(mode), Live, Proof(Live) with { Reached = ReachedMode.LiveStandIn }, Result(Live));

        Assert.Equal(state, verdict.Of(Live).State);
        Assert.StartsWith("live-stand-in", verdict.Of(Live).Reason, StringComparison.Ordinal);
        Assert.Equal(state is CellState.Covered, verdict.Of(Live).IsCoveredByStandIn);
        Assert.False(verdict.Of(Serving).IsCoveredByStandIn);
        Assert.Equal(exit, verdict.Exit);
    }

    [Fact]
    public void A_known_failure_that_fails_is_known_failing_and_does_not_gate()
    {
        var expectation = Marked(Disposition.KnownFailing);

        var verdict = JudgeWith(expectation, Serving, Failure(), Result(Serving, TestOutcome.Failed));

        Assert.Equal((CellState.KnownFailing, GateExit.Green), (verdict.Of(Serving).State, verdict.Exit));
        Assert.Equal("not built yet [issue 4, ann, until 2026-12-02] (attempt 1: wrong answer)", verdict.Of(Serving).Reason);
    }

    [Fact]
    public void A_known_failure_that_passes_is_red() =>
        AssertStale(JudgeRecords(Marked(Disposition.KnownFailing), RecordsOf(Marked(Disposition.KnownFailing))));

    [Theory]
    [InlineData(Disposition.KnownFailing)]
    [InlineData(Disposition.Quarantined)]
    public void An_entry_excuses_no_cell_that_did_not_run(Disposition disposition)
    {
        var verdict = JudgeWith(Marked(disposition), Serving);

        Assert.Equal((CellState.Uncovered, GateExit.Uncovered), (verdict.Of(Serving).State, verdict.Exit));
    }

    [Theory]
    [InlineData(Disposition.KnownFailing)]
    [InlineData(Disposition.Quarantined)]
    public void An_expired_entry_exits_5(Disposition disposition)
    {
        var verdict = JudgeWith(Marked(disposition, days: -1), Serving, Failure(), Result(Serving, TestOutcome.Failed));

        Assert.Equal(GateExit.Expired, verdict.Exit);
        Assert.Equal(Serving.ToString(), Assert.Single(verdict.Findings).Subject);
    }

    [Fact]
    public void A_quarantined_cell_neither_gates_nor_is_covered_whether_it_passes_or_fails()
    {
        var expectation = Marked(Disposition.Quarantined);

        var passed = JudgeRecords(expectation, RecordsOf(expectation));
        var failed = JudgeWith(expectation, Serving, Failure(), Result(Serving, TestOutcome.Failed));

        Assert.Equal((CellState.Quarantined, GateExit.Green), (passed.Of(Serving).State, passed.Exit));
        Assert.Equal((CellState.Quarantined, GateExit.Green), (failed.Of(Serving).State, failed.Exit));
        Assert.EndsWith("(passed)", passed.Of(Serving).Reason, StringComparison.Ordinal);
        Assert.Contains("attempt 1: wrong answer", failed.Of(Serving).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_that_the_filter_leaves_out_is_uncovered_and_does_not_gate()
    {
        var expectation = Expected.With(Serving, cell => cell with { Disposition = Disposition.NotSelected, Reason = "filtered" });

        var verdict = JudgeRecords(expectation, RecordsOf(expectation));

        Assert.Equal((CellState.Uncovered, "filtered", GateExit.Green), (verdict.Of(Serving).State, verdict.Of(Serving).Reason, verdict.Exit));
        Assert.Equal(1, verdict.NotSelected);
    }

    private static LedgerCell Failure() => Proof(Serving) with { Outcome = CellOutcome.Failed, Reason = "wrong answer" };

    private static Expectation Marked(Disposition disposition, int days = 10) =>
        Expected.With(Serving, cell => cell with { Disposition = disposition, Entry = Entry(Today.AddDays(days)) });

    private static Expectation WithLive(RunMode mode) =>
        Expected with { Cells = [.. Expected.Cells, Cell(Live)], Request = Expected.Request with { Mode = mode } };

    private static void AssertStale(RunVerdict verdict)
    {
        Assert.Equal((CellState.Failed, GateExit.Failed), (verdict.Of(Serving).State, verdict.Exit));
        Assert.StartsWith("unexpected-pass", verdict.Of(Serving).Reason, StringComparison.Ordinal);
    }
}

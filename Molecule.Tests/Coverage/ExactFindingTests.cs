using Molecule.Contracts.Engines;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>What a person reads of a red run, to the letter.</summary>
public sealed class ExactFindingTests
{
    [Fact]
    public void A_cell_whose_expectation_has_changed_says_how_it_was_taken_and_what_the_files_say()
    {
        var later = Expected.With(Pending, static cell => cell with { Disposition = Disposition.Run, Entry = null });
        var fewer = Expected with { Cells = [.. Expected.Cells.Where(static cell => cell.Id != Refusal)] };

        Assert.Contains($"{Pending}: expectation-differs: the run took it as pending (not built yet), the files say run", Findings(Expected, later));
        var without = Expected.With(Serving, static cell => cell with { Disposition = Disposition.Unchecked, Reason = "no-capability: containers" });
        Assert.Contains($"{Serving}: expectation-differs: the run took it as unchecked (no-capability: containers), the files say run", Findings(without, Expected));
        Assert.Contains($"{Refusal}: expectation-differs: the run did not expect it", Findings(fewer, Expected));
        Assert.Contains($"{Refusal}: expectation-differs: the run expected it, the files do not", Findings(Expected, fewer));
    }

    [Fact]
    public void A_file_that_is_there_no_longer_is_none()
    {
        var without = Expected with { Sources = Sources with { GoldenSha256 = null } };

        Assert.Equal(["run: changed-since: expected-cells.txt was golden-sha when the run started and is none"], Findings(Expected, without));
        Assert.Equal(["run: changed-since: expected-cells.txt was none when the run started and is golden-sha"], Findings(without, Expected));
    }

    [Fact]
    public void A_cell_that_ran_unasked_says_why_it_should_not_have()
    {
        var extra = CellId.Parse("codex/openai-api/streaming@mock");

        Assert.Equal([$"{extra}: extra: it was executed and nothing expects it"], Of(JudgeRecords(Expected, [.. RecordsOf(Expected), Proof(extra)])));
        Assert.Equal([$"{extra}: extra: it was executed and nothing expects it"], Of(JudgeRecords(Expected, [.. RecordsOf(Expected), Result(extra)])));
        Assert.Equal([$"{Pending}: extra: it was executed although it is pending"], Of(JudgeRecords(Expected, [.. RecordsOf(Expected), Proof(Pending)])));
    }

    [Theory]
    [InlineData(TestOutcome.Failed, "boom", "Preflight: failed: boom")]
    [InlineData(TestOutcome.Error, null, "Preflight: failed: no detail")]
    [InlineData(TestOutcome.Skipped, null, "Preflight: skipped: no detail")]
    public void A_test_that_is_no_cell_says_what_became_of_it(TestOutcome outcome, string? detail, string text) =>
        Assert.Equal([text], Of(JudgeRecords(Expected, [.. RecordsOf(Expected), new LedgerResult(null, "Preflight", "uid", outcome, detail)])));

    [Theory]
    [InlineData(TestOutcome.Failed, "boom", "failed: test failed: boom")]
    [InlineData(TestOutcome.Error, "boom", "failed: test broke off: boom")]
    [InlineData(TestOutcome.Failed, null, "failed: test failed: Serving(codex/openai-api/serving@mock)")]
    [InlineData(TestOutcome.Skipped, "not today", "uncovered: skipped: not today")]
    [InlineData(TestOutcome.Skipped, null, "uncovered: skipped: Serving(codex/openai-api/serving@mock)")]
    public void A_cell_whose_test_did_not_pass_says_so_in_the_tests_words(TestOutcome outcome, string? detail, string text)
    {
        Assert.Equal([$"{Serving}: {text}"], Of(JudgeWith(Serving, Proof(Serving), Result(Serving, outcome, detail))));
        Assert.Equal([$"{Serving}: {text}"], Of(JudgeWith(Serving, Result(Serving, outcome, detail))));
    }

    [Fact]
    public void A_cell_without_exactly_one_record_and_one_result_says_what_there_is()
    {
        Assert.Equal([$"{Serving}: uncovered: lost-attempt: the only record is attempt 2"], Of(JudgeWith(Serving, Proof(Serving) with { Attempt = 2 }, Result(Serving))));
        Assert.Equal([$"{Serving}: uncovered: duplicate-evidence: 2 records"], Of(JudgeWith(Serving, Proof(Serving), Proof(Serving), Result(Serving))));
        Assert.Equal(
            [$"{Serving}: uncovered: duplicate-result: 2 tests claim the cell (Serving({Serving}), other)"],
            Of(JudgeWith(Serving, Proof(Serving), Result(Serving), Result(Serving) with { Test = "other" })));
        Assert.Equal([$"{Serving}: uncovered: no-evidence: the test platform says passed, the ledger holds no record of the cell"], Of(JudgeWith(Serving, Result(Serving))));
        Assert.Equal([$"{Serving}: uncovered: no-result: the ledger holds a record, the test platform has not spoken of the cell"], Of(JudgeWith(Serving, Proof(Serving))));
    }

    [Fact]
    public void A_pass_after_a_failure_is_called_flaky_and_a_failure_alone_is_not()
    {
        var failed = Proof(Serving) with { Outcome = CellOutcome.Failed, Reason = "cut stream" };

        Assert.Equal([$"{Serving}: failed: flaky: attempt 1: cut stream, another attempt passed"], Of(JudgeWith(Serving, failed, Proof(Serving) with { Attempt = 2 }, Result(Serving))));
        Assert.Equal([$"{Serving}: failed: flaky: test failed: x, another attempt passed"], Of(JudgeWith(Serving, Proof(Serving), Result(Serving, TestOutcome.Failed, "x"), Result(Serving))));
        Assert.Equal([$"{Serving}: failed: attempt 1: cut stream"], Of(JudgeWith(Serving, failed, Result(Serving, TestOutcome.Failed, "x"))));
        Assert.Equal([$"{Serving}: failed: attempt 1: cut stream"], Of(JudgeWith(Serving, failed, Result(Serving))));
    }

    [Fact]
    public void An_entry_stands_with_its_issue_its_owner_and_its_last_day()
    {
        var last = Today.AddDays(-1);
        var expired = Expected.With(Pending, cell => cell with { Entry = Entry(last) });
        var soon = Expected.With(Pending, cell => cell with { Entry = Entry(Today) });

        Assert.Equal([$"{Pending}: expired: not built yet [issue 4, ann, until {last:yyyy-MM-dd}]"], Of(JudgeRecords(expired, RecordsOf(expired))));
        Assert.Equal([$"{Pending}: its pending entry expires on {Today:yyyy-MM-dd} (ann, issue 4)"], JudgeRecords(soon, RecordsOf(soon)).Warnings);
    }

    [Fact]
    public void A_stand_in_of_another_engine_or_without_one_is_named()
    {
        var other = new EngineIdentity("codex", "0.1.0", EngineKind.Real);

        Assert.Equal([$"{Serving}: uncovered: unknown-engine: codex 0.1.0 (real) is none of the run's engines"], Of(JudgeWith(Serving, Proof(Serving) with { Engine = other }, Result(Serving))));
        Assert.Equal([$"{Serving}: uncovered: no-engine: the record does not say what ran"], Of(JudgeWith(Serving, Proof(Serving) with { Engine = null }, Result(Serving))));
    }

    private static IEnumerable<string> Findings(Expectation run, Expectation files) => Of(Judge.Run(Record(run, RecordsOf(run)), RunId, files, Now));

    private static IEnumerable<string> Of(RunVerdict verdict) => verdict.Findings.Select(static finding => finding.ToString());
}

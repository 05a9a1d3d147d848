using System.Collections.Immutable;
using CsCheck;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Tests.Coverage;

/// <summary>Ledgers of the repository's own matrix, merged.</summary>
public sealed class MergeTests
{
    private static readonly CoveragePlan Plan = OwnPlan.Read();
    private static readonly DateTimeOffset Now = SampleRun.Now;
    private static readonly RecordedRun Whole = Ledger(null, "whole");

    [Fact]
    public void A_whole_green_run_is_green_on_its_own_and_merged()
    {
        var alone = Judge.Run(Whole, "whole", Plan.Expect(RunRequest.Mock), Now);
        var merged = Merge(Whole);

        Assert.Equal((GateExit.Green, GateExit.Green), (alone.Exit, merged.Exit));
        Assert.Equal(new VerdictTotals(70, 56, 0, 0, 0, 0, 14, 0, 0, 0), merged.Totals);
        Assert.Equal(alone.Totals, merged.Totals);
    }

    [Fact]
    public void Shards_of_a_green_run_are_green_together_and_red_when_any_is_missing() => Gen.Int[2, 6].Sample(
        count =>
        {
            var shards = Enumerable.Range(1, count).Select(index => Ledger(CellFilter.None with { Shard = new Shard(index, count) }, $"s{index}")).ToImmutableArray();

            var all = Merge([.. shards]);
            Assert.Equal(GateExit.Green, all.Exit);
            Assert.Equal(new VerdictTotals(70, 56, 0, 0, 0, 0, 14, 0, 0, 0), all.Totals);

            foreach (var dropped in shards)
            {
                var rest = Merge([.. shards.Remove(dropped)]);
                var lost = dropped.Start!.Expected.Where(cell => cell.Disposition is not Disposition.NotSelected).Select(cell => cell.Id.ToString());
                Assert.Equal(GateExit.Uncovered, rest.Exit);
                Assert.Equal(lost.Order(), rest.Findings.Select(finding => finding.Subject).Order());
                Assert.All(rest.Findings, finding => Assert.Contains("in-no-ledger", finding.Text, StringComparison.Ordinal));
                Assert.Equal(70, rest.Totals.Expected);
            }
        },
        iter: 3,
        threads: 1);

    [Fact]
    public void A_cell_that_two_ledgers_hold_is_uncovered()
    {
        var again = Ledger(new CellFilter(["codex"], ["openai-api"], [], null), "again");

        var verdict = Merge(Whole, again);

        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.Equal("codex/openai-api/serving@mock: uncovered: held-twice: runs whole, again all hold it", Assert.Single(verdict.Findings).ToString());
    }

    [Fact]
    public void A_cell_that_one_ledger_excludes_and_another_holds_is_held_twice()
    {
        var excluding = SampleRun.Expected.With(SampleRun.Serving, static cell => cell with { Disposition = Disposition.NotApplicable, Entry = new WrittenEntry("no such wire", "ann") });
        excluding = excluding with { Request = RunRequest.Mock with { Require = ["desktop"] } };

        var verdict = Judge.Merge(
            [SampleRun.Record(excluding, [], "a"), SampleRun.Record(SampleRun.Expected, [], "b")],
            request => request.Require.IsEmpty ? SampleRun.Expected : excluding,
            RunRequest.Mock,
            "c0ffee",
            Now);

        Assert.Equal((CellState.Uncovered, "held-twice: runs a, b all hold it"), (verdict.Of(SampleRun.Serving).State, verdict.Of(SampleRun.Serving).Reason));
    }

    [Fact]
    public void No_ledger_at_all_is_no_verdict() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Judge.Merge([], Plan.Expect, RunRequest.Mock, "c0ffee", Now));

    [Fact]
    public void A_run_that_covered_nothing_says_so_of_the_run() => Assert.Contains(
        "run: nothing-covered: not one cell was covered",
        SampleRun.JudgeRecords(SampleRun.Expected, []).Findings.Select(static finding => finding.ToString()));

    [Fact]
    public void Filtered_runs_that_together_hold_every_cell_once_are_green()
    {
        var verdict = Merge(
            Ledger(new CellFilter(["codex", "claude-code"], [], [], null), "a"),
            Ledger(new CellFilter(["hermes", "openclaw", "google-adk"], [], [], null), "b"));

        Assert.Empty(verdict.Findings);
    }

    [Fact]
    public void A_filtered_run_is_green_on_its_own_and_not_as_the_whole()
    {
        var filter = new CellFilter(["codex"], [], [], null);
        var ledger = Ledger(filter, "codex");

        var alone = Judge.Run(ledger, "codex", Plan.Expect(RunRequest.Mock with { Filter = filter }), Now);

        Assert.Equal((GateExit.Green, 56), (alone.Exit, alone.NotSelected));
        Assert.Equal(GateExit.Uncovered, Merge(ledger).Exit);
    }

    [Fact]
    public void Ledgers_of_different_sources_cannot_be_merged()
    {
        var one = Ledger(CellFilter.None with { Shard = new Shard(1, 2) }, "s1");
        var two = Ledger(CellFilter.None with { Shard = new Shard(2, 2) }, "s2");

        var changed = Merge(one, two with { Start = two.Start! with { Dirty = "dd" } });
        var other = Merge(one, two with { Start = two.Start! with { Commit = null } });

        var finding = Assert.Single(changed.Findings);
        Assert.Equal((GateExit.Uncovered, "run s2: unlike-source: it ran commit c0ffee with changes, run s1 ran commit c0ffee"), (finding.Exit, finding.ToString()));
        Assert.Equal(
            ["run s2: unlike-source: it ran commit unknown, run s1 ran commit c0ffee", "run s2: stale: it ran commit unknown, the checkout is at c0ffee: run the gate again"],
            other.Findings.Select(found => found.ToString()));
    }

    [Fact]
    public void A_ledger_of_another_commit_than_the_checkouts_is_red()
    {
        var verdict = Judge.Merge([Whole], Plan.Expect, RunRequest.Mock, "beef", Now);

        var finding = Assert.Single(verdict.Findings);
        Assert.Equal((GateExit.Uncovered, "run whole: stale: it ran commit c0ffee, the checkout is at beef: run the gate again"), (finding.Exit, finding.ToString()));
    }

    [Fact]
    public void Evidence_that_cells_of_two_ledgers_show_covers_neither()
    {
        CellFilter Only(string runtime) => new([runtime], [], [], null);
        var one = Ledger(Only("codex"), "a");
        var other = Ledger(new CellFilter(["claude-code", "hermes", "openclaw", "google-adk"], [], [], null), "b");
        var (theirs, mine) = (CellId.Parse("codex/openai-api/serving@mock"), CellId.Parse("claude-code/minimax/serving@mock"));
        var stolen = other with
        {
            Cells = [.. other.Cells.Select(cell => cell.Cell == mine ? cell with { Evidence = cell.Evidence! with { Trace = SampleRun.Proof(theirs).Evidence!.Trace } } : cell)],
        };

        Assert.Equal(GateExit.Green, Merge(one, other).Exit);
        var verdict = Merge(one, stolen);

        Assert.Equal([mine.ToString(), theirs.ToString()], verdict.Findings.Select(finding => finding.Subject).Order());
        Assert.All(verdict.Findings, finding => Assert.Contains("reused-evidence", finding.Text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_shard_whose_ledger_was_cut_short_keeps_the_whole_from_being_green()
    {
        var one = Ledger(CellFilter.None with { Shard = new Shard(1, 2) }, "s1");
        var two = SampleRun.Read([], "s2.jsonl");

        var verdict = Merge(one, two);

        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.False(verdict.IsComplete);
    }

    private static RunVerdict Merge(params ImmutableArray<RecordedRun> ledgers) => Judge.Merge(ledgers, Plan.Expect, RunRequest.Mock, "c0ffee", Now);

    private static RecordedRun Ledger(CellFilter? filter, string run)
    {
        var expectation = Plan.Expect(RunRequest.Mock with { Filter = filter });
        return SampleRun.Record(expectation, SampleRun.RecordsOf(expectation, run), run);
    }
}

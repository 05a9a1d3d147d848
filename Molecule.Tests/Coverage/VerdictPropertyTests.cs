using System.Collections.Immutable;
using CsCheck;
using Molecule.Contracts.Engines;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>What must hold for any records at all. The law is said again here in its own words, not taken from the judge.</summary>
public sealed class VerdictPropertyTests
{
    private static readonly RecordedRun Green = Record(Expected, RecordsOf(Expected));
    private static readonly byte[] GreenBytes = Bytes(Expected, RecordsOf(Expected));

    private static readonly ImmutableArray<(string Name, Func<LedgerCell, LedgerCell> Change)> Changes =
    [
        ("as it was", cell => cell),
        ("failed", cell => cell with { Outcome = CellOutcome.Failed, Reason = "x" }),
        ("unchecked", cell => cell with { Outcome = CellOutcome.Unchecked, Reason = "credential-refused: X" }),
        ("without evidence", cell => cell with { Evidence = null }),
        ("of another graph", cell => cell with { GraphRun = "r0" }),
        ("of another mode", cell => cell with { Reached = ReachedMode.Live }),
        ("of another engine", cell => cell with { Engine = new EngineIdentity("other", "1", EngineKind.Real) }),
    ];

    /// <summary>The records of one cell: most often the proof, else 0 to 2 records, spoilt or not, and 0 to 2 results.</summary>
    private static readonly Gen<CellStory> Story = Gen.Frequency(
        (10, Gen.Const(new CellStory([0], [TestOutcome.Passed]))),
        (3, Gen.Select(Gen.Int[0, Changes.Length - 1].Array[0, 2], Gen.Enum<TestOutcome>().Array[0, 2], (records, results) => new CellStory(records, results))));

    private static readonly Gen<Disposition> Dispositions = Gen.Frequency((8, Gen.Const(Disposition.Run)), (3, Gen.Enum<Disposition>()));

    private static readonly Gen<ImmutableArray<(Disposition Disposition, CellStory Story, int Days)>> Runs =
        Gen.Select(Dispositions, Story, Gen.Int[-2, 20]).Array[Expected.Cells.Length].Select(cells => cells.ToImmutableArray());

    [Fact]
    public void No_run_is_green_in_which_a_gating_cell_lacks_its_one_passed_record_or_its_one_passed_result() => Runs.Sample(
        stories =>
        {
            var (verdict, expectation) = JudgeStories(stories);
            var isProven = expectation.Cells.Select((cell, index) => (cell, stories[index].Story)).All(one =>
                one.cell.Disposition is not Disposition.Run || one.Story is { Records: [0], Results: [TestOutcome.Passed] });

            Assert.True(verdict.Exit is not GateExit.Green || isProven, string.Join('\n', verdict.Findings));
            Assert.Equal(verdict.Exit is GateExit.Green, verdict.Findings.IsEmpty);
        },
        iter: 5_000);

    [Fact]
    public void A_cell_is_covered_exactly_when_it_ran_and_has_one_passed_record_and_one_passed_result() => Runs.Sample(
        stories =>
        {
            var (verdict, expectation) = JudgeStories(stories);
            for (var index = 0; index < stories.Length; index++)
            {
                var isProven = stories[index].Story is { Records: [0], Results: [TestOutcome.Passed] } && expectation.Cells[index].Disposition is Disposition.Run;
                Assert.Equal(isProven, verdict.Cells[index].State is CellState.Covered);
            }
        },
        iter: 5_000);

    [Fact]
    public void The_totals_add_up_to_the_expected_cells() => Runs.Sample(
        stories =>
        {
            var (verdict, expectation) = JudgeStories(stories);
            var totals = verdict.Totals;

            Assert.Equal(expectation.Cells.Length, totals.Expected + totals.NotApplicable);
            Assert.Equal(totals.Expected, totals.Covered + totals.CoveredEmulated + totals.Failed + totals.Uncovered + totals.Unchecked + totals.Pending + totals.KnownFailing + totals.Quarantined);
        },
        iter: 5_000);

    [Fact]
    public void A_ledger_with_any_one_byte_changed_is_never_green() =>
        Gen.Select(Gen.Int[0, GreenBytes.Length - 1], Gen.Int[1, 255]).Sample(
            (place, change) =>
            {
                var bytes = (byte[])GreenBytes.Clone();
                bytes[place] ^= (byte)change;
                AssertRed(bytes);
            },
            iter: 2_000);

    [Fact]
    public void A_ledger_cut_anywhere_is_never_green() =>
        Gen.Int[0, GreenBytes.Length - 1].Sample(length => AssertRed(GreenBytes[..length]), iter: 1_000);

    [Fact]
    public void A_ledger_whose_lines_were_dropped_repeated_or_moved_is_never_green()
    {
        var lines = System.Text.Encoding.UTF8.GetString(GreenBytes).TrimEnd('\n').Split('\n');
        Assert.Equal(GateExit.Green, JudgeBytes(GreenBytes).Exit);

        Gen.Int[0, lines.Length - 1].Array[1, lines.Length + 2].Where(order => !order.SequenceEqual(Enumerable.Range(0, lines.Length))).Sample(
            order => AssertRed(System.Text.Encoding.UTF8.GetBytes(string.Concat(order.Select(line => lines[line] + "\n")))),
            iter: 2_000);
    }

    private static RunVerdict JudgeBytes(byte[] bytes) => Judge.Run(Read(bytes, "r1.jsonl"), RunId, Expected, Now);

    private static void AssertRed(byte[] bytes) => Assert.Equal(GateExit.Uncovered, JudgeBytes(bytes).Exit);

    private static (RunVerdict Verdict, Expectation Expectation) JudgeStories(ImmutableArray<(Disposition Disposition, CellStory Story, int Days)> stories)
    {
        var expectation = Expected with
        {
            Cells = [.. Expected.Cells.Select((cell, index) => cell with { Disposition = stories[index].Disposition, Entry = Entry(Today.AddDays(stories[index].Days)) })],
        };
        var cells = expectation.Cells.SelectMany((cell, index) => stories[index].Story.Records.Select((change, attempt) => Changes[change].Change(Proof(cell.Id) with { Attempt = attempt + 1 }))).ToImmutableArray();
        var results = expectation.Cells.SelectMany((cell, index) => stories[index].Story.Results.Select(outcome => Result(cell.Id, outcome))).ToImmutableArray();
        var ledger = Green with
        {
            Start = Start(expectation),
            Cells = cells,
            Results = results,
            End = Green.End! with { Cells = cells.Length, Results = results.Length },
        };
        return (Judge.Run(ledger, RunId, expectation, Now), expectation);
    }

    private sealed record CellStory(int[] Records, TestOutcome[] Results);
}

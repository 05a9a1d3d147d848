using System.Security.Cryptography;
using System.Text;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>Lines of the sample's ledger: 1 start; 2 and 3 Serving; 4 and 5 Platform; 6 and 7 Emulated; 8 and 9 Refusal; 10 end.</summary>
public sealed class LedgerTamperTests
{
    private static readonly string[] Lines = LinesOf(Bytes(Expected, RecordsOf(Expected)));

    [Fact]
    public void An_untouched_ledger_has_no_problem()
    {
        var run = Read(Lines);

        Assert.Equal(10, Lines.Length);
        Assert.Empty(run.Problems);
        Assert.True(run.IsComplete);
        Assert.Empty(run.Distrusted);
    }

    // By sha256sum of `molecule-ledger run-1`: a ledger of an older build must still be judged.
    [Fact]
    public void The_chain_begins_with_the_run() =>
        Assert.Equal("e996a6b753faf2fcfd450e375ec9b43d10cf660031426c2e2f0eab11baf985a4", LedgerLine.Seed("run-1"));

    [Fact]
    public void An_edited_line_is_named_and_its_cell_and_all_later_ones_are_distrusted()
    {
        var verdict = JudgeLines([.. Lines[..3], Lines[3].Replace("\"attempt\":1", "\"attempt\":2", StringComparison.Ordinal), .. Lines[4..]]);

        Assert.Equal("line 4: its content does not have the hash it carries: it was edited", Assert.Single(Assert.Single(verdict.Ledgers).Problems).ToString());
        Assert.Equal(CellState.Covered, verdict.Of(Serving).State);
        AssertDistrusted(verdict, Platform, 4);
        AssertDistrusted(verdict, Refusal, 8);
    }

    [Fact]
    public void An_edited_and_resealed_line_is_found_at_the_next_one()
    {
        var resealed = LinesOf(Bytes(Expected, [Proof(Serving) with { Attempt = 7 }]));

        var verdict = JudgeLines([Lines[0], resealed[1], .. Lines[2..]]);

        Assert.StartsWith("line 3: it does not follow line 2", Assert.Single(Assert.Single(verdict.Ledgers).Problems).ToString(), StringComparison.Ordinal);
        AssertDistrusted(verdict, Serving, 3);
    }

    [Fact]
    public void A_removed_line_is_found_at_the_next_one_and_its_cell_is_uncovered()
    {
        var verdict = JudgeLines([.. Lines[..3], .. Lines[4..]]);

        Assert.StartsWith("line 4: it does not follow line 3", Assert.Single(Assert.Single(verdict.Ledgers).Problems).ToString(), StringComparison.Ordinal);
        AssertDistrusted(verdict, Platform, 4);
    }

    [Fact]
    public void Reordered_lines_are_found()
    {
        var verdict = JudgeLines([Lines[0], Lines[3], Lines[4], Lines[1], Lines[2], .. Lines[5..]]);

        Assert.StartsWith("line 2: it does not follow line 1", verdict.Ledgers[0].Problems[0].ToString(), StringComparison.Ordinal);
        AssertDistrusted(verdict, Serving, 4);
        AssertDistrusted(verdict, Platform, 2);
    }

    [Fact]
    public void A_duplicated_line_is_found_and_its_cell_distrusted()
    {
        var verdict = JudgeLines([.. Lines[..3], Lines[2], .. Lines[3..]]);

        Assert.StartsWith("line 4: it does not follow line 3", verdict.Ledgers[0].Problems[0].ToString(), StringComparison.Ordinal);
        AssertDistrusted(verdict, Serving, 4);
    }

    [Fact]
    public void A_ledger_without_its_end_is_a_run_cut_short_and_never_green()
    {
        var verdict = JudgeLines(Lines[..^1]);

        Assert.Equal("there is no end record: the run was cut short", Assert.Single(verdict.Ledgers[0].Problems).ToString());
        Assert.Equal(CellState.Covered, verdict.Of(Refusal).State);
        Assert.False(verdict.IsComplete);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
    }

    [Fact]
    public void A_ledger_cut_short_half_way_names_the_cells_that_are_missing()
    {
        var verdict = JudgeLines(Lines[..5]);

        Assert.Equal([Emulated.ToString(), Refusal.ToString()], verdict.Findings.Select(finding => finding.Subject).Intersect(verdict.Cells.Select(cell => cell.Expected.Id.ToString())));
        Assert.Equal("not-executed: the run was cut short or its ledger is damaged", verdict.Of(Emulated).Reason);
    }

    [Fact]
    public void A_torn_last_line_is_named()
    {
        var bytes = Bytes(Expected, RecordsOf(Expected));

        var verdict = JudgeBytes(bytes[..^40]);

        Assert.Equal("line 10: the line is torn: the writer was stopped in the middle of it", verdict.Ledgers[0].Problems[0].ToString());
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
    }

    [Fact]
    public void A_line_after_the_end_is_found_even_when_it_continues_the_chain()
    {
        // A well-formed eleventh line: the writer is driven past its own refusal.
        var end = LedgerLine.Parse(Encoding.UTF8.GetBytes(Lines[^1]));
        var line = Encoding.UTF8.GetString(LedgerLine.Seal(11, end.Sha256!, Result(Serving), out _));

        var verdict = JudgeLines([.. Lines, line]);

        Assert.Equal("line 11: it was written after the end record", Assert.Single(verdict.Ledgers[0].Problems).ToString());
        AssertDistrusted(verdict, Serving, 11);
    }

    [Fact]
    public void A_second_start_is_found_even_when_it_continues_the_chain()
    {
        var second = LedgerLine.Parse(Encoding.UTF8.GetBytes(Lines[1]));
        var line = Encoding.UTF8.GetString(LedgerLine.Seal(3, second.Sha256!, Start(Expected), out _));

        Assert.Equal("line 3: it is a second start record", Read([.. Lines[..2], line]).Problems[0].ToString());
    }

    [Fact]
    public void An_end_that_counts_otherwise_than_its_lines_is_found()
    {
        var head = LinesOf(Bytes(Expected, [Proof(Serving)]))[..2];
        var last = LedgerLine.Parse(Encoding.UTF8.GetBytes(head[1]));
        var line = Encoding.UTF8.GetString(LedgerLine.Seal(3, last.Sha256!, new LedgerEnd(Now, 2, 0, []), out _));

        Assert.Equal("the end record counts 2 cells and 0 results, the lines before it hold 1 and 0", Assert.Single(Read([.. head, line]).Problems).ToString());
    }

    [Fact]
    public void Evidence_put_in_from_another_runs_ledger_is_found()
    {
        var other = LinesOf(Bytes(Expected, RecordsOf(Expected, "r0"), "r0"));

        var verdict = JudgeLines([Lines[0], other[1], .. Lines[2..]]);

        Assert.StartsWith("line 2: it does not follow line 1", verdict.Ledgers[0].Problems[0].ToString(), StringComparison.Ordinal);
        AssertDistrusted(verdict, Serving, 2);
    }

    [Fact]
    public void Another_runs_start_record_is_found()
    {
        var renamed = Encoding.UTF8.GetString(LedgerLine.Seal(1, LedgerLine.Seed("r0"), Start(Expected), out _));

        Assert.Equal("line 1: the chain does not begin with run r1: the start record is another run's", Read([renamed, .. Lines[1..]]).Problems[0].ToString());
    }

    [Fact]
    public void A_ledger_that_does_not_begin_with_its_start_covers_nothing()
    {
        var verdict = JudgeLines(Lines[1..]);

        Assert.Equal("line 1: the first record is no start record", verdict.Ledgers[0].Problems[0].ToString());
        Assert.Equal(0, verdict.Totals.Covered + verdict.Totals.CoveredEmulated);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("{}\n")]
    [InlineData("not json at all\n")]
    [InlineData("{\"seq\":1,\"previous\":\"\",\"kind\":\"start\",\"record\":null,\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\"}\n")]
    public void What_is_no_ledger_is_a_problem_and_not_an_exception(string content)
    {
        var verdict = JudgeBytes(Encoding.UTF8.GetBytes(content));

        Assert.NotEmpty(verdict.Ledgers[0].Problems);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
        Assert.Equal(verdict.Totals.Expected, verdict.Totals.Uncovered + verdict.Totals.Pending);
    }

    [Fact]
    public void A_ledger_that_does_not_exist_is_a_problem_and_not_an_exception()
    {
        var run = LedgerReader.ReadFile(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("N"), "ledger.jsonl"));

        Assert.Equal("there is no such file: the run wrote no ledger", Assert.Single(run.Problems).ToString());
    }

    [Theory]
    [InlineData("\"outcome\":\"passed\"", "\"outcome\":9", "The JSON value could not be converted")]
    [InlineData("\"outcome\":\"passed\"", "\"outcome\":\"passed\",\"outcome\":\"passed\"", "Duplicate property 'outcome'")]
    [InlineData("\"outcome\":\"passed\"", "\"outcome\":\"passed\",\"mood\":1", "The JSON property 'mood' could not be mapped")]
    [InlineData("\"kind\":\"result\"", "\"kind\":\"rumour\"", "the kind 'rumour' is unknown")]
    public void A_line_of_the_right_hash_that_says_anything_else_than_a_record_does_is_none(string right, string wrong, string why)
    {
        var line = Resealed(Sealed(2, Lines[0], Result(Serving)), right, wrong);

        Assert.StartsWith($"line 2: it is no record of schema 1: {why}", Read([Lines[0], line]).Problems[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_nothing_but_a_hash_is_no_record() =>
        Assert.StartsWith("line 1: it is no record of schema 1: ", Read([$",\"sha256\":\"{new string('0', 64)}\"}}"]).Problems[0].ToString(), StringComparison.Ordinal);

    [Fact]
    public void A_line_without_its_hash_or_without_anything_is_named_and_the_lines_after_it_are_read()
    {
        Assert.Equal(["line 2: it does not end in its own hash"], Problems([Lines[0], "{}", .. Lines[1..]]));
        Assert.Equal(["line 2: it does not end in its own hash"], Problems([Lines[0], "", .. Lines[1..]]));
    }

    [Fact]
    public void A_start_of_another_schema_is_not_read() => Assert.Equal(
        "line 1: schema 2 is unknown: this program reads 1",
        Problems([Encoding.UTF8.GetString(LedgerLine.Seal(1, LedgerLine.Seed(RunId), Start(Expected) with { Schema = 2 }, out _))])[0]);

    [Fact]
    public void A_line_that_does_not_carry_the_next_number_is_found()
    {
        Assert.Equal("line 1: it carries the number 2", Problems([Encoding.UTF8.GetString(LedgerLine.Seal(2, LedgerLine.Seed(RunId), Start(Expected), out _))])[0]);
        Assert.Equal("line 2: it carries the number 3", Problems([Lines[0], Sealed(3, Lines[0], Result(Serving))])[0]);
    }

    [Fact]
    public void A_record_with_the_evidence_in_it_is_no_line_of_a_ledger() => Assert.StartsWith(
        "Molecule.Coverage.Ledger.LedgerCell is no record of a ledger",
        Assert.Throws<ArgumentException>(() => LedgerLine.Seal(1, "", Proof(Serving), out _)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_run_is_whole_only_with_its_start_its_end_and_no_problem()
    {
        var whole = Read(Lines);

        Assert.True(whole.IsComplete);
        Assert.False((whole with { Start = null }).IsComplete);
        Assert.False((whole with { End = null }).IsComplete);
        Assert.False((whole with { Problems = [new LedgerProblem(1, "x")] }).IsComplete);
    }

    [Fact]
    public void Records_without_a_start_cover_nothing()
    {
        var verdict = Judge.Run(Read(Lines) with { Start = null }, RunId, Expected, Now);

        Assert.Equal((CellState.Uncovered, "no-start: the ledger does not say what the run is"), (verdict.Of(Serving).State, verdict.Of(Serving).Reason));
    }

    /// <summary>A well-formed line after another one.</summary>
    private static string Sealed(int seq, string after, LedgerRecord record) =>
        Encoding.UTF8.GetString(LedgerLine.Seal(seq, LedgerLine.Parse(Encoding.UTF8.GetBytes(after)).Sha256!, record, out _));

    /// <summary>A line with a part of it replaced and the hash made anew, as whoever edits it by hand would.</summary>
    private static string Resealed(string line, string right, string wrong)
    {
        var body = line[..line.LastIndexOf(",\"sha256\"", StringComparison.Ordinal)].Replace(right, wrong, StringComparison.Ordinal);
        return $"{body},\"sha256\":\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(body)))}\"}}";
    }

    private static string[] Problems(string[] lines) => [.. Read(lines).Problems.Select(static problem => problem.ToString())];

    private static string[] LinesOf(byte[] bytes) => Encoding.UTF8.GetString(bytes).TrimEnd('\n').Split('\n');

    private static RecordedRun Read(string[] lines) => SampleRun.Read(Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), "r1.jsonl");

    private static RunVerdict JudgeLines(string[] lines) => Judge.Run(Read(lines), RunId, Expected, Now);

    private static RunVerdict JudgeBytes(byte[] bytes) => Judge.Run(SampleRun.Read(bytes, "r1.jsonl"), RunId, Expected, Now);

    private static void AssertDistrusted(RunVerdict verdict, Molecule.Coverage.Planning.CellId cell, int line)
    {
        Assert.Equal(CellState.Uncovered, verdict.Of(cell).State);
        Assert.StartsWith($"distrusted: its record in line {line} ", verdict.Of(cell).Reason, StringComparison.Ordinal);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
    }
}

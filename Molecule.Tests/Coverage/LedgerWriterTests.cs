using Molecule.Coverage.Ledger;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

public sealed class LedgerWriterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-ledger-");

    private string LedgerPath => Path.Combine(_folder.FullName, "ledger.jsonl");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Each_line_can_be_read_as_soon_as_it_is_written()
    {
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));
        Assert.Equal(RunId, ReadShared().Start?.Run);

        writer.Write(Proof(Serving));

        Assert.Equal(Serving, Assert.Single(ReadShared().Cells).Cell);
    }

    [Fact]
    public void What_was_written_is_read_back_unchanged()
    {
        var run = Record(Expected, RecordsOf(Expected), RunId, new RunProblem("graph-lost", "ä \"quoted\"\nline"));

        Assert.Equal(Expected.Cells, run.Start!.Expected);
        Assert.Equal(Sources, run.Start.Sources);
        Assert.Equal(Proof(Serving).Evidence!.Requests, run.Cells[0].Evidence!.Requests);
        Assert.Equal(Proof(Serving).Engine, run.Cells[0].Engine);
        Assert.Equal(Result(Serving), run.Results[0]);
        Assert.Equal("ä \"quoted\"\nline", Assert.Single(run.End!.Problems).Detail);
        Assert.True(run.IsComplete);
    }

    [Fact]
    public void A_second_writer_of_the_same_ledger_is_refused()
    {
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));

        Assert.Throws<IOException>(() => LedgerWriter.Create(LedgerPath, Start(Expected)));
    }

    [Fact]
    public void Nothing_is_written_after_the_end()
    {
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));
        writer.End(Now);

        Assert.Equal(
            "the ledger of run r1 has ended or broken: nothing more may be written to it",
            Assert.Throws<InvalidOperationException>(() => writer.Write(Proof(Serving))).Message);
        Assert.Throws<InvalidOperationException>(() => writer.Write(Result(Serving)));
        Assert.Throws<InvalidOperationException>(() => writer.End(Now));
        Assert.True(ReadShared().IsComplete);
    }

    [Fact]
    public void A_writer_that_was_closed_without_an_end_leaves_an_incomplete_ledger()
    {
        LedgerWriter.Create(LedgerPath, Start(Expected)).Dispose();

        Assert.False(ReadShared().IsComplete);
    }

    [Theory]
    [InlineData(CellOutcome.Failed)]
    [InlineData(CellOutcome.Unchecked)]
    public void A_record_that_does_not_say_why_is_refused(CellOutcome outcome)
    {
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));

        var refused = Assert.Throws<ArgumentException>(() => writer.Write(Proof(Serving) with { Outcome = outcome, Reason = " " }));
        Assert.StartsWith($"{Serving} is {outcome} and its reason is empty", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_of_another_schema_is_refused_before_there_is_a_file()
    {
        var refused = Assert.Throws<ArgumentException>(() => LedgerWriter.Create(LedgerPath, Start(Expected) with { Schema = 2 }));

        Assert.StartsWith("schema must be 1, not 2", refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(LedgerPath));
    }

    [Fact]
    public void A_start_that_cannot_be_written_is_thrown_and_the_file_let_go()
    {
        // An array that was never made has no JSON.
        Assert.Throws<InvalidOperationException>(() => LedgerWriter.Create(LedgerPath, Start(Expected) with { Engines = default }));

        using var file = new FileStream(LedgerPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(0, file.Length);
    }

    [Fact]
    public async Task Parallel_writers_within_the_process_keep_the_chain_whole()
    {
        using (var writer = LedgerWriter.Create(LedgerPath, Start(Expected)))
        {
            await Parallel.ForAsync(0, 200, TestContext.Current.CancellationToken, (number, _) =>
            {
                writer.Write(Proof(Serving) with { Attempt = number + 1 });
                return ValueTask.CompletedTask;
            });
            writer.End(Now);
        }

        var run = ReadShared();
        Assert.Empty(run.Problems);
        Assert.Equal(Enumerable.Range(1, 200), run.Cells.Select(cell => cell.Attempt).Order());
    }

    /// <summary>Reads as the Board does, while the writer holds the file.</summary>
    private RecordedRun ReadShared()
    {
        using var file = new FileStream(LedgerPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return LedgerReader.Read(bytes, LedgerPath, EvidenceFolder.Beside(LedgerPath).Find);
    }
}

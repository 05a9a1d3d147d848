using System.Security.Cryptography;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

public sealed class EvidenceFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-evidence-");

    private string LedgerPath => Path.Combine(_folder.FullName, "ledger.jsonl");

    private string Folder => Path.Combine(_folder.FullName, "evidence");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Evidence_lies_beside_the_ledger_named_by_its_content_and_the_line_holds_the_hash_alone()
    {
        WriteRun();

        var files = Directory.GetFiles(Folder);
        Assert.Equal(4, files.Length);
        Assert.All(files, file => Assert.Equal(Path.GetFileName(file), $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}.json"));
        var ledger = File.ReadAllText(LedgerPath);
        Assert.DoesNotContain("MIRELO", ledger, StringComparison.Ordinal);
        Assert.All(files, file => Assert.Contains($"\"evidence\":\"{Path.GetFileNameWithoutExtension(file)}\"", ledger, StringComparison.Ordinal));
        Assert.Equal(GateExit.Green, Verdict().Exit);
    }

    [Fact]
    public void Evidence_is_found_through_a_link_to_the_ledger()
    {
        WriteRun();
        var elsewhere = Path.Combine(_folder.FullName, "latest");
        Directory.CreateDirectory(elsewhere);
        var link = Path.Combine(elsewhere, "ledger.jsonl");
        File.CreateSymbolicLink(link, Path.Combine("..", "ledger.jsonl"));

        Assert.Empty(LedgerReader.ReadFile(link).Problems);

        var farther = Directory.CreateDirectory(Path.Combine(elsewhere, "again"));
        var linkToLink = Path.Combine(farther.FullName, "ledger.jsonl");
        File.CreateSymbolicLink(linkToLink, link);
        Assert.Empty(LedgerReader.ReadFile(linkToLink).Problems);
    }

    [Fact]
    public void Nothing_is_no_evidence_and_is_not_stored()
    {
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));

        Assert.Throws<ArgumentNullException>(() => EvidenceFolder.Beside(LedgerPath).Put(null!));

        Assert.False(Directory.Exists(Folder));
    }

    [Fact]
    public void The_same_evidence_is_stored_once()
    {
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));
        writer.Write(Proof(Serving));
        writer.Write(Proof(Serving) with { Attempt = 2 });
        writer.Write(Proof(Serving) with { Attempt = 3, Evidence = null });

        Assert.Single(Directory.GetFiles(Folder));
        Assert.Null(LedgerReader.ReadFile(LedgerPath).Cells[2].Evidence);
    }

    [Fact]
    public void Evidence_that_was_edited_is_named_and_its_cell_distrusted()
    {
        WriteRun();
        var (file, sha256) = FileOf("activity of codex");
        File.WriteAllText(file, File.ReadAllText(file).Replace("MIRELO", "MIRELA", StringComparison.Ordinal));

        AssertDistrusted($"line 2: its evidence {sha256} does not have that hash: it was edited");
    }

    [Fact]
    public void Evidence_that_was_taken_away_is_named_and_its_cell_distrusted()
    {
        WriteRun();
        var (file, sha256) = FileOf("activity of codex");
        File.Delete(file);

        AssertDistrusted($"line 2: its evidence {sha256} is not beside the ledger");
    }

    [Fact]
    public void Content_that_is_no_evidence_is_named_although_its_hash_is_right()
    {
        var content = "{}"u8.ToArray();
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        var line = LedgerLine.Seal(1, LedgerLine.Seed(RunId), Start(Expected), out var first);
        var cell = LedgerLine.Seal(2, first, StoredCell.Of(Proof(Serving), sha256), out _);

        var run = LedgerReader.Read([.. line, (byte)'\n', .. cell, (byte)'\n'], "r1.jsonl", _ => content);

        Assert.StartsWith($"line 2: its evidence {sha256} is none: ", run.Problems[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(2, run.Distrusted[Serving]);
    }

    [Fact]
    public void Nothing_half_written_is_left_where_evidence_cannot_be_put()
    {
        File.WriteAllText(Folder, "in the way");
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));

        Assert.ThrowsAny<IOException>(() => writer.Write(Proof(Serving)));

        Assert.Empty(LedgerReader.ReadFile(LedgerPath).Cells);
    }

    private void WriteRun()
    {
        using var writer = LedgerWriter.Create(LedgerPath, Start(Expected));
        foreach (var record in RecordsOf(Expected))
        {
            if (record is LedgerCell cell)
            {
                writer.Write(cell);
            }
            else
            {
                writer.Write((LedgerResult)record);
            }
        }

        writer.End(Now);
    }

    private (string File, string Sha256) FileOf(string text)
    {
        var file = Directory.GetFiles(Folder).Single(f => File.ReadAllText(f).Contains(text, StringComparison.Ordinal));
        return (file, Path.GetFileNameWithoutExtension(file));
    }

    private RunVerdict Verdict() => Judge.Run(LedgerReader.ReadFile(LedgerPath), RunId, Expected, Now);

    private void AssertDistrusted(string problem)
    {
        var verdict = Verdict();
        Assert.Equal(problem, verdict.Ledgers[0].Problems[0].ToString());
        Assert.Equal(CellState.Uncovered, verdict.Of(Serving).State);
        Assert.StartsWith("distrusted: its record in line 2 ", verdict.Of(Serving).Reason, StringComparison.Ordinal);
        Assert.Equal(GateExit.Uncovered, verdict.Exit);
    }
}

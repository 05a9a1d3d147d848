using System.Collections.Immutable;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Ledger;

/// <summary>A ledger as it was found on disk. Only lines before the first defect are trusted.</summary>
/// <param name="Source">The file's name.</param>
/// <param name="Start">Null when there is none to trust.</param>
/// <param name="Cells">In the order of writing.</param>
/// <param name="Results">In the order of writing.</param>
/// <param name="End">Null when the run was cut short.</param>
/// <param name="Problems">Every defect, by line.</param>
/// <param name="Distrusted">Cells that stand in lines at or after a defect, with the first such line.</param>
public sealed record RecordedRun(
    string Source,
    LedgerStart? Start,
    ImmutableArray<LedgerCell> Cells,
    ImmutableArray<LedgerResult> Results,
    LedgerEnd? End,
    ImmutableArray<LedgerProblem> Problems,
    ImmutableDictionary<CellId, int> Distrusted)
{
    /// <summary>Whether the run came to its end and nobody touched the ledger since.</summary>
    public bool IsComplete => Start is not null && End is not null && Problems.IsEmpty;
}

/// <summary>A defect of a ledger.</summary>
/// <param name="Line">From 1; 0 for the file as a whole.</param>
/// <param name="Text">What is wrong.</param>
public sealed record LedgerProblem(int Line, string Text)
{
    public override string ToString() => Line == 0 ? Text : $"line {Line}: {Text}";
}

/// <summary>Reads a ledger and verifies its chain. A defect is a named problem for the verdict, never an exception.</summary>
public static class LedgerReader
{
    /// <summary>Reads a file; one that does not exist is a ledger with that problem.</summary>
    /// <exception cref="IOException">The file exists and cannot be read.</exception>
    public static RecordedRun ReadFile(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path), path, EvidenceFolder.Beside(path).Find);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return Empty(path, "there is no such file: the run wrote no ledger");
        }
    }

    /// <summary>Reads the content of a file.</summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="source">The file's name.</param>
    /// <param name="evidence">Finds the content that lies under a hash; null where there is none.</param>
    public static RecordedRun Read(ReadOnlySpan<byte> content, string source, Func<string, byte[]?> evidence)
    {
        if (content.IsEmpty)
        {
            return Empty(source, "the file is empty: the run wrote no ledger");
        }

        var chain = new Chain(evidence);
        while (!content.IsEmpty)
        {
            var lineEnd = content.IndexOf((byte)'\n');
            var isTorn = lineEnd < 0;
            var line = isTorn ? content : content[..lineEnd];
            chain.Add(LedgerLine.Parse(line), isTorn);
            content = isTorn ? [] : content[(lineEnd + 1)..];
        }

        return chain.ToRun(source);
    }

    private static RecordedRun Empty(string source, string problem) =>
        new(source, null, [], [], null, [new LedgerProblem(0, problem)], ImmutableDictionary<CellId, int>.Empty);

    private sealed class Chain(Func<string, byte[]?> evidence)
    {
        private readonly ImmutableArray<LedgerCell>.Builder _cells = ImmutableArray.CreateBuilder<LedgerCell>();
        private readonly ImmutableArray<LedgerResult>.Builder _results = ImmutableArray.CreateBuilder<LedgerResult>();
        private readonly ImmutableArray<LedgerProblem>.Builder _problems = ImmutableArray.CreateBuilder<LedgerProblem>();
        private readonly Dictionary<CellId, int> _distrusted = [];
        private LedgerStart? _start;
        private LedgerEnd? _end;
        private string? _previous;
        private int _line;
        private int _seq;

        public void Add(ParsedLine line, bool isTorn)
        {
            _line++;
            var (record, lack) = Complete(line.Record);
            var defect = isTorn ? "the line is torn: the writer was stopped in the middle of it" : line.Problem ?? DefectOfPlace(line) ?? lack;
            if (defect is not null)
            {
                _problems.Add(new LedgerProblem(_line, defect));
            }

            // The chain goes on from the hash that the line carries, so that one defect is named once and not at every line after it.
            (_previous, _seq) = (line.Sha256, line.Seq);
            if (_problems.Count == 0)
            {
                Trust(record!);
            }
            else if (CellOf(record) is { } cell)
            {
                _distrusted.TryAdd(cell, _line);
            }
        }

        public RecordedRun ToRun(string source)
        {
            if (_problems.Count == 0 && _end is null)
            {
                _problems.Add(new LedgerProblem(0, "there is no end record: the run was cut short"));
            }
            else if (_end is not null && (_end.Cells != _cells.Count || _end.Results != _results.Count))
            {
                _problems.Add(new LedgerProblem(0, $"the end record counts {_end.Cells} cells and {_end.Results} results, the lines before it hold {_cells.Count} and {_results.Count}"));
            }

            return new RecordedRun(source, _start, _cells.ToImmutable(), _results.ToImmutable(), _end, _problems.ToImmutable(), _distrusted.ToImmutableDictionary());
        }

        private (LedgerRecord? Record, string? Lack) Complete(LedgerRecord? record)
        {
            if (record is not StoredCell stored)
            {
                return (record, null);
            }

            var (found, lack) = stored.Evidence is { } sha256 ? EvidenceFolder.Read(sha256, evidence(sha256)) : (null, null);
            return (stored.With(found), lack);
        }

        private string? DefectOfPlace(ParsedLine line)
        {
            if (_line == 1)
            {
                return line.Record switch
                {
                    LedgerStart start when start.Schema != LedgerStart.CurrentSchema => $"schema {start.Schema} is unknown: this program reads {LedgerStart.CurrentSchema}",
                    LedgerStart start when line.Previous != LedgerLine.Seed(start.Run) => $"the chain does not begin with run {start.Run}: the start record is another run's",
                    LedgerStart => line.Seq == 1 ? null : $"it carries the number {line.Seq}",
                    _ => "the first record is no start record",
                };
            }

            if (_previous is not null && line.Previous != _previous)
            {
                return $"it does not follow line {_line - 1}: a line was removed, moved or put in between, or belongs to another run";
            }

            if (_previous is not null && line.Seq != _seq + 1)
            {
                return $"it carries the number {line.Seq}";
            }

            if (_end is not null)
            {
                return "it was written after the end record";
            }

            return line.Record is LedgerStart ? "it is a second start record" : null;
        }

        private void Trust(LedgerRecord record)
        {
            switch (record)
            {
                case LedgerStart start:
                    _start = start;
                    break;
                case LedgerCell cell:
                    _cells.Add(cell);
                    break;
                case LedgerResult result:
                    _results.Add(result);
                    break;
                case LedgerEnd end:
                    _end = end;
                    break;
            }
        }

        private static CellId? CellOf(LedgerRecord? record) => record switch
        {
            LedgerCell cell => cell.Cell,
            LedgerResult result => result.Cell,
            _ => null,
        };
    }
}

using System.Collections.Immutable;
using Molecule.Contracts.Runs;

namespace Molecule.Coverage.Ledger;

/// <summary>
/// Writes one run's ledger: append only, each line on disk before the call returns, one writer a file, nothing after the end.
/// Thread-safe.
/// </summary>
public sealed class LedgerWriter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _file;
    private readonly EvidenceFolder _evidence;
    private string _previous;
    private int _lines;
    private int _cells;
    private int _results;
    private bool _isEnded;

    private LedgerWriter(FileStream file, EvidenceFolder evidence, string run)
    {
        _file = file;
        _evidence = evidence;
        _previous = LedgerLine.Seed(run);
        Run = run;
    }

    /// <summary>The run's id (<see cref="RunEnvironment.Run"/>).</summary>
    public string Run { get; }

    /// <summary>Creates the file and writes its first line.</summary>
    /// <exception cref="IOException">The file exists already: a ledger has one writer and one run; or it cannot be written.</exception>
    public static LedgerWriter Create(string path, LedgerStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentException.ThrowIfNullOrWhiteSpace(start.Run);
        if (start.Schema != LedgerStart.CurrentSchema)
        {
            throw new ArgumentException($"schema must be {LedgerStart.CurrentSchema}, not {start.Schema}", nameof(start));
        }

        // CreateNew: a second writer of the same run is refused by the file system. Read sharing: the Board and the command tail it.
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read);
        try
        {
            var writer = new LedgerWriter(file, EvidenceFolder.Beside(path), start.Run);
            writer.Append(start);
            return writer;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Records one attempt at a cell; its evidence is stored beside the ledger.</summary>
    /// <exception cref="ArgumentException">It failed or is unchecked and does not say why, or its attempt is no number from 1.</exception>
    /// <exception cref="InvalidOperationException">The ledger has ended.</exception>
    public void Write(LedgerCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        ArgumentOutOfRangeException.ThrowIfLessThan(cell.Attempt, 1);
        if (cell.Outcome is not CellOutcome.Passed && string.IsNullOrWhiteSpace(cell.Reason))
        {
            throw new ArgumentException($"{cell.Cell} is {cell.Outcome} and its reason is empty", nameof(cell));
        }

        lock (_gate)
        {
            // The evidence first: a line never names what is not there.
            Append(StoredCell.Of(cell, cell.Evidence is null ? null : _evidence.Put(cell.Evidence)));
            _cells++;
        }
    }

    /// <summary>Records what the test platform said.</summary>
    /// <exception cref="InvalidOperationException">The ledger has ended.</exception>
    public void Write(LedgerResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        lock (_gate)
        {
            Append(result);
            _results++;
        }
    }

    /// <summary>Ends the ledger: the run came to its end by its own means.</summary>
    /// <param name="ended">Now.</param>
    /// <param name="problems">What failed the run as a whole; empty for none.</param>
    /// <exception cref="InvalidOperationException">The ledger has ended.</exception>
    public void End(DateTimeOffset ended, params IReadOnlyCollection<RunProblem> problems) => End(ended, boots: null, problems);

    /// <summary>Ends the ledger of a run that counted the starts of its workspaces.</summary>
    /// <inheritdoc cref="End(DateTimeOffset, IReadOnlyCollection{RunProblem})"/>
    /// <param name="boots">By runtime.</param>
    public void End(DateTimeOffset ended, ImmutableSortedDictionary<string, int>? boots, IReadOnlyCollection<RunProblem> problems)
    {
        lock (_gate)
        {
            Append(new LedgerEnd(ended, _cells, _results, [.. problems]) { Boots = boots });
        }
    }

    /// <summary>Closes the file. Without <see cref="End"/> the ledger stays incomplete, which is never green.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnded = true;
            _file.Dispose();
        }
    }

    private void Append(LedgerRecord record)
    {
        if (_isEnded)
        {
            throw new InvalidOperationException($"the ledger of run {Run} has ended or broken: nothing more may be written to it");
        }

        var line = LedgerLine.Seal(_lines + 1, _previous, record, out var sha256);
        // Ended until the line is whole: after a full disk the next line would continue a torn one.
        _isEnded = true;
        _file.Write([.. line, (byte)'\n']);
        // To the disk, not to the page cache alone: what a killed machine leaves behind is judged.
        _file.Flush(flushToDisk: true);
        _previous = sha256;
        _lines++;
        _isEnded = record is LedgerEnd;
    }
}

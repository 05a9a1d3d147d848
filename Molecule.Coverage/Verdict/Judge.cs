using System.Collections.Immutable;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>Says what ledgers amount to. It trusts neither the test platform nor the tests: it holds them against each other and against the expectation.</summary>
public static class Judge
{
    private const int WarningDays = 14;

    /// <summary>Judges the ledger of one run by its own selection.</summary>
    /// <param name="ledger">As it was read from disk.</param>
    /// <param name="run">The id of the run that was started: a ledger that lay there before is none of it.</param>
    /// <param name="expectation">Computed from the files anew, not taken from the ledger.</param>
    /// <param name="now">Decides which entries have expired.</param>
    public static RunVerdict Run(RecordedRun ledger, string run, Expectation expectation, DateTimeOffset now) =>
        Of([(ledger.Start is { } start && start.Run != run ? Foreign(ledger, start, run) : ledger, expectation)], commit: null, isWhole: false, now);

    /// <summary>Judges ledgers that together must hold every cell exactly once.</summary>
    /// <param name="ledgers">At least one: shards or filtered runs.</param>
    /// <param name="recompute">Computes the expectation of a ledger's request from the files.</param>
    /// <param name="otherwise">The request assumed for a ledger whose start record cannot be read.</param>
    /// <param name="commit">The commit that is judged: a ledger of another one says nothing of it.</param>
    /// <param name="now">Decides which entries have expired.</param>
    public static RunVerdict Merge(ImmutableArray<RecordedRun> ledgers, Func<RunRequest, Expectation> recompute, RunRequest otherwise, string commit, DateTimeOffset now)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ledgers.Length);
        return Of([.. ledgers.Select(ledger => (ledger, recompute(ledger.Start?.Request ?? otherwise)))], commit, isWhole: true, now);
    }

    private static RunVerdict Of(ImmutableArray<(RecordedRun Ledger, Expectation Expectation)> runs, string? commit, bool isWhole, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var findings = ImmutableArray.CreateBuilder<Finding>();
        findings.AddRange(runs.SelectMany(run => LedgerFindings.Of(run.Ledger, run.Expectation)).Distinct());
        findings.AddRange(LedgerFindings.OfUnlike([.. runs.Select(run => run.Ledger)]));
        if (commit is not null)
        {
            findings.AddRange(LedgerFindings.OfOtherCommits([.. runs.Select(run => run.Ledger)], commit));
        }

        var cells = ShardMerge.Judge(runs, isWhole, today);
        findings.AddRange(cells.Where(cell => cell.Exit is not GateExit.Green).Select(cell => new Finding(cell.Exit, cell.Expected.Id.ToString(), TextOf(cell))));
        if (!cells.Any(cell => cell.State is CellState.Covered))
        {
            findings.Add(new Finding(GateExit.Uncovered, "run", "nothing-covered: not one cell was covered"));
        }

        return new RunVerdict(
            [.. runs.Select(run => run.Ledger)],
            runs[0].Expectation,
            isWhole,
            cells,
            [.. findings.OrderBy(finding => finding.Exit)],
            WarningsOf(cells, today),
            [.. runs.SelectMany(run => run.Expectation.OutsideTheMatrix).Distinct()]);
    }

    private static RecordedRun Foreign(RecordedRun ledger, LedgerStart start, string run) => ledger with
    {
        Cells = [],
        Results = [],
        End = null,
        Problems = [.. ledger.Problems, new LedgerProblem(1, $"it is the ledger of run {start.Run}, not of {run}")],
    };

    private static string TextOf(JudgedCell cell) => cell switch
    {
        { Exit: GateExit.Expired } => $"expired: {cell.Reason}",
        { State: CellState.Unchecked } => $"required-but-unchecked: {cell.Reason}",
        _ => $"{cell.State.ToWord()}: {cell.Reason}",
    };

    private static ImmutableArray<string> WarningsOf(ImmutableArray<JudgedCell> cells, DateOnly today) =>
    [
        .. cells
            .Where(cell => cell.Exit is GateExit.Green && cell.State is CellState.Pending or CellState.KnownFailing or CellState.Quarantined)
            .Where(cell => cell.Expected.Entry?.Expires is { } expires && expires.DayNumber - today.DayNumber <= WarningDays)
            .Select(cell => $"{cell.Expected.Id}: its {cell.State.ToWord()} entry expires on {cell.Expected.Entry!.Expires:yyyy-MM-dd} ({cell.Expected.Entry.Owner}, {cell.Expected.Entry.Issue})"),
    ];
}

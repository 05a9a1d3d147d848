using System.Collections.Immutable;
using System.Globalization;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>Judges the cells of one ledger, each from its own records alone.</summary>
internal sealed class CellJudge
{
    /// <summary>The code of a cell that somebody's server in the vendor's place has answered.</summary>
    internal const string LiveStandIn = "live-stand-in";

    /// <summary>The code of what a control plane from outside the graph cannot show.</summary>
    internal const string SystemUnderTest = "SUT: ";

    private static readonly ImmutableArray<string> _liveExcuses = ["credential-refused: ", "unknown-price: ", "unknown-window: ", "spend-limit: "];

    private readonly RecordedRun _run;
    private readonly LedgerStart? _start;
    private readonly RunRequest _request;
    private readonly DateOnly _today;
    private readonly ILookup<CellId, LedgerCell> _cells;
    private readonly ILookup<CellId, LedgerResult> _results;
    private readonly ImmutableHashSet<CellId> _reusedEvidence;

    public CellJudge(RecordedRun run, RunRequest request, DateOnly today, ImmutableHashSet<CellId> reusedEvidence)
    {
        _run = run;
        _start = run.Start;
        _request = request;
        _today = today;
        _cells = run.Cells.ToLookup(cell => cell.Cell);
        _results = run.Results.Where(result => result.Cell is not null).ToLookup(result => result.Cell!);
        _reusedEvidence = reusedEvidence;
    }

    public JudgedCell Judge(ExpectedCell expected)
    {
        var last = _cells[expected.Id].LastOrDefault(cell => cell.Evidence is not null) ?? _cells[expected.Id].LastOrDefault();
        var (state, reason) = expected.IsExecuted ? Excused(expected, Executed(expected)) : Decided(expected);
        return new JudgedCell(expected, state, reason, last?.Engine, last?.Evidence, ExitOf(expected, state, reason));
    }

    /// <summary>Cells that were decided before discovery: no record can cover them.</summary>
    private static Judgement Decided(ExpectedCell expected) => expected.Disposition switch
    {
        Disposition.Pending => new(CellState.Pending, OfEntry(expected.Entry)),
        Disposition.NotApplicable => new(CellState.NotApplicable, expected.Entry?.Reason),
        Disposition.Unchecked => new(CellState.Unchecked, expected.Reason),
        _ => new(CellState.Uncovered, expected.Reason),
    };

    private Judgement Executed(ExpectedCell expected)
    {
        var cells = _cells[expected.Id].ToImmutableArray();
        var results = _results[expected.Id].ToImmutableArray();

        // A failure outlives everything: a later pass is a label, not a cure.
        if (FailureOf(cells, results) is { } failure)
        {
            var passed = cells.Any(cell => cell.Outcome is CellOutcome.Passed) && cells.Any(cell => cell.Outcome is CellOutcome.Failed)
                || results.Any(result => result.Outcome is TestOutcome.Passed) && results.Any(IsFailure);
            return new(CellState.Failed, passed ? $"flaky: {failure}, another attempt passed" : failure);
        }

        if (Uncounted(expected, cells, results) is { } lack)
        {
            return Uncovered(lack);
        }

        var (cell, result) = (cells[0], results[0]);
        return (cell.Outcome, result.Outcome) switch
        {
            (CellOutcome.Unchecked, TestOutcome.Passed or TestOutcome.Skipped) => MayExcuseItself(expected, cell)
                ? new(CellState.Unchecked, cell.Reason)
                : Uncovered($"unchecked-without-leave: {cell.Reason}"),
            (CellOutcome.Passed, TestOutcome.Passed) => Passed(expected, cell),
            _ => Uncovered($"skipped: {result.Detail ?? result.Test}"),
        };
    }

    /// <summary>The only way to a covered cell.</summary>
    private Judgement Passed(ExpectedCell expected, LedgerCell cell)
    {
        if (EvidenceRules.Broken(expected, cell, _start!) is { } broken)
        {
            return Uncovered(broken);
        }

        if (_reusedEvidence.Contains(expected.Id))
        {
            return Uncovered("reused-evidence: another cell shows the same activity or trace");
        }

        // A stand-in's answer proves the live path; where the vendor itself is required it proves nothing.
        return (cell.Reached is ReachedMode.LiveStandIn, _request.Requires(RunRequest.Live)) switch
        {
            (true, true) => new(CellState.Unchecked, $"{LiveStandIn}: live path proven, live vendor unchecked, and the vendor itself is required"),
            (true, false) => new(CellState.Covered, $"{LiveStandIn}: live path proven, live vendor unchecked"),
            _ => new(CellState.Covered, null),
        };
    }

    private static string? FailureOf(ImmutableArray<LedgerCell> cells, ImmutableArray<LedgerResult> results)
    {
        if (cells.FirstOrDefault(cell => cell.Outcome is CellOutcome.Failed) is { } cell)
        {
            return string.Create(CultureInfo.InvariantCulture, $"attempt {cell.Attempt}: {cell.Reason}");
        }

        return results.FirstOrDefault(IsFailure) is { } result ? $"test {(result.Outcome is TestOutcome.Failed ? "failed" : "broke off")}: {result.Detail ?? result.Test}" : null;
    }

    /// <summary>Why there is not exactly one record and exactly one result; null when there is.</summary>
    private string? Uncounted(ExpectedCell expected, ImmutableArray<LedgerCell> cells, ImmutableArray<LedgerResult> results)
    {
        if (_run.Distrusted.TryGetValue(expected.Id, out var line))
        {
            return $"distrusted: its record in line {line} stands at or after a defect of the ledger";
        }

        return (cells.Length, results.Length) switch
        {
            (1, 1) when cells[0].Attempt != 1 => $"lost-attempt: the only record is attempt {cells[0].Attempt}",
            (1, 1) => _start is null ? "no-start: the ledger does not say what the run is" : null,
            (0, 0) => $"not-executed: {WhyNothingRan()}",
            (0, 1) when results[0].Outcome is TestOutcome.Skipped => $"skipped: {results[0].Detail ?? results[0].Test}",
            (0, _) => "no-evidence: the test platform says passed, the ledger holds no record of the cell",
            (_, 0) => "no-result: the ledger holds a record, the test platform has not spoken of the cell",
            ( > 1, _) => $"duplicate-evidence: {cells.Length} records",
            _ => $"duplicate-result: {results.Length} tests claim the cell ({string.Join(", ", results.Select(result => result.Test))})",
        };
    }

    private string WhyNothingRan()
    {
        if (_run.End?.Problems is [var problem, ..])
        {
            return problem.ToString();
        }

        return _run.IsComplete ? "no test claimed the cell" : "the run was cut short or its ledger is damaged";
    }

    /// <summary>
    /// A running cell may find only that the vendor refuses the key, or that there is no money for it, and only where there is a key: in live mode; or
    /// that a control plane from outside the graph does not show what it needs, and only where there is such a one.
    /// </summary>
    private bool MayExcuseItself(ExpectedCell expected, LedgerCell cell) =>
        (expected.Id.Mode is CellMode.Live && _liveExcuses.Any(code => cell.Reason!.StartsWith(code, StringComparison.Ordinal)))
        || (_request.ControlPlane is not null && IsOfTheSystem(cell.Reason));

    private static bool IsOfTheSystem(string? reason) => reason?.StartsWith(SystemUnderTest, StringComparison.Ordinal) is true;

    private static Judgement Excused(ExpectedCell expected, Judgement judgement) => (expected.Disposition, judgement.State) switch
    {
        (Disposition.KnownFailing, CellState.Failed) => new(CellState.KnownFailing, $"{OfEntry(expected.Entry)} ({judgement.Reason})"),
        (Disposition.KnownFailing, CellState.Covered) => new(CellState.Failed, $"unexpected-pass: its known-failing entry is stale, remove it ({OfEntry(expected.Entry)})"),
        (Disposition.Quarantined, CellState.Failed) => new(CellState.Quarantined, $"{OfEntry(expected.Entry)} ({judgement.Reason})"),
        (Disposition.Quarantined, CellState.Covered) => new(CellState.Quarantined, $"{OfEntry(expected.Entry)} (passed)"),
        _ => judgement,
    };

    private GateExit ExitOf(ExpectedCell expected, CellState state, string? reason) => state switch
    {
        _ when expected.Disposition is Disposition.NotSelected => GateExit.Green,
        CellState.Failed => GateExit.Failed,
        CellState.Uncovered => GateExit.Uncovered,
        CellState.Unchecked when _request.Requires(expected.Lacks ?? (IsOfTheSystem(reason) ? RunRequest.OwnControlPlane : RunRequest.Live)) => GateExit.Uncovered,
        CellState.Pending or CellState.KnownFailing or CellState.Quarantined when expected.Entry?.Expires is not { } last || _today > last => GateExit.Expired,
        _ => GateExit.Green,
    };

    private static string OfEntry(WrittenEntry? entry) =>
        entry is null ? "no entry" : $"{entry.Reason} [{entry.Issue}, {entry.Owner}, until {entry.Expires:yyyy-MM-dd}]";

    private static Judgement Uncovered(string reason) => new(CellState.Uncovered, reason);

    private static bool IsFailure(LedgerResult result) => result.Outcome is TestOutcome.Failed or TestOutcome.Error;

    private sealed record Judgement(CellState State, string? Reason);
}

using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>What a cell's records amount to.</summary>
public enum CellState
{
    /// <summary>Expected, executed in this run, passed with evidence.</summary>
    Covered,

    /// <summary>An attempt at it failed, or a known failure passed.</summary>
    Failed,

    /// <summary>Not proven: not executed, not selected, or what is recorded of it does not hold.</summary>
    Uncovered,

    /// <summary>The machine could not look.</summary>
    Unchecked,

    /// <summary>Accepted in writing as not built yet.</summary>
    Pending,

    /// <summary>Excluded in writing.</summary>
    NotApplicable,

    /// <summary>Failed as its entry says.</summary>
    KnownFailing,

    /// <summary>Ran; its outcome does not gate.</summary>
    Quarantined,
}

/// <summary>One expected cell and what became of it.</summary>
/// <param name="Expected">The expectation.</param>
/// <param name="State">See <see cref="CellState"/>.</param>
/// <param name="Reason">A code and a detail; null for covered cells without a label.</param>
/// <param name="Engine">What ran.</param>
/// <param name="Evidence">Of the last attempt that left any.</param>
/// <param name="Exit">The code by which the cell gates; <see cref="GateExit.Green"/> where it does not.</param>
public sealed record JudgedCell(ExpectedCell Expected, CellState State, string? Reason, EngineIdentity? Engine, CellEvidence? Evidence, GateExit Exit)
{
    /// <summary>Covered by a stand-in of this repository: counted apart.</summary>
    public bool IsCoveredEmulated => State is CellState.Covered && Engine?.Kind is EngineKind.Emulated;

    /// <summary>Covered on the live path, by somebody's server in the vendor's place.</summary>
    public bool IsCoveredByStandIn => State is CellState.Covered && Reason?.StartsWith(CellJudge.LiveStandIn, StringComparison.Ordinal) is true;

    /// <summary>Left out by the filter or the shard.</summary>
    public bool IsNotSelected => Expected.Disposition is Disposition.NotSelected;
}

/// <summary>One thing that makes a run red.</summary>
/// <param name="Exit">3, 4 or 5.</param>
/// <param name="Subject">The cell's id, or what else it is about.</param>
/// <param name="Text">A code and a detail.</param>
public sealed record Finding(GateExit Exit, string Subject, string Text)
{
    public override string ToString() => $"{Subject}: {Text}";
}

/// <summary>How many cells are in which state. <see cref="Expected"/> is the sum of all others but <see cref="NotApplicable"/>.</summary>
public sealed record VerdictTotals(
    int Expected,
    int Covered,
    int CoveredEmulated,
    int Failed,
    int Uncovered,
    int Unchecked,
    int Pending,
    int NotApplicable,
    int KnownFailing,
    int Quarantined)
{
    /// <summary>Counts each cell once.</summary>
    public static VerdictTotals Of(ImmutableArray<JudgedCell> cells)
    {
        int Count(CellState state) => cells.Count(cell => cell.State == state);
        var emulated = cells.Count(cell => cell.IsCoveredEmulated);
        return new VerdictTotals(
            cells.Length - Count(CellState.NotApplicable),
            Count(CellState.Covered) - emulated,
            emulated,
            Count(CellState.Failed),
            Count(CellState.Uncovered),
            Count(CellState.Unchecked),
            Count(CellState.Pending),
            Count(CellState.NotApplicable),
            Count(CellState.KnownFailing),
            Count(CellState.Quarantined));
    }
}

/// <summary>What one or more ledgers amount to.</summary>
/// <param name="Ledgers">Those judged.</param>
/// <param name="Expectation">What they were judged against; of several ledgers the first one's.</param>
/// <param name="IsMerge">Whether they were judged together, as a whole, and not one by its own selection.</param>
/// <param name="Cells">Every expected cell, in the order of the expectation.</param>
/// <param name="Findings">All that is red; empty exactly when the run is green.</param>
/// <param name="Warnings">What will be red soon.</param>
/// <param name="OutsideTheMatrix">Pairs of the registry that no cell stands for.</param>
public sealed record RunVerdict(
    ImmutableArray<RecordedRun> Ledgers,
    Expectation Expectation,
    bool IsMerge,
    ImmutableArray<JudgedCell> Cells,
    ImmutableArray<Finding> Findings,
    ImmutableArray<string> Warnings,
    ImmutableArray<string> OutsideTheMatrix)
{
    /// <summary>0, or of several the lowest of 3, 4 and 5.</summary>
    public GateExit Exit { get; } = Findings.IsEmpty ? GateExit.Green : Findings.Min(finding => finding.Exit);

    /// <summary>See <see cref="VerdictTotals"/>.</summary>
    public VerdictTotals Totals { get; } = VerdictTotals.Of(Cells);

    /// <summary>Whether every ledger is whole.</summary>
    public bool IsComplete { get; } = !Ledgers.IsEmpty && Ledgers.All(ledger => ledger.IsComplete);

    /// <summary>Cells left out by filter or shard.</summary>
    public int NotSelected { get; } = Cells.Count(cell => cell.IsNotSelected);
}

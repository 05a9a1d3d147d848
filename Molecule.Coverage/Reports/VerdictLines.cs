using System.Collections.Immutable;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>The sentences that the terminal and the Markdown report share.</summary>
internal static class VerdictLines
{
    /// <summary>Every cell that is not covered, worst state first, with its reason.</summary>
    public static ImmutableArray<JudgedCell> NotCovered(RunVerdict verdict) =>
        [.. verdict.Cells.Where(cell => cell.State is not CellState.Covered).OrderBy(GridWords.MarkOf)];

    /// <summary>Every cell whose live path is proven and whose vendor is not.</summary>
    public static ImmutableArray<string> StandIns(RunVerdict verdict) => [.. verdict.Cells.Where(static cell => cell.IsCoveredByStandIn).Select(static cell => cell.Expected.Id.ToString())];

    /// <summary>All counts.</summary>
    public static string Totals(RunVerdict verdict)
    {
        var totals = verdict.Totals;
        var notSelected = verdict.NotSelected == 0 ? "" : $" ({verdict.NotSelected} not selected)";
        return $"{totals.Covered} covered, {totals.CoveredEmulated} covered emulated, {totals.Failed} failed, {totals.Uncovered} uncovered{notSelected}, {totals.Unchecked} unchecked, "
            + $"{totals.Pending} pending, {totals.KnownFailing} known failing, {totals.Quarantined} quarantined of {totals.Expected} expected; "
            + $"{totals.NotApplicable} not applicable; exit {(int)verdict.Exit}";
    }

    /// <summary>The last line of all: of a filtered green run what it does not say, else all counts.</summary>
    public static ImmutableArray<string> Last(RunVerdict verdict) => verdict is { Exit: GateExit.Green, NotSelected: > 0 }
        ? [Totals(verdict), $"selection green, {verdict.NotSelected} cells not selected"]
        : [Totals(verdict)];
}

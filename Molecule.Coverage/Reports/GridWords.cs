using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>The grid's words, and what they mean.</summary>
internal static class GridWords
{
    public static GridMark MarkOf(JudgedCell cell) => cell switch
    {
        { IsNotSelected: true, Exit: GateExit.Green } => GridMark.NotSelected,
        { IsCoveredByStandIn: true } => GridMark.StandIn,
        { IsCoveredEmulated: true } => GridMark.Emulated,
        { State: CellState.Covered, Expected.IsRefusal: true } => GridMark.Refused,
        _ => cell.State switch
        {
            CellState.Covered => GridMark.Covered,
            CellState.Failed => GridMark.Failed,
            CellState.Unchecked => GridMark.Unchecked,
            CellState.Pending => GridMark.Pending,
            CellState.NotApplicable => GridMark.NotApplicable,
            CellState.KnownFailing => GridMark.KnownFailing,
            CellState.Quarantined => GridMark.Quarantined,
            _ => GridMark.Uncovered,
        },
    };

    public static string ToWord(this GridMark mark) => mark switch
    {
        GridMark.Covered => "covered",
        GridMark.StandIn => "live path",
        GridMark.Emulated => "emulated",
        GridMark.Refused => "refused",
        GridMark.Failed => "FAILED",
        GridMark.Unchecked => "unchecked",
        GridMark.Pending => "pending",
        GridMark.NotApplicable => "n/a",
        GridMark.KnownFailing => "known-failing",
        GridMark.Quarantined => "quarantined",
        GridMark.NotSelected => "not selected",
        GridMark.None => ".",
        _ => "UNCOVERED",
    };

    public static string Explain(this GridMark mark) => mark switch
    {
        GridMark.Covered => "expected, executed in this run, passed with evidence",
        GridMark.StandIn => "live path proven, live vendor unchecked (covered)",
        GridMark.Emulated => "covered by an emulated runtime, counted apart",
        GridMark.Refused => "not offered, and refused as it must be (covered)",
        GridMark.Failed => "an attempt failed",
        GridMark.Unchecked => "this machine could not look",
        GridMark.Pending => "accepted in writing as not built yet",
        GridMark.NotApplicable => "excluded in writing",
        GridMark.KnownFailing => "fails as written down",
        GridMark.Quarantined => "ran, does not gate",
        GridMark.NotSelected => "left out by the filter",
        GridMark.None => "no cell",
        _ => "not proven",
    };
}

using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>The words of states and dispositions as they stand in coverage.json and the reports.</summary>
public static class Words
{
    public static string ToWord(this CellState state) => state switch
    {
        CellState.Covered => "covered",
        CellState.Failed => "failed",
        CellState.Uncovered => "uncovered",
        CellState.Unchecked => "unchecked",
        CellState.Pending => "pending",
        CellState.NotApplicable => "not-applicable",
        CellState.KnownFailing => "known-failing",
        CellState.Quarantined => "quarantined",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };

    public static string ToWord(this Disposition disposition) => disposition switch
    {
        Disposition.Run => "run",
        Disposition.KnownFailing => "known-failing",
        Disposition.Quarantined => "quarantined",
        Disposition.Pending => "pending",
        Disposition.NotApplicable => "not-applicable",
        Disposition.Unchecked => "unchecked",
        Disposition.NotSelected => "not-selected",
        _ => throw new ArgumentOutOfRangeException(nameof(disposition), disposition, null),
    };
}

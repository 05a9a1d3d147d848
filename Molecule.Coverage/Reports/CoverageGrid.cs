using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>What a square of the grid shows, worst first: of several cells on a pair the worst gives the square its word.</summary>
internal enum GridMark
{
    Failed,
    Uncovered,
    Unchecked,
    KnownFailing,
    Quarantined,
    Pending,
    NotSelected,
    NotApplicable,
    StandIn,
    Emulated,
    Covered,
    Refused,
    None,
}

/// <summary>One pair of the grid.</summary>
/// <param name="Mark">The worst of its cells.</param>
/// <param name="Covered">How many of its cells are covered.</param>
/// <param name="Cells">How many it has.</param>
internal sealed record GridSquare(GridMark Mark, int Covered, int Cells)
{
    public string Text => Cells > 1 ? $"{Mark.ToWord()} {Covered}/{Cells}" : Mark.ToWord();
}

/// <summary>The cells of one mode: arms down, runtimes across, and those that stand on no pair.</summary>
internal sealed record CoverageGrid(CellMode Mode, ImmutableArray<string> Runtimes, ImmutableArray<GridRow> Rows, ImmutableArray<JudgedCell> Others)
{
    /// <summary>A grid for each mode of the run.</summary>
    public static ImmutableArray<CoverageGrid> Of(RunVerdict verdict) =>
        [.. verdict.Cells.GroupBy(cell => cell.Expected.Id.Mode).OrderBy(group => group.Key).Select(group => Of(group.Key, verdict.Expectation.Matrix, [.. group]))];

    /// <summary>The marks that occur, in the order of the legend: best first.</summary>
    public static ImmutableArray<GridMark> MarksOf(IEnumerable<CoverageGrid> grids) =>
        [.. grids.SelectMany(grid => grid.Rows).SelectMany(row => row.Squares).Select(square => square.Mark).Distinct().OrderDescending()];

    private static CoverageGrid Of(CellMode mode, MatrixAxes matrix, ImmutableArray<JudgedCell> cells)
    {
        var pairs = cells.ToLookup(cell => (cell.Expected.Id.Runtime, cell.Expected.Id.Arm));
        return new CoverageGrid(
            mode,
            matrix.Runtimes,
            [.. matrix.Arms.Select(arm => new GridRow(arm, [.. matrix.Runtimes.Select(runtime => SquareOf([.. pairs[(runtime, arm)]]))]))],
            [.. cells.Where(cell => cell.Expected.Id is { Runtime: null } or { Arm: null })]);
    }

    private static GridSquare SquareOf(ImmutableArray<JudgedCell> cells) =>
        new(cells.Select(GridWords.MarkOf).DefaultIfEmpty(GridMark.None).Min(), cells.Count(cell => cell.State is CellState.Covered), cells.Length);
}

/// <summary>One arm of the grid.</summary>
internal sealed record GridRow(string Arm, ImmutableArray<GridSquare> Squares);

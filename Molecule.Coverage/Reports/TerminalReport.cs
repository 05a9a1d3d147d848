using System.Globalization;
using System.Text;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>A verdict as plain text: heading, grid, legend, what is not covered, what is red, what will be, and the counts as the last line.</summary>
public static class TerminalReport
{
    /// <summary>Renders a verdict, lines ended by a line feed.</summary>
    public static string Render(RunVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var grids = CoverageGrid.Of(verdict);
        var text = new StringBuilder();
        Line(text, ReportHeading.Of(verdict).ToString());
        foreach (var grid in grids)
        {
            Line(text, "");
            Add(text, grid);
        }

        Line(text, "");
        var marks = CoverageGrid.MarksOf(grids);
        var width = marks.Select(mark => mark.ToWord().Length).DefaultIfEmpty(0).Max();
        foreach (var mark in marks)
        {
            Line(text, $"{mark.ToWord().PadRight(width)}  {mark.Explain()}");
        }

        Section(text, "Not covered", [.. VerdictLines.NotCovered(verdict).Select(cell => $"{cell.Expected.Id}: {Words.ToWord(cell.State)}{(cell.Reason is null ? "" : $" ({cell.Reason})")}")]);
        Section(text, "Live path proven, live vendor unchecked", VerdictLines.StandIns(verdict));
        Section(text, "Red", [.. verdict.Findings.Select(finding => string.Create(CultureInfo.InvariantCulture, $"[{(int)finding.Exit}] {finding}"))]);
        Section(text, "Expires soon", verdict.Warnings);
        Section(text, "Outside the matrix", verdict.OutsideTheMatrix);
        Line(text, "");
        foreach (var line in VerdictLines.Last(verdict))
        {
            Line(text, line);
        }

        return text.ToString();
    }

    private static void Add(StringBuilder text, CoverageGrid grid)
    {
        var title = grid.Mode.ToString().ToLowerInvariant();
        var first = Widest([title, .. grid.Rows.Select(row => row.Arm)]);
        var widths = grid.Runtimes.Select((runtime, column) => Widest([runtime, .. grid.Rows.Select(row => row.Squares[column].Text)])).ToList();
        Row(title, grid.Runtimes);
        foreach (var row in grid.Rows)
        {
            Row(row.Arm, row.Squares.Select(square => square.Text));
        }

        foreach (var other in grid.Others)
        {
            Line(text, $"{other.Expected.Id}  {GridWords.MarkOf(other).ToWord()}");
        }

        void Row(string head, IEnumerable<string> cells) =>
            Line(text, $"{head.PadRight(first)}  {string.Join("  ", cells.Select((cell, column) => cell.PadRight(widths[column])))}".TrimEnd());
    }

    private static int Widest(IEnumerable<string> texts) => texts.Max(text => text.Length);

    private static void Section(StringBuilder text, string title, IReadOnlyCollection<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Line(text, "");
        Line(text, string.Create(CultureInfo.InvariantCulture, $"{title} ({lines.Count}):"));
        foreach (var line in lines)
        {
            Line(text, $"  {line}");
        }
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}

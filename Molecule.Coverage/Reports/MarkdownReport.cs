using System.Globalization;
using System.Text;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>A verdict as Markdown: for a README or a job summary.</summary>
public static class MarkdownReport
{
    /// <summary>The whole report.</summary>
    public static string Render(RunVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var text = new StringBuilder();
        Line(text, $"## {Escape(ReportHeading.Of(verdict).ToString())}");
        Line(text, "");
        text.Append(RenderTable(verdict));
        Section(text, "Not covered", [.. VerdictLines.NotCovered(verdict).Select(cell => $"`{cell.Expected.Id}` {cell.State.ToWord()}{(cell.Reason is null ? "" : $": {Escape(cell.Reason)}")}")]);
        Section(text, "Live path proven, live vendor unchecked", [.. VerdictLines.StandIns(verdict).Select(static cell => $"`{cell}`")]);
        Section(text, "Red", [.. verdict.Findings.Select(finding => string.Create(CultureInfo.InvariantCulture, $"exit {(int)finding.Exit}, `{finding.Subject}`: {Escape(finding.Text)}"))]);
        Section(text, "Expires soon", [.. verdict.Warnings.Select(Escape)]);
        Section(text, "Outside the matrix", [.. verdict.OutsideTheMatrix.Select(pair => $"`{pair}`")]);
        foreach (var line in VerdictLines.Last(verdict))
        {
            Line(text, "");
            Line(text, $"**{line}**");
        }

        return text.ToString();
    }

    /// <summary>The tables and their legend alone, as a README shows them.</summary>
    public static string RenderTable(RunVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var grids = CoverageGrid.Of(verdict);
        var text = new StringBuilder();
        foreach (var grid in grids)
        {
            Line(text, $"| {grid.Mode.ToString().ToLowerInvariant()} | {string.Join(" | ", grid.Runtimes)} |");
            Line(text, $"|---|{string.Concat(Enumerable.Repeat("---|", grid.Runtimes.Length))}");
            foreach (var row in grid.Rows)
            {
                Line(text, $"| {row.Arm} | {string.Join(" | ", row.Squares.Select(square => Emphasise(square)))} |");
            }

            Line(text, "");
            foreach (var other in grid.Others)
            {
                Line(text, $"- `{other.Expected.Id}` {GridWords.MarkOf(other).ToWord()}");
            }

            if (!grid.Others.IsEmpty)
            {
                Line(text, "");
            }
        }

        Line(text, string.Join("; ", CoverageGrid.MarksOf(grids).Select(mark => $"**{mark.ToWord()}**: {mark.Explain()}")) + ".");
        return text.ToString();
    }

    private static string Emphasise(GridSquare square) => square.Mark is GridMark.Failed or GridMark.Uncovered ? $"**{square.Text}**" : square.Text;

    private static void Section(StringBuilder text, string title, IReadOnlyCollection<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Line(text, "");
        Line(text, string.Create(CultureInfo.InvariantCulture, $"### {title} ({lines.Count})"));
        Line(text, "");
        foreach (var line in lines)
        {
            Line(text, $"- {line}");
        }
    }

    /// <summary>A failure's text is data: it must not become markup or a second line.</summary>
    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            escaped.Append(character switch
            {
                '\r' or '\n' => " ",
                '<' => "&lt;",
                '|' or '*' or '_' or '`' or '[' or ']' or '\\' or '#' => $"\\{character}",
                _ => character.ToString(),
            });
        }

        return escaped.ToString();
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}

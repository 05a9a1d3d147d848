using System.Globalization;
using System.Security;
using System.Text;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>The grid as an SVG picture, for a README. Colour repeats what the words say, it says nothing of its own.</summary>
public static class GridPicture
{
    private const int Left = 150;
    private const int Width = 116;
    private const int Height = 26;
    private const int Top = 60;

    /// <summary>Renders the grid of one mode.</summary>
    /// <exception cref="ArgumentException">The verdict has no cell of that mode.</exception>
    public static string Render(RunVerdict verdict, CellMode mode)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var grids = CoverageGrid.Of(verdict);
        var grid = grids.FirstOrDefault(one => one.Mode == mode) ?? throw new ArgumentException($"the verdict has no {mode} cell", nameof(mode));
        var marks = CoverageGrid.MarksOf([grid]);
        var (width, height) = (Left + (grid.Runtimes.Length * Width) + 10, Top + (grid.Rows.Length * Height) + 24 + (marks.Length * 16));
        var svg = new StringBuilder();
        Line(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">");
        Line(svg, $"<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        Text(svg, 10, 20, ReportHeading.Of(verdict).ToString());
        for (var column = 0; column < grid.Runtimes.Length; column++)
        {
            Text(svg, Left + (column * Width) + 6, Top - 8, grid.Runtimes[column]);
        }

        for (var row = 0; row < grid.Rows.Length; row++)
        {
            var y = Top + (row * Height);
            Text(svg, 10, y + 17, grid.Rows[row].Arm);
            for (var column = 0; column < grid.Runtimes.Length; column++)
            {
                var (x, square) = (Left + (column * Width), grid.Rows[row].Squares[column]);
                Line(svg, $"<rect x=\"{x}\" y=\"{y}\" width=\"{Width - 4}\" height=\"{Height - 4}\" rx=\"3\" fill=\"{ColourOf(square.Mark)}\"/>");
                Text(svg, x + 6, y + 16, square.Text);
            }
        }

        for (var line = 0; line < marks.Length; line++)
        {
            Text(svg, 10, Top + (grid.Rows.Length * Height) + 20 + (line * 16), $"{marks[line].ToWord()}: {marks[line].Explain()}");
        }

        Line(svg, $"</svg>");
        return svg.ToString();
    }

    private static string ColourOf(GridMark mark) => mark switch
    {
        GridMark.Covered => "#b7e4c7",
        GridMark.Emulated => "#d8f3dc",
        GridMark.Refused => "#dfe7ec",
        GridMark.Failed or GridMark.Uncovered => "#f8b4ab",
        GridMark.KnownFailing or GridMark.Quarantined => "#fbd9b5",
        GridMark.Pending => "#fdf0c4",
        GridMark.Unchecked => "#e5dbf5",
        _ => "#f4f4f4",
    };

    private static void Text(StringBuilder svg, int x, int y, string text) => Line(svg, $"<text x=\"{x}\" y=\"{y}\">{SecurityElement.Escape(text)}</text>");

    private static void Line(StringBuilder svg, FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}

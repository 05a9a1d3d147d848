using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Molecule.Coverage.Planning;

/// <summary>
/// expected-cells.txt: every cell by name, one a line, so that a loss shows in a review. A cell leaves it only through a line
/// <c>removed yyyy-MM-dd OWNER: CELL REASON</c>.
/// </summary>
/// <param name="Cells">Those listed.</param>
/// <param name="Removed">Those removed, with the whole line.</param>
public sealed partial record GoldenList(FrozenSet<CellId> Cells, ImmutableDictionary<CellId, string> Removed)
{
    private const string Head = """
        # Every cell that coverage.yaml and providers.yaml make, in both modes. The gate is red when this list and the computed one differ.
        # A cell leaves the list only through a line: removed yyyy-MM-dd OWNER: CELL REASON
        """;

    /// <summary>Reads the file.</summary>
    /// <exception cref="CoverageFormatException">A line is neither a cell, nor a removal, nor a comment; a cell stands twice; a removal lies in the future.</exception>
    public static GoldenList Parse(PlanFile file, DateOnly today)
    {
        var errors = new ErrorList(file.Name);
        var cells = new HashSet<CellId>();
        var removed = ImmutableDictionary.CreateBuilder<CellId, string>();
        var number = 0;
        foreach (var raw in file.Text.Split('\n'))
        {
            number++;
            var line = raw.TrimEnd();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            var removal = RemovalForm.Match(line);
            if (!CellId.TryParse(removal.Success ? removal.Groups["cell"].Value : line, out var cell))
            {
                errors.Add(number, 1, $"'{line}' is neither a cell id nor a removal: removed yyyy-MM-dd OWNER: CELL REASON");
            }
            else if (cells.Contains(cell) || removed.ContainsKey(cell))
            {
                errors.Add(number, 1, $"{cell} stands twice");
            }
            else if (!removal.Success)
            {
                cells.Add(cell);
            }
            else if (!DateOnly.TryParseExact(removal.Groups["date"].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) || date > today)
            {
                errors.Add(number, 1, $"'{removal.Groups["date"].Value}' must be a date that is not in the future");
            }
            else
            {
                removed.Add(cell, line);
            }
        }

        errors.ThrowIfAny();
        return new GoldenList(cells.ToFrozenSet(), removed.ToImmutable());
    }

    /// <summary>Renders a list: the cells in their order, then the removals that still hold.</summary>
    public static string Render(IEnumerable<CellId> cells, IEnumerable<string> removals)
    {
        var text = new StringBuilder().Append(Head.ReplaceLineEndings("\n")).Append('\n');
        foreach (var line in cells.Select(cell => cell.ToString()).Concat(removals.Order(StringComparer.Ordinal)))
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Where the list and the computed cells disagree.</summary>
    public ImmutableArray<GoldenProblem> Compare(IReadOnlyCollection<CellId> computed)
    {
        var made = computed.ToHashSet();
        return
        [
            .. computed.Where(cell => !Cells.Contains(cell)).Select(cell => new GoldenProblem(cell, Removed.ContainsKey(cell)
                ? "returned: it is made again although expected-cells.txt says removed: list it in the place of that line"
                : "gained: it is made and does not stand in expected-cells.txt: add its line")),
            .. Cells.Where(cell => !made.Contains(cell)).OrderBy(cell => cell.ToString(), StringComparer.Ordinal).Select(cell => new GoldenProblem(
                cell, "lost: it stands in expected-cells.txt and is no longer made: bring it back, or replace its line by 'removed yyyy-MM-dd OWNER: CELL REASON'")),
        ];
    }

    /// <summary>Cells that an earlier state of the list names and this one neither lists nor removes in writing.</summary>
    /// <param name="earlier">As it stood then. Its lines that are no cell are passed over: what was wrong with it then cannot be mended now.</param>
    public ImmutableArray<GoldenProblem> LossesSince(PlanFile earlier)
    {
        ArgumentNullException.ThrowIfNull(earlier);
        return
        [
            .. earlier.Text.Split('\n')
                .Select(line => CellId.TryParse(line.TrimEnd(), out var cell) ? cell : null)
                .OfType<CellId>()
                .Where(cell => !Cells.Contains(cell) && !Removed.ContainsKey(cell))
                .Distinct()
                .Select(cell => new GoldenProblem(cell, $"lost: {earlier.Name} lists it, and now it neither stands in the list nor in a line 'removed yyyy-MM-dd OWNER: CELL REASON'")),
        ];
    }

    [GeneratedRegex(@"^removed (?<date>\S+) (?<owner>[^\s:]+): (?<cell>\S+) (?<reason>\S.*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex RemovalForm { get; }
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>The expected cells before any run, for <c>./molecule plan</c>.</summary>
public static class PlanReport
{
    /// <summary>One cell a line with its disposition, then what is wrong or outside, then the counts.</summary>
    public static string RenderText(Expectation expectation)
    {
        ArgumentNullException.ThrowIfNull(expectation);
        var text = new StringBuilder();
        foreach (var cell in expectation.Cells)
        {
            text.Append(CultureInfo.InvariantCulture, $"{cell.Id}  {cell.Disposition.ToWord()}{(cell.Why is { } reason ? $" ({reason})" : "")}\n");
        }

        foreach (var problem in expectation.GoldenProblems)
        {
            text.Append(CultureInfo.InvariantCulture, $"{problem.Cell}  {problem.Text}\n");
        }

        foreach (var pair in expectation.OutsideTheMatrix)
        {
            text.Append(CultureInfo.InvariantCulture, $"{pair}  outside the matrix\n");
        }

        var counts = expectation.Cells.CountBy(cell => cell.Disposition).OrderBy(count => count.Key).Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Value} {count.Key.ToWord()}"));
        return text.Append(CultureInfo.InvariantCulture, $"{expectation.Cells.Length} cells: {string.Join(", ", counts)}\n").ToString();
    }

    /// <summary>The same as JSON: <c>schema</c>, <c>sources</c>, <c>cells</c>, <c>goldenProblems</c>, <c>outsideTheMatrix</c>.</summary>
    public static string RenderJson(Expectation expectation)
    {
        ArgumentNullException.ThrowIfNull(expectation);
        var plan = new Plan(1, expectation.Sources, expectation.Cells, expectation.GoldenProblems, expectation.OutsideTheMatrix);
        return JsonSerializer.Serialize(plan, ContractJson.Indented) + "\n";
    }

    private sealed record Plan(int Schema, ExpectationSources Sources, ImmutableArray<ExpectedCell> Cells, ImmutableArray<GoldenProblem> GoldenProblems, ImmutableArray<string> OutsideTheMatrix);
}

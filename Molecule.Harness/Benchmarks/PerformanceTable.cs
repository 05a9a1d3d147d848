using System.Globalization;
using System.Text;

namespace Molecule.Harness.Benchmarks;

/// <summary>The benchmarks' table, as text and in docs/performance.md.</summary>
public static class PerformanceTable
{
    /// <summary>The line before the table.</summary>
    public const string Begin = "<!-- benchmarks: ./molecule bench -->";

    /// <summary>The line behind it.</summary>
    public const string End = "<!-- end of benchmarks -->";

    /// <summary>One row as a line: name, figure, spread, target, whether it was met.</summary>
    public static string Line(BenchmarkRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return $"{row.Name}: {Figure(row.Measured, row.Unit)} ({Spread(row)}), {(row.Target is { } target ? $"target {Figure(target, row.Unit)}: {Word(row)}" : "no target")}; {row.Detail}";
    }

    /// <summary>The table with its heading: when it was measured, of which commit, on what.</summary>
    public static string Markdown(IReadOnlyCollection<BenchmarkRow> rows, string heading)
    {
        ArgumentNullException.ThrowIfNull(rows);
        var text = new StringBuilder().Append(heading).Append("\n\n")
            .Append("| benchmark | what is measured | figure | rounds, least to most | target | met | behind it |\n|---|---|---|---|---|---|---|\n");
        foreach (var row in rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Name} | {row.What} | {Figure(row.Measured, row.Unit)} | {Spread(row)} | {(row.Target is { } target ? Figure(target, row.Unit) : "-")} | {Word(row)} | {row.Detail} |\n");
        }

        return text.ToString();
    }

    /// <summary>A document with the table between its two marks replaced.</summary>
    /// <exception cref="FormatException">It has not both marks, in their order.</exception>
    public static string Replace(string document, string table)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(table);
        var begin = document.IndexOf(Begin, StringComparison.Ordinal);
        var end = document.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? $"{document[..begin]}{Begin}\n{table.Trim()}\n{document[end..]}"
            : throw new FormatException($"it lacks the lines '{Begin}' and '{End}' between which the table belongs");
    }

    private static string Word(BenchmarkRow row) => row.IsMet switch
    {
        true => "yes",
        false => "no",
        null => "-",
    };

    private static string Spread(BenchmarkRow row) => $"{Figure(row.Least, row.Unit)} to {Figure(row.Most, row.Unit)}";

    private static string Figure(double value, string unit) => unit switch
    {
        "x" => string.Create(CultureInfo.InvariantCulture, $"{value:0.00}x"),
        "MiB" => string.Create(CultureInfo.InvariantCulture, $"{value:0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {unit}"),
    };
}

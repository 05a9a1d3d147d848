using Molecule.Harness.Benchmarks;

namespace Molecule.Tests.Harness;

public sealed class PerformanceTableTests
{
    private static readonly BenchmarkRow Met = new("streams", "a against b", 1.5, 1.2, 1.75, "x", 1.5, "15.00 ms against 10.00 ms");
    private static readonly BenchmarkRow Missed = new("plan", "the plan", 1.25, 1, 2, "s", 1, "7 runs");
    private static readonly BenchmarkRow Untargeted = new("memory", "all of it", 276.6, 270, 280, "MiB", null, "node 54");

    [Fact]
    public void A_row_says_its_figure_its_target_and_whether_it_was_met()
    {
        Assert.Equal("streams: 1.50x (1.20x to 1.75x), target 1.50x: yes; 15.00 ms against 10.00 ms", PerformanceTable.Line(Met));
        Assert.Equal("plan: 1.25 s (1.00 s to 2.00 s), target 1.00 s: no; 7 runs", PerformanceTable.Line(Missed));
        Assert.Equal("memory: 277 MiB (270 MiB to 280 MiB), no target; node 54", PerformanceTable.Line(Untargeted));
    }

    [Fact]
    public void The_table_stands_between_its_marks_and_nothing_else_changes()
    {
        var table = PerformanceTable.Markdown([Met, Missed, Untargeted], "Measured today.");
        var document = $"before\n{PerformanceTable.Begin}\nold\n{PerformanceTable.End}\nbehind\n";

        var replaced = PerformanceTable.Replace(document, table);

        Assert.StartsWith($"before\n{PerformanceTable.Begin}\nMeasured today.\n\n| benchmark |", replaced, StringComparison.Ordinal);
        Assert.EndsWith($"|\n{PerformanceTable.End}\nbehind\n", replaced, StringComparison.Ordinal);
        Assert.Contains("| plan | the plan | 1.25 s | 1.00 s to 2.00 s | 1.00 s | no | 7 runs |", replaced, StringComparison.Ordinal);
        Assert.Contains("| memory | all of it | 277 MiB | 270 MiB to 280 MiB | - | - | node 54 |", replaced, StringComparison.Ordinal);
        Assert.DoesNotContain("old", replaced, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no marks")]
    [InlineData("<!-- end of benchmarks -->\n<!-- benchmarks: ./molecule bench -->")]
    public void A_document_without_both_marks_in_their_order_is_refused(string document)
    {
        Assert.Throws<FormatException>(() => PerformanceTable.Replace(document, "table"));
    }
}

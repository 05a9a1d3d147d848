using System.Globalization;
using Molecule.Harness.Benchmarks;

namespace Molecule.Benchmarks;

/// <summary>
/// Measures two things in turns within one run, so that whatever else the machine does falls on both: A B, B A, A B, ... after
/// rounds that do not count. A ratio is that of one round's pair, and the figure the median of the pairs.
/// </summary>
public static class Interleaved
{
    /// <param name="warmUp">How many pairs come first and do not count: a young process of .NET compiles beside what it serves, the more the more code it has.</param>
    /// <param name="rounds">How many pairs count.</param>
    /// <param name="subject">Does its work once and gives what it took.</param>
    /// <param name="baseline">The same of what it is held against.</param>
    /// <param name="cancellationToken">Ends the measuring.</param>
    public static async Task<Comparison> RunAsync(
        int warmUp, int rounds, Func<CancellationToken, Task<double>> subject, Func<CancellationToken, Task<double>> baseline, CancellationToken cancellationToken)
    {
        var pairs = new List<(double Subject, double Baseline)>();
        for (var round = 0; round < warmUp + rounds; round++)
        {
            var first = await OnceAsync(round % 2 == 0 ? subject : baseline, cancellationToken);
            var second = await OnceAsync(round % 2 == 0 ? baseline : subject, cancellationToken);
            if (round >= warmUp)
            {
                pairs.Add(round % 2 == 0 ? (first, second) : (second, first));
            }
        }

        return new Comparison(pairs);
    }

    // What one side has left behind is not collected at the other's cost.
    private static Task<double> OnceAsync(Func<CancellationToken, Task<double>> work, CancellationToken cancellationToken)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return work(cancellationToken);
    }
}

/// <summary>The pairs of a measuring.</summary>
public sealed class Comparison(IReadOnlyList<(double Subject, double Baseline)> pairs)
{
    public double Subject => Median(pairs.Select(static p => p.Subject));

    public double Baseline => Median(pairs.Select(static p => p.Baseline));

    /// <summary>As a row about subject through baseline.</summary>
    public BenchmarkRow ToRatio(string name, string what, double? target, string unit) =>
        Row(name, what, [.. pairs.Select(static p => p.Subject / p.Baseline)], "x", target, unit);

    /// <summary>As a row about subject less baseline.</summary>
    public BenchmarkRow ToDifference(string name, string what, double? target, string unit) =>
        Row(name, what, [.. pairs.Select(static p => p.Subject - p.Baseline)], unit, target, unit);

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }

    private BenchmarkRow Row(string name, string what, double[] figures, string unit, double? target, string behind) => new(
        name, what, Median(figures), figures.Min(), figures.Max(), unit, target,
        string.Create(CultureInfo.InvariantCulture, $"{Subject:0.00} {behind} against {Baseline:0.00} {behind}"));
}

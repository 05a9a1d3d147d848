using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Benchmarks;

namespace Molecule.Benchmarks;

/// <summary>Plan and verdict of 100,000 cells, by BenchmarkDotNet.</summary>
public class CoverageBenchmarks
{
    private static readonly DateTimeOffset _now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private HugeRun? _run;

    private HugeRun Sample => _run ?? throw new InvalidOperationException("There is no sample: Setup has not run.");

    [GlobalSetup]
    public void Setup() => _run = HugeRun.Create(_now);

    [Benchmark]
    public int Plan() => HugeRun.Expect(Sample.Registry, Sample.Coverage, Sample.Golden, _now).Cells.Length;

    [Benchmark]
    public int Verdict() => Judge.Run(Sample.Ledger, HugeRun.RunId, Sample.Expectation, _now).Cells.Length;

    /// <summary>Runs both; the rows are medians of whole runs.</summary>
    public static IEnumerable<BenchmarkRow> Run()
    {
        var verdict = new CoverageBenchmarks();
        verdict.Setup();
        var judged = Judge.Run(verdict.Sample.Ledger, HugeRun.RunId, verdict.Sample.Expectation, _now);
        if (judged.Totals.Covered != HugeRun.Covered || judged.Findings.Length != 0)
        {
            throw new InvalidDataException($"{judged.Totals.Covered} of {HugeRun.Covered} cells of the sample are covered; {judged.Findings.FirstOrDefault()}");
        }

        var artifacts = Directory.CreateTempSubdirectory("molecule-bench-");
        try
        {
            // In this process: a project of its own would be built by the SDK first. Each run is one whole plan or verdict.
            var job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithStrategy(RunStrategy.Monitoring).WithLaunchCount(1).WithWarmupCount(2).WithIterationCount(7).WithInvocationCount(1).WithUnrollFactor(1);
            var config = ManualConfig.CreateEmpty().AddJob(job).AddLogger(NullLogger.Instance).WithArtifactsPath(artifacts.FullName).WithOptions(ConfigOptions.DisableOptimizationsValidator);
            var summary = BenchmarkRunner.Run<CoverageBenchmarks>(config);
            return [.. summary.Reports.Select(ToRow)];
        }
        finally
        {
            artifacts.Delete(recursive: true);
        }
    }

    private static BenchmarkRow ToRow(BenchmarkReport report)
    {
        var name = report.BenchmarkCase.Descriptor.WorkloadMethod.Name;
        var statistics = report.ResultStatistics ?? throw new InvalidOperationException($"BenchmarkDotNet measured nothing of {name}.");
        const double second = 1e9;
        return new BenchmarkRow(
            $"coverage-{name.ToLowerInvariant()}",
            name == nameof(Plan) ? "reading registry, coverage.yaml and expected-cells.txt of 100,000 cells and working out what is to happen to each" : "judging a ledger of 100,000 cells in memory",
            statistics.Median / second, statistics.Min / second, statistics.Max / second, "s", 1,
            string.Create(CultureInfo.InvariantCulture, $"{statistics.N} runs by BenchmarkDotNet, mean {statistics.Mean / second:0.00} s"));
    }
}

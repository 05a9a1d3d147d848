using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using CliWrap;
using Molecule.AppHost.Run;
using Molecule.Contracts.Runs;
using Molecule.Harness.Benchmarks;
using Molecule.Harness.Runs;
using Molecule.Processes;

namespace Molecule.Benchmarks;

/// <summary>A real start of the AppHost without cells: how long it takes against what its processes compute, and what they hold.</summary>
public static class GraphBenchmark
{
    private const int Rounds = 3;
    private const string IsUp = "up: the graph is up";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    // Until first collections and idle threads have settled.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var starts = new List<Start>();

        // The first start of a machine reads its programs from disk: it does not count.
        for (var round = 0; round <= Rounds; round++)
        {
            var start = await OnceAsync($"bench-{Environment.ProcessId}-{round}", cancellationToken);
            if (round > 0)
            {
                starts.Add(start);
            }
        }

        var ratios = starts.Select(static s => s.Seconds / s.Floor).ToArray();
        var memory = starts.Select(static s => s.Mebibytes).ToArray();
        yield return new BenchmarkRow(
            "graph-start", "wall time of a start of the whole graph, until every part is healthy, against the CPU time of its processes through the cores",
            Comparison.Median(ratios), ratios.Min(), ratios.Max(), "x", 1.3,
            string.Create(CultureInfo.InvariantCulture, $"{Comparison.Median(starts.Select(static s => s.Seconds)):0.00} s against {Comparison.Median(starts.Select(static s => s.Floor)):0.00} s"));
        yield return new BenchmarkRow(
            "graph-memory", "proportional set size of the graph's processes without agents, 3 s after it is up",
            Comparison.Median(memory), memory.Min(), memory.Max(), "MiB", 1536, starts[^1].Parts);
    }

    private static async Task<Start> OnceAsync(string run, CancellationToken cancellationToken)
    {
        using var kill = new CancellationTokenSource();
        using var stop = new CancellationTokenSource();
        var up = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        var said = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var repository = Repository.Find(AppContext.BaseDirectory);
        var environment = LaunchProfile.Of(repository);
        environment[RunEnvironment.Run] = run;
        var started = Stopwatch.GetTimestamp();
        var running = Cli.Wrap("dotnet")
            .WithArguments([typeof(MoleculeRun).Assembly.Location, "--Molecule:Up=true"])
            .WithWorkingDirectory(repository.Root)
            .WithEnvironmentVariables(environment)
            .WithStandardOutputPipe(PipeTarget.ToDelegate(line =>
            {
                said.Enqueue(line);
                if (line.Contains(IsUp, StringComparison.Ordinal))
                {
                    up.TrySetResult(Stopwatch.GetElapsedTime(started));
                }
            }))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(said.Enqueue))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(kill.Token, stop.Token);
        try
        {
            if (await Task.WhenAny(up.Task, running.Task, Task.Delay(Limit, cancellationToken)) != up.Task)
            {
                throw new InvalidOperationException($"The graph was not up within {Limit.TotalSeconds:0} s:\n{string.Join('\n', said.TakeLast(20))}");
            }

            var processor = CpuTime.OfSeconds(RunProcesses.Of(run));
            await Task.Delay(Settling, cancellationToken);
            var sizes = RunProcesses.Of(run)
                .GroupBy(RunProcesses.PartOf, static row => Memory.ProportionalKibibytes(row.Key.Id))
                .Select(static part => (Name: part.Key, Mebibytes: part.Sum() / 1024.0))
                .OrderByDescending(static part => part.Mebibytes)
                .ToArray();
            var parts = string.Join(", ", sizes.Select(static p => string.Create(CultureInfo.InvariantCulture, $"{p.Name} {p.Mebibytes:0}")));
            return new Start((await up.Task).TotalSeconds, processor / Environment.ProcessorCount, sizes.Sum(static p => p.Mebibytes), parts);
        }
        finally
        {
            await stop.CancelAsync();
            kill.CancelAfter(TimeSpan.FromSeconds(30));
            await EndedAsync(running);
            await GoneAsync(run);
        }
    }

    private static async Task EndedAsync(CommandTask<CommandResult> running)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException)
        {
            // It was told to stop.
        }
    }

    private static async Task GoneAsync(string run)
    {
        ImmutableArray<ProcessRow> left;
        for (var started = Stopwatch.GetTimestamp(); !(left = RunProcesses.Of(run)).IsEmpty; await Task.Delay(50))
        {
            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw new TimeoutException($"Left of run {run}: {string.Join(", ", left.Select(RunProcesses.PartOf))}");
            }
        }
    }

    private sealed record Start(double Seconds, double Floor, double Mebibytes, string Parts);
}

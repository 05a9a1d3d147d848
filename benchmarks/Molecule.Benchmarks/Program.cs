using System.Text.Json;
using Molecule.Benchmarks;
using Molecule.Contracts;
using Molecule.Harness.Benchmarks;
using Molecule.Processes;

// serve-bare | OUT [NAME...]: runs the named groups of benchmarks, or all, and writes their rows to OUT as JSON.
if (args is [BareServer.Verb])
{
    return await BareServer.RunAsync();
}

if (args is not [var file, .. var asked])
{
    await Console.Error.WriteLineAsync("usage: Molecule.Benchmarks OUT [fakes|control-plane|coverage|agents|graph]...");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
var folder = Directory.CreateTempSubdirectory("molecule-bench-lifeline-");
try
{
    await using var lifeline = LifelineHolder.Open(Path.Combine(folder.FullName, "lifeline"));
    var groups = new (string Name, Func<IAsyncEnumerable<BenchmarkRow>> Run)[]
    {
        ("coverage", static () => CoverageBenchmarks.Run().ToAsyncEnumerable()),
        ("fakes", () => FakesBenchmarks.RunAsync(lifeline.Path, stop.Token)),
        ("control-plane", () => ControlPlaneBenchmark.RunAsync(lifeline.Path, stop.Token)),
        ("agents", () => AgentBenchmark.RunAsync(lifeline.Path, stop.Token)),
        ("graph", () => GraphBenchmark.RunAsync(stop.Token)),
    };
    if (asked.FirstOrDefault(name => !groups.Any(group => group.Name == name)) is { } unknown)
    {
        await Console.Error.WriteLineAsync($"There is no group '{unknown}': {string.Join(", ", groups.Select(static g => g.Name))}.");
        return 2;
    }

    var rows = new List<BenchmarkRow>();
    foreach (var group in groups.Where(group => asked.Length == 0 || asked.Contains(group.Name)))
    {
        await foreach (var row in group.Run())
        {
            rows.Add(row);
            Console.WriteLine(PerformanceTable.Line(row));
        }
    }

    await File.WriteAllTextAsync(file, JsonSerializer.Serialize(rows, ContractJson.Compact));
    return 0;
}
finally
{
    folder.Delete(recursive: true);
}

using System.Text.Json.Nodes;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Runs;
using Molecule.HostTools.Installing;
using Molecule.HostTools.Reaping;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Cli;

/// <summary>A gate of this checkout over a few cells, as a process of its own.</summary>
public sealed class RunningGate : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);

    private const string Serving = "serving";

    private readonly TemporaryFolder _home = new("molecule-gate-");
    private readonly RunningProgram _program;

    private RunningGate(string runtime, string run, string mode, string arms, string features, IReadOnlyDictionary<string, string> live, params IEnumerable<string> stored)
    {
        Run = run;
        var options = RunOptions.FromEnvironment(Variables(runtime, mode, arms, features, live).GetValueOrDefault, () => run);
        Plan = CellRun.Plan(Repository, options with { Request = options.Request with { Credentials = [.. live.Keys.Where(static k => k.StartsWith("E2E_", StringComparison.Ordinal)).Concat(stored).Order(StringComparer.Ordinal)] } }, TimeProvider.System);
        var environment = RunningProgram.BareEnvironment(_home.Path);
        environment.Remove("TMPDIR");
        environment["MOLECULE_CACHE"] = CacheFolder.OfThisMachine().Path;
        environment["MOLECULE_RUN"] = run;

        // As many lanes at once on every machine (learn.microsoft.com/dotnet/core/runtime-config/threading).
        environment["DOTNET_PROCESSOR_COUNT"] = "2";
        foreach (var (name, value) in live)
        {
            environment[name] = value;
        }

        _program = RunningProgram.Start("Molecule.Cli.dll", Path.GetTempPath(), environment, "gate", "--mode", mode, "--runtime", runtime, "--arm", arms, "--feature", features);
    }

    public static Repository Repository { get; } = Repository.Find(AppContext.BaseDirectory);

    public string Run { get; }

    public CellRun Plan { get; }

    public string Output => _program.Output;

    public int ExitCode => _program.ExitCode;

    /// <summary>What the run may leave nothing in.</summary>
    public string TemporaryRunFolder => RunFolder.PathOf(Run);

    /// <summary>Begins the serving cells of runtimes (a comma list), as on a machine with two processors.</summary>
    public static RunningGate Start(string runtime) => new(runtime, $"t-{Guid.NewGuid():N}", "mock", "", Serving, new Dictionary<string, string>());

    /// <summary>Begins the cells of a runtime with parts of the graph that are somebody's, as variables say; on some arms or on all, the serving ones unless others are named (comma lists).</summary>
    public static RunningGate StartWith(string runtime, IReadOnlyDictionary<string, string> parts, string arms = "", string features = Serving) => new(runtime, $"t-{Guid.NewGuid():N}", "mock", arms, features, parts);

    /// <summary>Begins the cells of pairs in a mode, the serving ones unless others are named, with variables that say where the live path leads.</summary>
    /// <param name="mode">live or both.</param>
    /// <param name="runtimes">A comma list.</param>
    /// <param name="arms">A comma list.</param>
    /// <param name="live">The variables; a key is one of E2E_.</param>
    /// <param name="features">A comma list.</param>
    /// <param name="stored">The names of keys that another source than the environment holds.</param>
    public static RunningGate StartLive(string mode, string runtimes, string arms, IReadOnlyDictionary<string, string> live, string features = Serving, params IEnumerable<string> stored) =>
        new(runtimes, $"t-{Guid.NewGuid():N}", mode, arms, features, live, stored);

    /// <summary>Tells the launcher to end, as Ctrl+C or a scheduler does.</summary>
    public bool Cancel() => Molecule.Processes.ProcessTable.Terminate(_program.Key);

    /// <summary>What lies in the run's own home, below it.</summary>
    public string[] InHome(string pattern) => Directory.GetFiles(_home.Path, pattern, SearchOption.AllDirectories);

    /// <summary>Waits until a process of a part of the run is there, and gives the first one of it.</summary>
    public async Task<Molecule.Processes.ProcessRow> PartAsync(string part)
    {
        Molecule.Processes.ProcessRow? found = null;
        await Eventually.HoldsAsync(
            () =>
            {
                found = RunProcesses.Of(Run).Where(row => RunProcesses.PartOf(row) == part).OrderBy(static row => row.Key.StartTicks).FirstOrDefault();
                return found is not null;
            },
            Deadline,
            $"the gate runs {part}; it said:\n{Output}");
        return found!;
    }

    public Task EndAsync() => _program.WaitForExitAsync(Deadline);

    /// <summary>The ledger of the run, judged.</summary>
    public RunVerdict Verdict() => Plan.Verdict();

    /// <summary>coverage.json of the run.</summary>
    public async Task<JsonObject> CoverageAsync() =>
        JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Plan.Folder, "coverage.json"), TestContext.Current.CancellationToken))!.AsObject();

    private static Dictionary<string, string?> Variables(string runtime, string mode, string arms, string features, IReadOnlyDictionary<string, string> others) =>
        new(others.Where(static other => other.Key.StartsWith("Molecule__", StringComparison.Ordinal)).Select(static other => KeyValuePair.Create(other.Key, (string?)other.Value)))
        {
            ["MOLECULE_MODE"] = mode,
            ["MOLECULE_RUNTIMES"] = runtime,
            ["MOLECULE_ARMS"] = arms,
            ["MOLECULE_FEATURES"] = features,
        };

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        if (Directory.Exists(Plan.Folder))
        {
            Directory.Delete(Plan.Folder, recursive: true);
        }

        _home.Dispose();
    }
}

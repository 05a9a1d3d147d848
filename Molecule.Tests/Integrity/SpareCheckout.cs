using System.Collections.Immutable;
using System.Reflection;
using CliWrap;
using CliWrap.Buffered;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Runs;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Integrity;

/// <summary>
/// A checkout of its own in the temporary folder, with a coverage.yaml whose features are given, and with a copy of one of our programs, which
/// finds its files from where it lies.
/// </summary>
public sealed class SpareCheckout : IDisposable
{
    public const string Probe = "molecule.gate-probe.program";
    public const string Cli = "molecule.cli.program";

    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new("molecule-checkout-");

    public SpareCheckout(params ImmutableArray<string> features)
    {
        Repository = new Repository(_folder.Path);
        File.WriteAllText(Path.Combine(_folder.Path, "Molecule.sln"), "");
        File.WriteAllText(Path.Combine(_folder.Path, ".gitignore"), "artifacts/\nbin/\n");
        foreach (var locked in Repository.EnginesLockFiles)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(locked)!);
            File.WriteAllText(locked, """{"engines":[]}""");
        }
        File.Copy(Repository.Find(AppContext.BaseDirectory).ProvidersFile, Repository.ProvidersFile);
        File.Copy(Repository.Find(AppContext.BaseDirectory).FaultsFile, Repository.FaultsFile);
        WriteCoverage(features);
        WriteGolden(features);
    }

    public Repository Repository { get; }

    public static string IdOf(string feature) => $"-/-/{feature}@mock";

    public void Dispose() => _folder.Dispose();

    /// <summary>One cell a feature. <paramref name="more"/> is put behind it.</summary>
    public void WriteCoverage(IEnumerable<string> features, string more = "") => File.WriteAllText(Repository.CoverageFile, $$"""
        schema: 1
        matrix: { runtimes: [codex], arms: [openai-api] }
        capabilities: { containers: { needs: container engine }, live: { needs: credential } }
        features:
        {{string.Join('\n', features.Select(static f => $"  - {{ id: {f}, axes: [], modes: [mock], gate: required{(f.EndsWith(".container", StringComparison.Ordinal) ? ", capability: containers" : "")} }}"))}}
        {{more}}
        """);

    public void WriteGolden(IEnumerable<string> features, string more = "") =>
        File.WriteAllText(Repository.ExpectedCellsFile, string.Concat(features.Select(static f => IdOf(f) + "\n")) + more);

    /// <summary>Runs a program of ours that lies in this checkout.</summary>
    public async Task<(int ExitCode, string Output)> RunAsync(string program, IReadOnlyDictionary<string, string> variables, params ImmutableArray<string> arguments)
    {
        var environment = RunningProgram.BareEnvironment(_folder.Path);
        foreach (var (name, value) in variables)
        {
            environment[name] = value;
        }

        await using var running = RunningProgram.Start(Copied(program), _folder.Path, environment, arguments);
        await running.WaitForExitAsync(_deadline);
        return (running.ExitCode, running.Output);
    }

    /// <summary>
    /// Runs a program of ours that lies in this checkout while artifacts/ is a disk of its own, of a few pages. What was written there is kept below
    /// <paramref name="kept"/>, since the disk is gone when the program has ended.
    /// </summary>
    public async Task<(int ExitCode, string Output)> RunOnASmallDiskAsync(string program, int kibibytes, string kept, IReadOnlyDictionary<string, string> variables, params ImmutableArray<string> arguments)
    {
        var shell = $"dotnet \"$@\"; code=$?; cp -r '{Repository.Artifacts}/.' '{kept}'; exit $code";
        var result = await SmallDisk.Run(Repository, kibibytes, shell, [Copied(program), .. arguments], RunningProgram.BareEnvironment(_folder.Path).Concat(variables))
            .WithWorkingDirectory(_folder.Path)
            .ExecuteBufferedAsync(TestContext.Current.CancellationToken);
        return (result.ExitCode, result.StandardOutput + result.StandardError);
    }

    /// <summary>What the gate would say of a run of this checkout that was asked for with these variables.</summary>
    public RunVerdict Judge(IReadOnlyDictionary<string, string> variables) =>
        Plan(variables).Verdict();

    public CellRun Plan(IReadOnlyDictionary<string, string> variables) => CellRun.Plan(
        Repository, RunOptions.FromEnvironment(variables.GetValueOrDefault, static () => throw new InvalidOperationException("The run has no id.")), TimeProvider.System);

    /// <summary>Runs git here, as nobody in particular.</summary>
    public async Task<string> GitAsync(params IEnumerable<string> arguments) => (await CliWrap.Cli.Wrap("git")
        .WithArguments(["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main", .. arguments])
        .WithWorkingDirectory(_folder.Path)
        .ExecuteBufferedAsync(TestContext.Current.CancellationToken)).StandardOutput.Trim();

    private string Copied(string key)
    {
        var built = typeof(SpareCheckout).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;
        var folder = Path.Combine(_folder.Path, "bin", key);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(built)!).Where(static f => Path.GetExtension(f) is ".dll" or ".json"))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }
        }

        return Path.Combine(folder, Path.GetFileName(built));
    }
}

using Molecule.Harness.Runs;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Cli;

/// <summary>The launcher as a process: what it says and how it exits when it is given something that it cannot use.</summary>
public sealed class BadInputTests : IDisposable
{
    private const string Dll = "Molecule.Cli.dll";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new("molecule-cli-");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("providers: [1", "(2,1): yaml: While parsing a flow sequence")]
    [InlineData("a: b", "providers.yaml(1,1): ")]
    public async Task A_malformed_registry_exits_2_and_is_named_with_its_line(string yaml, string message)
    {
        var file = Path.Combine(_folder.Path, "providers.yaml");
        await File.WriteAllTextAsync(file, yaml + "\n", TestContext.Current.CancellationToken);

        var (exitCode, output) = await RunAsync(Bare(), "plan", "--registry", file);

        Assert.Equal(2, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Molecule__Runtimes__codex__ImageDigest", "Molecule__Runtimes__codex__ImageDigest is 'latest': it has to be sha256:")]
    [InlineData("Molecule__Runtimes__hermes__Version", "Molecule__Runtimes__hermes__Version and Molecule__Runtimes__hermes__Sha256 lock a real hermes together")]
    public async Task A_lock_that_is_none_exits_2_and_is_named(string variable, string message)
    {
        var environment = Bare();
        environment[variable] = "latest";

        var (exitCode, output) = await RunAsync(environment, "gate", "--runtime", "codex", "--feature", "serving");

        Assert.Equal(2, exitCode);
        Assert.Contains(message, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_without_npm_and_with_an_empty_cache_is_told_so_before_anything_starts()
    {
        var path = Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName;
        foreach (var program in (string[])["dotnet", "git"])
        {
            File.CreateSymbolicLink(Path.Combine(path, program), OnPath(program));
        }

        var environment = Bare();
        environment["PATH"] = path;
        environment["MOLECULE_CACHE"] = Path.Combine(_folder.Path, "cache");

        var (exitCode, output) = await RunAsync(environment, "gate");

        Assert.Equal(2, exitCode);
        Assert.EndsWith("molecule: npm was not found on PATH. Install Node.js 20 or later, which brings it, and try again.", output.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gate_that_cannot_write_its_artefacts_exits_1_in_one_sentence_and_starts_nothing()
    {
        var run = $"t-{Guid.NewGuid():N}";
        var runs = Directory.CreateDirectory(Path.Combine(Repository.Find(AppContext.BaseDirectory).Artifacts, "runs")).FullName;
        var inTheWay = Path.Combine(runs, run);
        await File.WriteAllTextAsync(inTheWay, "", TestContext.Current.CancellationToken);
        try
        {
            var environment = Bare();
            environment["MOLECULE_RUN"] = run;

            var (exitCode, output) = await RunAsync(environment, "gate", "--runtime", "codex");

            Assert.True(exitCode == 1, output);
            Assert.Contains("What this run wrote under artifacts/ is not whole", output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
            Assert.Empty(RunProcesses.Of(run));
        }
        finally
        {
            File.Delete(inTheWay);
        }
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        await using var program = RunningProgram.Start(Dll, Path.GetTempPath(), environment, arguments);
        await program.WaitForExitAsync(Deadline);
        return (program.ExitCode, program.Output);
    }

    private Dictionary<string, string> Bare()
    {
        var environment = RunningProgram.BareEnvironment(_folder.Path);
        environment["MOLECULE_CACHE"] = Molecule.HostTools.Installing.CacheFolder.OfThisMachine().Path;
        return environment;
    }

    private static string OnPath(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).First(File.Exists);
}

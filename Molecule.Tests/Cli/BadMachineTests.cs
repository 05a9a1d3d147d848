using System.Runtime.Versioning;
using Microsoft.Extensions.Time.Testing;
using Molecule.HostTools.Installing;
using Molecule.Tests.HostTools;
using Molecule.Tests.Integrity;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Cli;

/// <summary>A machine that lacks a program, or whose npm is no good: told in a sentence, with nothing half-installed.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BadMachineTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new("molecule-machine-");

    private string Cache => Path.Combine(_folder.Path, "cache");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_git_a_verdict_is_still_one_and_says_what_it_could_not_hold_it_against()
    {
        using var checkout = new SpareCheckout("one");

        var (exitCode, output) = await checkout.RunAsync(SpareCheckout.Cli, new Dictionary<string, string> { ["PATH"] = PathOf("dotnet") }, "verdict", "no-such-ledger.jsonl");

        Assert.True(exitCode == 4, output);
        Assert.Contains("or git is not on PATH. A cell lost by regenerating it would not show.", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    // The words are those of npm 11 for a registry without the package, and for a lock that is not its package.json's.
    [Theory]
    [InlineData("#!/bin/sh\necho 'npm error code E404' >&2; echo 'npm error 404 Not Found - GET somewhere' >&2; exit 1", "npm ci ended with 1. npm said why:")]
    [InlineData("#!/bin/sh\necho 'npm error code EUSAGE' >&2; echo 'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.' >&2; exit 1", "npm ci ended with 1. package-lock.json does not match its package.json below runtimes/")]
    [InlineData("#!/usr/bin/env node\n", "npm ci ended with 127. npm runs on Node.js, which was not found on PATH")]
    [InlineData("#!/bin/sh\nexit 3", "npm ci ended with 3. npm gave no reason.")]
    [InlineData("#!/bin/sh\nexit 0", "npm gave no reason.")]
    public async Task An_npm_that_fails_is_told_with_its_reason_and_leaves_nothing_half_installed(string npm, string message)
    {
        var environment = RunningProgram.BareEnvironment(_folder.Path);
        environment["PATH"] = PathOf("dotnet", "git", "sh", "env", "sleep");
        environment["MOLECULE_CACHE"] = Cache;
        WriteProgram("npm", npm);

        await using var gate = RunningProgram.Start("Molecule.Cli.dll", Path.GetTempPath(), environment, "gate", "--runtime", "codex");
        await gate.WaitForExitAsync(Deadline);

        Assert.True(gate.ExitCode == 2, gate.Output);
        Assert.Contains(message, gate.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", gate.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Cache));
    }

    [Fact]
    public async Task An_npm_that_hangs_is_ended_after_ten_minutes_and_leaves_nothing_half_installed()
    {
        var began = Path.Combine(_folder.Path, "began");
        PathOf("sh", "sleep");
        WriteProgram("npm", $"#!/bin/sh\necho $$ > '{began}'\nexec sleep 1000");
        var time = new FakeTimeProvider();
        var installer = new PackageInstaller(new CacheFolder(Cache), TextWriter.Null, time, name => name is "PATH" ? Path.Combine(_folder.Path, "bin") : null);

        var installing = installer.InstallAsync(new TinyPackage(_folder.Path).Set(), TestContext.Current.CancellationToken);
        await Eventually.HoldsAsync(() => File.Exists(began) && File.ReadAllText(began).Length > 1, Deadline, "npm was started");
        var id = int.Parse(await File.ReadAllTextAsync(began, TestContext.Current.CancellationToken), System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(30));
                return installing.IsCompleted;
            },
            Deadline,
            "the installation has been given up");

        var error = await Assert.ThrowsAsync<InstallException>(() => installing);
        Assert.StartsWith("npm ci did not end within 10 minutes.", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(Cache));
        Assert.True(Molecule.Processes.ProcessTable.Find(id) is null or { State: 'Z' }, "npm still runs.");
    }

    [Fact]
    public async Task A_cache_that_cannot_be_written_is_named_before_anything_starts()
    {
        var environment = RunningProgram.BareEnvironment(_folder.Path);
        environment["MOLECULE_CACHE"] = Path.Combine(WriteProgram("a-file", ""), "cache");

        await using var gate = RunningProgram.Start("Molecule.Cli.dll", Path.GetTempPath(), environment, "gate", "--runtime", "codex");
        await gate.WaitForExitAsync(Deadline);

        Assert.True(gate.ExitCode == 2, gate.Output);
        Assert.Contains($"The cache '{environment["MOLECULE_CACHE"]}' cannot be written: ", gate.Output, StringComparison.Ordinal);
        Assert.Contains("set MOLECULE_CACHE to a folder that is.", gate.Output, StringComparison.Ordinal);
    }

    // A PATH that holds these programs and no other.
    private string PathOf(params string[] programs)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName;
        foreach (var program in programs)
        {
            File.CreateSymbolicLink(
                Path.Combine(folder, program),
                Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Select(place => Path.Combine(place, program)).First(File.Exists));
        }

        return folder;
    }

    private string WriteProgram(string name, string text)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }
}

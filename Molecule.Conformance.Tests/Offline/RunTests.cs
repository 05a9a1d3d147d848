using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Molecule.Conformance.Tests.Offline;

/// <summary>An AppHost run by itself, in a process of its own.</summary>
public sealed class RunTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_AppHost_says_which_engine_it_has_and_stops_everything_when_told_to_end()
    {
        var folder = Directory.CreateTempSubdirectory("molecule-conformance-");
        try
        {
            var file = Path.Combine(folder.FullName, "processes");
            using var appHost = Start($"sleep 600 & echo $! $$ > '{file}.partial'; mv '{file}.partial' '{file}'; wait");
            var text = await ReadUntilAsync(appHost, "Distributed application started.");
            await UntilAsync(() => File.Exists(file), "the script to write its processes");
            int[] processes = [.. (await File.ReadAllTextAsync(file)).Split(' ').Select(static id => int.Parse(id, CultureInfo.InvariantCulture))];
            Assert.All(processes, static id => Assert.True(ProcessTable.IsRunning(id)));

            using (var terminate = Process.Start("kill", ["-TERM", appHost.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await terminate.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            await appHost.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
            Assert.Equal(0, appHost.ExitCode);
            Assert.All(processes, static id => Assert.False(ProcessTable.IsRunning(id), $"Process {id} still runs."));
            Assert.Contains("Aspire (offline engine, API 13.5.2)", text, StringComparison.Ordinal);
            Assert.Contains("Distributed application starting.", text, StringComparison.Ordinal);
            Assert.Contains("Application host directory is: ", text, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!condition())
        {
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"Waited {Deadline.TotalSeconds} s for {what}.");
            }

            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private static Process Start(string script)
    {
        var folder = Path.GetDirectoryName(typeof(Projects.Molecule_Conformance_AppHost).Assembly.Location)!;
        return Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(folder, "Molecule.Conformance.AppHost.dll"), $"--script={script}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
    }

    private static async Task<string> ReadUntilAsync(Process process, string text)
    {
        var seen = new StringBuilder();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                seen.AppendLine(line);
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    return seen.ToString();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Told below.
        }

        process.Kill(entireProcessTree: true);
        throw new TimeoutException($"The AppHost never printed '{text}'. It printed:\n{seen}");
    }
}

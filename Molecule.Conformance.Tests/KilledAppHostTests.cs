using Molecule.Contracts.Runs;
using Molecule.HostTools.Reaping;
using Molecule.Processes;

namespace Molecule.Conformance.Tests;

/// <summary>kill -9 of an AppHost, a test host among them: no engine is left to stop anything, and the run's reaper does.</summary>
public sealed class KilledAppHostTests
{
    [Fact]
    public async Task Processes_of_a_killed_AppHost_are_ended_by_the_reaper()
    {
        var run = $"conformance-{Guid.NewGuid():N}";
        var folder = RunFolder.Create(run);
        var log = Path.Combine(Path.GetTempPath(), $"{run}.log");
        await using var lifeline = LifelineHolder.Open(folder.Lifeline);
        try
        {
            var reaper = await Reaper.LaunchAsync(run, folder.Lifeline, folder.Path, log, TestContext.Current.CancellationToken);
            using var doomed = AppHostProcess.Start(
                new Dictionary<string, string> { [RunEnvironment.Run] = run }, "--script=setsid sleep 601 & sleep 602 & wait");
            await AppHostProcess.UntilAsync(() => Task.FromResult(Of(run) >= 4), "the AppHost, its script and the two that this starts to run");

            doomed.Kill();
            await reaper.DisposeAsync();
            await lifeline.DisposeAsync();

            await AppHostProcess.UntilAsync(() => Task.FromResult(Of(run) == 0), "the reaper to end what the killed AppHost has left");
        }
        finally
        {
            await lifeline.DisposeAsync();
            await AppHostProcess.UntilAsync(() => Task.FromResult(!Directory.Exists(folder.Path)), "the reaper to delete the run's folder");
            File.Delete(log);
        }
    }

    private static int Of(string run) => ProcessTable.WithVariable($"{RunEnvironment.Run}={run}").Length;
}

using System.Diagnostics;
using Docker.DotNet.Models;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Reaping;
using Molecule.Processes;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>kill -9 of an AppHost leaves its containers to the engine; the run's reaper removes them.</summary>
[Collection(ContainerTests.Collection)]
public sealed class LeftBehindTests
{
    [ContainerFact]
    public async Task Containers_of_a_killed_AppHost_are_removed_by_the_reaper_and_no_others()
    {
        var (run, other) = ($"conformance-{Guid.NewGuid():N}", $"conformance-{Guid.NewGuid():N}");
        var folder = RunFolder.Create(run);
        var log = Path.Combine(Path.GetTempPath(), $"{run}.log");
        var lifeline = LifelineHolder.Open(folder.Lifeline);
        try
        {
            var reaper = await Reaper.LaunchAsync(run, folder.Lifeline, folder.Path, log, TestContext.Current.CancellationToken);
            using (var doomed = AppHost(run))
            using (var kept = AppHost(other))
            {
                await AppHostProcess.UntilAsync(async () => await CountAsync(run) == 1 && await CountAsync(other) == 1, "the containers of two AppHosts to run");
                doomed.Kill();
                await reaper.DisposeAsync();
                await lifeline.DisposeAsync();

                await AppHostProcess.UntilAsync(async () => await CountAsync(run) == 0, "the reaper to remove the container of the killed AppHost");
                Assert.Equal(1, await CountAsync(other));
                kept.Kill();
            }
        }
        finally
        {
            await lifeline.DisposeAsync();
            await new RunContainers(other, new(ContainerEngine.Address), TextWriter.Null).RemoveAsync();
            await AppHostProcess.UntilAsync(() => Task.FromResult(!Directory.Exists(folder.Path)), "the reaper to delete the run's folder");
            File.Delete(log);
        }
    }

    private static Process AppHost(string run) => AppHostProcess.Start(
        new Dictionary<string, string>(), $"--image={ContainerTests.Image.Name}", $"--tag={ContainerTests.Image.Tag}", $"--label={RunEnvironment.ContainerLabel}={run}");

    private static async Task<int> CountAsync(string run)
    {
        using var client = ContainerEngine.Connect();
        var label = new Dictionary<string, bool> { [$"{RunEnvironment.ContainerLabel}={run}"] = true };
        return (await client.Containers.ListContainersAsync(
            new ContainersListParameters { All = true, Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = label, ["status"] = new Dictionary<string, bool> { ["running"] = true } } },
            TestContext.Current.CancellationToken)).Count;
    }
}

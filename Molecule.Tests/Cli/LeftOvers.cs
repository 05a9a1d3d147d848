using Docker.DotNet.Models;
using Molecule.Conformance.Tests.Containers;
using Molecule.Contracts.Runs;
using Molecule.Harness.Runs;
using Molecule.Processes;

namespace Molecule.Tests.Cli;

/// <summary>What a gate with containers may have left on the machine.</summary>
internal static class LeftOvers
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Kills the launcher and the test process, which holds the graph, and awaits the launcher's end.</summary>
    public static Task KillAsync(RunningGate gate)
    {
        foreach (var row in RunProcesses.Of(gate.Run).Where(static row => RunProcesses.PartOf(row) is "Molecule.E2E.Tests" or "Molecule.Cli"))
        {
            ProcessTable.Kill(row.Key);
        }

        return gate.EndAsync();
    }

    public static async Task NothingIsLeftOfAsync(RunningGate gate)
    {
        await UntilAsync(async () => (await ContainersOfAsync(gate)).Count == 0, gate, "the run's containers are gone");
        await UntilAsync(() => Task.FromResult(RunProcesses.Of(gate.Run).IsEmpty && !Directory.Exists(gate.TemporaryRunFolder)), gate, "the run's processes and folder are gone");
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, RunningGate gate, string what)
    {
        using var limit = new CancellationTokenSource(Deadline);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await condition())
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {what}. The gate said:\n{gate.Output}");
            }

            await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public static async Task<IList<ContainerListResponse>> ContainersOfAsync(RunningGate gate)
    {
        using var client = ContainerEngine.Connect();
        return await client.Containers.ListContainersAsync(
            new ContainersListParameters
            {
                All = true,
                Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [$"{RunEnvironment.ContainerLabel}={gate.Run}"] = true } },
            },
            TestContext.Current.CancellationToken);
    }
}

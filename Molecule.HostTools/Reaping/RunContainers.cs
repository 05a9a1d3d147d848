using Docker.DotNet.Models;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Containers;

namespace Molecule.HostTools.Reaping;

/// <summary>A run's containers, known by their label: whatever killed their starter, the engine keeps them.</summary>
public sealed class RunContainers(string run, ContainerEngine? engine, TextWriter log)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Removes them, with the volumes that have no name.</summary>
    /// <returns>Whether none is left, or no engine is there that could have any; false as well for an engine that does not answer within 30 s.</returns>
    public async Task<bool> RemoveAsync()
    {
        if (engine is null)
        {
            return true;
        }

        using var limit = new CancellationTokenSource(Limit);
        try
        {
            using var client = engine.Connect();
            var label = new Dictionary<string, bool> { [$"{RunEnvironment.ContainerLabel}={run}"] = true };
            var found = await client.Containers.ListContainersAsync(
                new ContainersListParameters { All = true, Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = label } }, limit.Token).ConfigureAwait(false);
            foreach (var container in found)
            {
                await log.WriteLineAsync($"run {run}: left behind, removing: container {string.Join(' ', container.Names)} of {container.Image} ({container.State})").ConfigureAwait(false);
                await client.Containers.RemoveContainerAsync(container.ID, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, limit.Token).ConfigureAwait(false);
            }

            return true;
        }
        catch (Exception e) when (ContainerEngine.IsSilence(e))
        {
            // A socket without an engine behind it is as good as none.
            await log.WriteLineAsync($"run {run}: the container engine at {engine.Address} was asked for containers of the run: {e.Message}").ConfigureAwait(false);
            return false;
        }
    }
}

using System.Collections.Immutable;
using Docker.DotNet;
using Docker.DotNet.Models;
using Molecule.Contracts.Runs;
using Molecule.HostTools.Containers;

namespace Molecule.HostTools.Reaping;

/// <summary>A run's containers, known by their label: whatever killed their starter, the engine keeps them.</summary>
public sealed class RunContainers(string run, ContainerEngine? engine, TextWriter log)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Those that are there, as text; none where no engine answers.</summary>
    public async Task<ImmutableArray<string>> FindAsync(CancellationToken cancellationToken)
    {
        if (engine is null || await engine.VersionAsync(cancellationToken).ConfigureAwait(false) is null)
        {
            return [];
        }

        using var client = engine.Connect();
        return [.. (await ListAsync(client, cancellationToken).ConfigureAwait(false)).Select(static c => $"{string.Join(' ', c.Names)} of {c.Image} ({c.State})")];
    }

    private Task<IList<ContainerListResponse>> ListAsync(DockerClient client, CancellationToken cancellationToken) => client.Containers.ListContainersAsync(
        new ContainersListParameters
        {
            All = true,
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [$"{RunEnvironment.ContainerLabel}={run}"] = true } },
        },
        cancellationToken);

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
            foreach (var container in await ListAsync(client, limit.Token).ConfigureAwait(false))
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

using System.Collections.Immutable;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Provisioning;
using Molecule.Contracts.Runs;

namespace Molecule.Node.Workspaces;

/// <summary>Starts workspaces as containers of their runtime's own image, as the product's provisioner does (spec/control-plane.md 5.1, docs/decisions/0026).</summary>
public sealed class WorkspaceContainers(NodeSettings settings, ILogger<WorkspaceContainers> logger) : IHostedService, IDisposable
{
    // On the machine's own network: the vendors' stand-ins, the control plane and the kernel's tables that attest a connection are all there.
    private const string Network = "host";

    private readonly Lazy<DockerClient> _engine = new(() =>
        (settings.ContainerEngine is { } address ? new DockerClientBuilder().WithEndpoint(address) : new DockerClientBuilder()).Build());

    /// <summary>Removes what an earlier node of this run, that was killed, has left running.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Images.IsEmpty || settings.Run is not { } run)
        {
            return;
        }

        var filters = new Dictionary<string, IDictionary<string, bool>>
        {
            ["label"] = new Dictionary<string, bool> { [$"{RunEnvironment.ContainerLabel}={run}"] = true, [RunEnvironment.ContainerWorkspaceLabel] = true },
        };
        try
        {
            foreach (var left in await _engine.Value.Containers.ListContainersAsync(new ContainersListParameters { All = true, Filters = filters }, cancellationToken).ConfigureAwait(false))
            {
                logger.LogWarning("Removing container {Container}: an earlier node has left it.", left.ID);
                await _engine.Value.Containers.RemoveContainerAsync(left.ID, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is DockerApiException or HttpRequestException or SocketException or IOException)
        {
            // Told once more by each provisioning, which fails for it.
            logger.LogError("The container engine does not answer: {Message}", e.GetBaseException().Message);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Starts a container on the workspace's folders.</summary>
    /// <exception cref="EngineMissingException">The image is not on this machine, or no container engine answers.</exception>
    public async Task<ContainerInstance> StartAsync(
        string image, ProvisionRequest request, WorkspaceFolders folders, ImmutableDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(folders);
        try
        {
            var created = await _engine.Value.Containers.CreateContainerAsync(ParametersOf(image, request.WorkspaceId, folders, environment), cancellationToken).ConfigureAwait(false);
            return await StartAsync(created.ID, request.WorkspaceId, folders, environment, cancellationToken).ConfigureAwait(false);
        }
        catch (DockerImageNotFoundException e)
        {
            throw new EngineMissingException($"The image '{image}' of runtime {request.Runtime} is not on this machine: pull it first, or correct Molecule__Runtimes__{request.Runtime}__Image.", e);
        }
        catch (DockerApiException e)
        {
            throw new EngineMissingException($"The container engine refused a container of '{image}': {e.ResponseBody?.Trim() ?? e.Message}", e);
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException)
        {
            throw new EngineMissingException($"No container engine answers for the image '{image}' of runtime {request.Runtime}: {e.GetBaseException().Message}", e);
        }
    }

    public void Dispose()
    {
        if (_engine.IsValueCreated)
        {
            _engine.Value.Dispose();
        }
    }

    private async Task<ContainerInstance> StartAsync(
        string container, string workspaceId, WorkspaceFolders folders, ImmutableDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        try
        {
            await _engine.Value.Containers.StartContainerAsync(container, new ContainerStartParameters(), cancellationToken).ConfigureAwait(false);
            var output = await _engine.Value.Containers.GetContainerLogsAsync(
                container, new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Follow = true }, CancellationToken.None).ConfigureAwait(false);
            var log = new ContainerLog(output, new WorkspaceLog(workspaceId, folders.LogFile, logger));
            return new ContainerInstance(_engine.Value, container, workspaceId, WorkspaceEnvironment.AddressIn(environment), log, logger);
        }
        catch
        {
            await _engine.Value.Containers.RemoveContainerAsync(container, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private CreateContainerParameters ParametersOf(string image, string workspaceId, WorkspaceFolders folders, ImmutableDictionary<string, string> environment) => new()
    {
        Image = image,
        Env = [.. environment.Select(static v => $"{v.Key}={v.Value}")],
        WorkingDir = WorkspaceFolders.InContainers.Work,
        Labels = settings.Run is { } run
            ? new Dictionary<string, string> { [RunEnvironment.ContainerLabel] = run, [RunEnvironment.ContainerWorkspaceLabel] = workspaceId }
            : new Dictionary<string, string> { [RunEnvironment.ContainerWorkspaceLabel] = workspaceId },
        HostConfig = new HostConfig
        {
            NetworkMode = Network,
            Mounts =
            [
                Bind(folders.Configs, WorkspaceFolders.InContainers.Configs),
                Bind(folders.Work, WorkspaceFolders.InContainers.Work),
                Bind(folders.Home, WorkspaceFolders.InContainers.Home),
            ],
        },
    };

    private static Mount Bind(string source, string target) => new() { Type = "bind", Source = source, Target = target };
}

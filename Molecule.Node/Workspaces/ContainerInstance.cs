using System.Net;
using System.Net.Sockets;
using Docker.DotNet;
using Docker.DotNet.Models;
using Molecule.Contracts.Provisioning;
using Molecule.Node.Desktops;

namespace Molecule.Node.Workspaces;

/// <summary>An incarnation that is a container. Its volumes are the workspace's own folders; what else it writes goes with it.</summary>
public sealed class ContainerInstance : IWorkspaceInstance
{
    private const int Killed = 128 + 9;

    private readonly DockerClient _engine;
    private readonly string _container;
    private readonly string _workspaceId;
    private readonly string _address;
    private readonly ContainerLog _log;
    private readonly ILogger _logger;
    private volatile bool _paused;

    /// <summary>Follows a container that has been started.</summary>
    public ContainerInstance(DockerClient engine, string container, string workspaceId, string address, ContainerLog log, ILogger logger)
    {
        (_engine, _container, _workspaceId, _address, _log, _logger) = (engine, container, workspaceId, address, log, logger);
        Ended = WatchAsync();
    }

    public string Id { get; } = $"i-{Guid.NewGuid():N}";

    /// <summary>None: an image brings a desktop of its own or goes without.</summary>
    public Desktop? Desktop => null;

    public Task<int> Ended { get; }

    public InstanceStatus Status => Ended.IsCompletedSuccessfully
        ? new InstanceStatus(Id, _address, "stopped", Ended.Result)
        : new InstanceStatus(Id, _address, _paused ? "paused" : "running");

    /// <summary>Never: what a container leaves behind goes with it and does not come to the node.</summary>
    public bool Marks(int processId) => false;

    /// <summary>Sends the image's own stop signal, and after the grace KILL: both are the engine's doing and on its clock.</summary>
    public async Task StopAsync(TimeSpan grace, TimeProvider time)
    {
        await ResumeAsync().ConfigureAwait(false);
        await AskAsync(() => _engine.Containers.StopContainerAsync(_container, new ContainerStopParameters { WaitBeforeKillSeconds = (uint)grace.TotalSeconds })).ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
    }

    public async Task KillAsync()
    {
        await AskAsync(() => _engine.Containers.KillContainerAsync(_container, new ContainerKillParameters { Signal = "KILL" })).ConfigureAwait(false);
        await Ended.ConfigureAwait(false);
    }

    public async Task PauseAsync()
    {
        if (!_paused)
        {
            await AskAsync(() => _engine.Containers.PauseContainerAsync(_container)).ConfigureAwait(false);
            _paused = true;
        }
    }

    public async Task ResumeAsync()
    {
        if (_paused)
        {
            await AskAsync(() => _engine.Containers.UnpauseContainerAsync(_container)).ConfigureAwait(false);
            _paused = false;
        }
    }

    // Whether it has ended a moment ago is what Ended tells.
    private async Task AskAsync(Func<Task> ask)
    {
        try
        {
            await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is DockerContainerNotFoundException or DockerApiException { StatusCode: HttpStatusCode.Conflict or HttpStatusCode.NotModified } or HttpRequestException or IOException or SocketException)
        {
            _logger.LogDebug("The container of workspace {Workspace}, or its engine, is not there any more: {Message}", _workspaceId, e.Message);
        }
    }

    private async Task<int> WatchAsync()
    {
        var code = Killed;
        try
        {
            code = (int)(await _engine.Containers.WaitContainerAsync(_container).ConfigureAwait(false)).StatusCode;
            await _log.CloseAsync().ConfigureAwait(false);
            await _engine.Containers.RemoveContainerAsync(_container, new ContainerRemoveParameters { Force = true, RemoveVolumes = true }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DockerApiException or HttpRequestException or IOException or SocketException or ObjectDisposedException)
        {
            // Somebody else has removed it, or its engine has gone and taken it along.
            _logger.LogWarning("The container engine no longer answers for workspace {Workspace}: {Message}", _workspaceId, e.Message);
        }
        finally
        {
            await _log.CloseAsync().ConfigureAwait(false);
        }

        _logger.LogInformation("The container of workspace {Workspace} has ended with code {Code}.", _workspaceId, code);
        return code;
    }
}

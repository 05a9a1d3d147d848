using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Provisioning;
using Molecule.Node.Desktops;
using Molecule.Node.Volumes;
using Molecule.Processes;

namespace Molecule.Node.Workspaces;

/// <summary>All workspaces of this node. One call at a time per workspace; different workspaces do not wait for each other.</summary>
public sealed class WorkspaceFleet(
    NodeSettings settings, WorkspaceData data, WorkspaceContainers containers, LifelineHolder lifeline, OwnChildren children, TimeProvider time, ILogger<WorkspaceFleet> logger)
{
    /// <summary>Between TERM and KILL when one workspace is stopped.</summary>
    public static TimeSpan Grace { get; } = TimeSpan.FromSeconds(5);

    /// <summary>The same when the whole node stops, which has 4 s in all.</summary>
    public static TimeSpan GraceOfAStoppingNode { get; } = TimeSpan.FromSeconds(1.5);

    private readonly ConcurrentDictionary<string, IWorkspaceInstance> _instances = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);
    private readonly ImmutableDictionary<string, string> _environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .ToImmutableDictionary(static e => (string)e.Key, static e => (string?)e.Value ?? "", StringComparer.Ordinal);

    private volatile bool _stopping;
    private int _desktops;

    /// <summary>Starts a workspace; an earlier incarnation is stopped first.</summary>
    /// <exception cref="EngineMissingException">The runtime's program is not installed here.</exception>
    /// <exception cref="DesktopException">A desktop is asked for and cannot be had.</exception>
    /// <exception cref="DiskFullException">A swap has no room; nothing has been touched, and the earlier incarnation runs on.</exception>
    /// <exception cref="SnapshotException">A snapshot could not be taken, or the one to begin with is not there or damaged.</exception>
    /// <exception cref="NodeStoppingException">The node is on its way out.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The workspace's program cannot be started.</exception>
    public async Task<InstanceStatus> ProvisionAsync(ProvisionRequest request, CancellationToken cancellationToken)
    {
        var image = settings.Images.GetValueOrDefault(request.Runtime);
        var what = image is null ? EngineOf(request) : ImageFor(request, image);
        using var turn = await TakeTurnAsync(request.WorkspaceId, cancellationToken).ConfigureAwait(false);
        if (WorkspaceData.IsGuarded(request))
        {
            await data.EnsureItCanBeSwappedAsync(request.WorkspaceId, request.Restore, cancellationToken).ConfigureAwait(false);
        }

        if (_instances.TryGetValue(request.WorkspaceId, out var earlier) && !earlier.Ended.IsCompleted)
        {
            logger.LogInformation("Workspace {Workspace} is provisioned anew; its incarnation {Instance} is stopped.", request.WorkspaceId, earlier.Id);
            await earlier.StopAsync(Grace, time).ConfigureAwait(false);
        }

        if (_stopping)
        {
            throw new NodeStoppingException();
        }

        await data.BringOverAsync(request, cancellationToken).ConfigureAwait(false);
        var folders = WorkspaceFolders.Prepare(settings.Root, request.WorkspaceId);
        IWorkspaceInstance instance = image is null
            ? await StartProcessAsync(request, folders).ConfigureAwait(false)
            : await containers.StartAsync(image, request, folders, WorkspaceEnvironment.ForImage(request, _environment), cancellationToken).ConfigureAwait(false);
        _instances[request.WorkspaceId] = instance;
        logger.LogInformation("Workspace {Workspace} runs {Engine} as {Instance}.", request.WorkspaceId, what, instance.Id);
        return instance.Status;
    }

    /// <summary>The instance of a workspace; null where there is none, or where it is another than the one asked for.</summary>
    public IWorkspaceInstance? Find(string workspaceId, string? instanceId) =>
        _instances.TryGetValue(workspaceId, out var instance) && (string.IsNullOrEmpty(instanceId) || instance.Id == instanceId) ? instance : null;

    /// <summary>Whether a process carries the mark of a workspace that still runs.</summary>
    public bool Owns(int processId) => _instances.Values.Any(i => !i.Ended.IsCompleted && i.Marks(processId));

    /// <summary>Does something to an instance, after whatever is being done to its workspace.</summary>
    /// <returns>The status afterwards; null where there is no such instance.</returns>
    public async Task<InstanceStatus?> ChangeAsync(string workspaceId, string? instanceId, Func<IWorkspaceInstance, Task> change, CancellationToken cancellationToken)
    {
        using var turn = await TakeTurnAsync(workspaceId, cancellationToken).ConfigureAwait(false);
        if (Find(workspaceId, instanceId) is not { } instance)
        {
            return null;
        }

        if (!instance.Ended.IsCompleted)
        {
            await change(instance).ConfigureAwait(false);
        }

        return instance.Status;
    }

    /// <summary>Stops one instance.</summary>
    public Task<InstanceStatus?> StopAsync(string workspaceId, string? instanceId, CancellationToken cancellationToken) =>
        ChangeAsync(workspaceId, instanceId, i => i.StopAsync(Grace, time), cancellationToken);

    /// <summary>Stops them all at once and takes no new ones.</summary>
    public async Task StopAllAsync()
    {
        _stopping = true;
        await Task.WhenAll(_instances.Values.Where(static i => !i.Ended.IsCompleted).Select(i => i.StopAsync(GraceOfAStoppingNode, time))).ConfigureAwait(false);
    }

    private string EngineOf(ProvisionRequest request)
    {
        var engine = EngineLookup.Find(request.Runtime, settings.EngineManifest);
        return File.Exists(settings.WorkspaceProgram) ? $"{engine.Name} {engine.Version}" : throw new EngineMissingException(
            $"The workspace's program is missing at '{settings.WorkspaceProgram}': Molecule__Workspace__Program has to name Molecule.Workspace.dll.");
    }

    private static string ImageFor(ProvisionRequest request, string image) => request.HasDesktop
        ? throw new DesktopException($"Workspace {request.WorkspaceId} asks for a desktop, and its runtime is the image '{image}': a desktop is one of this machine's processes.")
        : $"the image {image}";

    private async Task<ProcessInstance> StartProcessAsync(ProvisionRequest request, WorkspaceFolders folders)
    {
        var environment = WorkspaceEnvironment.For(request, folders, lifeline.Path, _environment);
        var desktop = request.HasDesktop ? await Desktop.StartAsync(request.WorkspaceId, folders, NextSocket(), environment, children, time, logger).ConfigureAwait(false) : null;
        if (desktop is not null)
        {
            environment = WorkspaceEnvironment.For(request, folders, lifeline.Path, _environment, desktop.Screen);
        }

        try
        {
            return ProcessInstance.Start(request.WorkspaceId, settings.WorkspaceProgram, folders, environment, settings.Run, desktop, children, logger);
        }
        catch
        {
            if (desktop is not null)
            {
                await desktop.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    // Beside the lifeline's, whose folder is one whose paths are short enough.
    private string NextSocket() => Path.Combine(Path.GetDirectoryName(lifeline.Path)!, string.Create(CultureInfo.InvariantCulture, $"d{Interlocked.Increment(ref _desktops)}.sock"));

    private async Task<Turn> TakeTurnAsync(string workspaceId, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(workspaceId, static _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(turn);
    }

    private readonly record struct Turn(SemaphoreSlim Semaphore) : IDisposable
    {
        public void Dispose() => Semaphore.Release();
    }
}

/// <summary>The node is stopping and starts nothing more.</summary>
public sealed class NodeStoppingException() : Exception("The node is stopping.");

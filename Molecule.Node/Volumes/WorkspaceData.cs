using System.Collections.Immutable;
using Molecule.Contracts.Provisioning;

namespace Molecule.Node.Volumes;

/// <summary>The data of all workspaces of this node, over their incarnations.</summary>
public sealed partial class WorkspaceData(NodeSettings settings, TimeProvider time, ILogger<WorkspaceData> logger) : IHostedService
{
    // The product's own variable (spec/runtimes-and-providers.md 5.3): auto, persist or ephemeral. Here auto is persist.
    private const string Persistence = "MOLECULE_DATA_PERSISTENCE";

    private readonly SnapshotStore _snapshots = SnapshotStore.OnDisk(time);

    /// <summary>Ends what a killed node has left half done, before anything is served.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in Directory.Exists(settings.Root) ? Directory.GetDirectories(settings.Root) : [])
        {
            if (File.Exists(new WorkspaceVolumes(folder).Journal))
            {
                await RecoverAsync(Path.GetFileName(folder)).ConfigureAwait(false);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The snapshots of a workspace, newest first.</summary>
    public ImmutableArray<SnapshotListed> Snapshots(string workspaceId) => SnapshotStore.List(Of(workspaceId));

    /// <summary>Looks whether a swap can be made, while the earlier incarnation still runs.</summary>
    /// <param name="workspaceId">Whose.</param>
    /// <param name="restore">The snapshot to begin with; null for what there is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DiskFullException">There is no room.</exception>
    /// <exception cref="SnapshotException">The snapshot to begin with is not there or damaged.</exception>
    public async Task EnsureItCanBeSwappedAsync(string workspaceId, string? restore, CancellationToken cancellationToken)
    {
        if (restore is not null)
        {
            await _snapshots.ReadAsync(Of(workspaceId), restore, cancellationToken).ConfigureAwait(false);
        }

        if (Directory.Exists(Of(workspaceId).Folder))
        {
            _snapshots.EnsureRoom(Of(workspaceId));
        }
    }

    /// <summary>Ends a swap that was broken off, and makes the one that is asked for. The earlier incarnation has ended.</summary>
    /// <exception cref="SnapshotException">No snapshot could be taken or restored.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public async Task BringOverAsync(ProvisionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await RecoverAsync(request.WorkspaceId).ConfigureAwait(false);
        if (!IsSwap(request))
        {
            return;
        }

        Directory.CreateDirectory(Of(request.WorkspaceId).Folder);
        var restored = await Swap(request.WorkspaceId).RunAsync(Of(request.WorkspaceId), IsPersistent(request), request.Restore, cancellationToken).ConfigureAwait(false);
        Tell(request.WorkspaceId, request.Restore is null ? restored : []);
    }

    private async Task RecoverAsync(string workspaceId) => Tell(workspaceId, await Swap(workspaceId).RecoverAsync(Of(workspaceId)).ConfigureAwait(false));

    private void Tell(string workspaceId, ImmutableArray<SnapshotEntry> restored)
    {
        if (!restored.IsEmpty)
        {
            LogRestored(logger, workspaceId, restored.Length, restored[0].Path);
        }
    }

    private VolumeSwap Swap(string workspaceId) => new(_snapshots, point => LogReached(logger, workspaceId, point));

    private WorkspaceVolumes Of(string workspaceId) => new(Path.Combine(settings.Root, workspaceId));

    /// <summary>Whether a request asks for a swap whose data is to survive.</summary>
    public static bool IsGuarded(ProvisionRequest request) => IsSwap(request) && IsPersistent(request);

    private static bool IsSwap(ProvisionRequest request) => request.IsRecreated || request.Restore is not null;

    private static bool IsPersistent(ProvisionRequest request) => request.Env.GetValueOrDefault(Persistence) is not "ephemeral";

    [LoggerMessage(Level = LogLevel.Information, Message = "The swap of workspace {Workspace}: {Point}.")]
    private static partial void LogReached(ILogger logger, string workspace, string point);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Workspace {Workspace} came up without {Count} of its files and folders, '{First}' first; its snapshot has been put back.")]
    private static partial void LogRestored(ILogger logger, string workspace, int count, string first);
}

using System.Collections.Immutable;

namespace Molecule.Node.Volumes;

/// <summary>
/// Gives a workspace whose earlier incarnation has ended the file system of a new one, without losing its data: a verified snapshot, the
/// change, a look at every file, and the snapshot put back where something is missing. Whatever step it is killed at, <see cref="RecoverAsync"/>
/// finishes it, or takes it back where nothing had been touched (docs/decisions/0024).
/// </summary>
/// <param name="snapshots">Where snapshots are kept.</param>
/// <param name="reached">Told of every point after which the disk is another one.</param>
internal sealed class VolumeSwap(SnapshotStore snapshots, Action<string> reached)
{
    /// <summary>Swaps.</summary>
    /// <param name="volumes">The workspace's.</param>
    /// <param name="isPersistent">Without it the home is the container's own: it goes with the container, as it did before there was persistence.</param>
    /// <param name="restore">A snapshot that the new incarnation is to begin with; null for what there was.</param>
    /// <param name="cancellationToken">Ends it before something has been touched.</param>
    /// <returns>What had to be restored.</returns>
    /// <exception cref="DiskFullException">There is no room; nothing has been touched.</exception>
    /// <exception cref="SnapshotException">No snapshot could be taken, or the one to restore is not there or damaged; nothing has been touched.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public async Task<ImmutableArray<SnapshotEntry>> RunAsync(WorkspaceVolumes volumes, bool isPersistent, string? restore, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        await RecoverAsync(volumes).ConfigureAwait(false);
        if (restore is not null)
        {
            await snapshots.ReadAsync(volumes, restore, cancellationToken).ConfigureAwait(false);
        }

        if (isPersistent)
        {
            snapshots.EnsureRoom(volumes);
        }

        var journal = new SwapJournal(
            SwapStep.Planned,
            isPersistent ? snapshots.NewName() : null,
            restore,
            restore is not null ? [] : isPersistent ? WorkspaceVolumes.All : WorkspaceVolumes.WithoutPersistence);
        journal.Write(volumes);
        reached("planned");
        try
        {
            if (journal.Snapshot is { } name)
            {
                await snapshots.TakeAsync(volumes, name, cancellationToken).ConfigureAwait(false);
                reached("snapshot taken");
            }
        }
        catch
        {
            SwapJournal.Remove(volumes);
            throw;
        }

        return await FinishAsync(volumes, Done(volumes, journal, SwapStep.Saved)).ConfigureAwait(false);
    }

    /// <summary>Ends a swap that was broken off; does nothing where there is none.</summary>
    /// <returns>What had to be restored.</returns>
    public async Task<ImmutableArray<SnapshotEntry>> RecoverAsync(WorkspaceVolumes volumes)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        switch (SwapJournal.Find(volumes))
        {
            case null:
                return [];
            case { Step: SwapStep.Planned }:
                SnapshotStore.DropUnfinished(volumes);
                SwapJournal.Remove(volumes);
                return [];
            case var journal:
                return await FinishAsync(volumes, journal).ConfigureAwait(false);
        }
    }

    // Each step can be begun anew: what it has done already is as it wants it.
    private async Task<ImmutableArray<SnapshotEntry>> FinishAsync(WorkspaceVolumes volumes, SwapJournal journal)
    {
        if (journal.Step < SwapStep.SetAside)
        {
            Workspaces.WorkspaceFolders.Create(volumes.Earlier);
            foreach (var name in WorkspaceVolumes.All.Where(name => Directory.Exists(volumes.Of(name))))
            {
                FileSystem.Move(volumes.Of(name), volumes.EarlierOf(name));
                reached($"{name} set aside");
            }

            journal = Done(volumes, journal, SwapStep.SetAside);
        }

        if (journal.Step < SwapStep.Attached)
        {
            foreach (var name in WorkspaceVolumes.All)
            {
                if (journal.Attached.Contains(name) && Directory.Exists(volumes.EarlierOf(name)))
                {
                    FileSystem.Move(volumes.EarlierOf(name), volumes.Of(name));
                }

                volumes.Make(name);
                reached($"{name} attached");
            }

            journal = Done(volumes, journal, SwapStep.Attached);
        }

        ImmutableArray<SnapshotEntry> missing = [];
        if (journal.Step < SwapStep.Checked)
        {
            if ((journal.Restore ?? journal.Snapshot) is { } wanted)
            {
                var manifest = await snapshots.ReadAsync(volumes, wanted, CancellationToken.None).ConfigureAwait(false);
                missing = [.. manifest.MissingFrom(volumes, WorkspaceVolumes.All)];
                if (!missing.IsEmpty)
                {
                    await snapshots.RestoreAsync(volumes, wanted, missing.Select(static entry => entry.Volume).Distinct(), CancellationToken.None).ConfigureAwait(false);
                    reached("restored");
                    if (manifest.MissingFrom(volumes, WorkspaceVolumes.All).FirstOrDefault() is { } still)
                    {
                        throw new SnapshotException($"'{still.Path}' could not be restored from {wanted}; the earlier files and the snapshot are kept.");
                    }
                }
            }

            journal = Done(volumes, journal, SwapStep.Checked);
        }

        SnapshotStore.Clear(volumes.Earlier);
        reached("earlier removed");
        SwapJournal.Remove(volumes);
        reached("finished");
        snapshots.Retain(volumes);
        return missing;
    }

    private SwapJournal Done(WorkspaceVolumes volumes, SwapJournal journal, SwapStep step)
    {
        journal = journal with { Step = step };
        journal.Write(volumes);
        reached($"{step}");
        return journal;
    }
}

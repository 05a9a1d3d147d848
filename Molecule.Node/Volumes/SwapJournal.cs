using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts;

namespace Molecule.Node.Volumes;

/// <summary>How far a swap has come, on the disk before the next step is begun.</summary>
/// <param name="Step">The last step that is done.</param>
/// <param name="Snapshot">The snapshot taken before it; null without persistence.</param>
/// <param name="Restore">The snapshot that the new incarnation is to begin with; null for what there was.</param>
/// <param name="Attached">The volumes that the new incarnation is given.</param>
internal sealed record SwapJournal(SwapStep Step, string? Snapshot, string? Restore, ImmutableArray<string> Attached)
{
    /// <summary>The journal of a swap that was broken off; null where there is none.</summary>
    public static SwapJournal? Find(WorkspaceVolumes volumes) =>
        File.Exists(volumes.Journal) ? JsonSerializer.Deserialize<SwapJournal>(File.ReadAllBytes(volumes.Journal), ContractJson.Compact) : null;

    /// <summary>Writes it down: what stands there is either this or what stood there before.</summary>
    public void Write(WorkspaceVolumes volumes)
    {
        var next = volumes.Journal + ".next";
        using (var file = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            file.Write(JsonSerializer.SerializeToUtf8Bytes(this, ContractJson.Compact));
            file.Flush(flushToDisk: true);
        }

        File.Move(next, volumes.Journal, overwrite: true);
        FileSystem.Sync(volumes.Folder);
    }

    /// <summary>The swap is over.</summary>
    public static void Remove(WorkspaceVolumes volumes)
    {
        File.Delete(volumes.Journal);
        FileSystem.Sync(volumes.Folder);
    }
}

/// <summary>The steps of a swap, in their order.</summary>
internal enum SwapStep
{
    /// <summary>Nothing has been touched.</summary>
    Planned,

    /// <summary>A snapshot of all volumes is on the disk and has been read back.</summary>
    Saved,

    /// <summary>The earlier incarnation's volumes lie aside.</summary>
    SetAside,

    /// <summary>The new incarnation has its volumes, those that it is given and empty ones.</summary>
    Attached,

    /// <summary>They hold what the snapshot holds.</summary>
    Checked,
}

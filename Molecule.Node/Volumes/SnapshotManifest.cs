using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Molecule.Node.Volumes;

/// <summary>What a snapshot holds, each entry with what tells it from a damaged one.</summary>
public sealed record SnapshotManifest(ImmutableArray<SnapshotEntry> Entries)
{
    /// <summary>What lies in volumes now. Pipes and sockets are of their processes, and left out.</summary>
    /// <exception cref="IOException">Something cannot be read.</exception>
    public static SnapshotManifest Of(WorkspaceVolumes volumes, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        return new SnapshotManifest([.. names
            .Where(name => Directory.Exists(volumes.Of(name)))
            .SelectMany(name => List(new DirectoryInfo(volumes.Of(name)), volumes.Folder))
            .OrderBy(static entry => entry.Path, StringComparer.Ordinal)]);
    }

    /// <summary>The entries of some volumes that are not there, or are there otherwise. What came beside them is no damage.</summary>
    public IEnumerable<SnapshotEntry> MissingFrom(WorkspaceVolumes volumes, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        var there = Of(volumes, names).Entries.ToDictionary(static entry => entry.Path, StringComparer.Ordinal);
        return Entries.Where(entry => names.Contains(entry.Volume) && there.GetValueOrDefault(entry.Path) != entry);
    }

    private static IEnumerable<SnapshotEntry> List(DirectoryInfo folder, string root)
    {
        yield return Entry(folder, SnapshotEntryKind.Folder);
        foreach (var found in folder.EnumerateFileSystemInfos().OrderBy(static f => f.Name, StringComparer.Ordinal))
        {
            if (found.LinkTarget is { } target)
            {
                yield return Entry(found, SnapshotEntryKind.Link) with { Target = target, Mode = default };
            }
            else if (found is DirectoryInfo inner)
            {
                foreach (var entry in List(inner, root))
                {
                    yield return entry;
                }
            }
            else if (FileSystem.IsRegularFile(found.FullName))
            {
                using var content = new FileStream(found.FullName, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
                yield return Entry(found, SnapshotEntryKind.File) with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(content)), Bytes = content.Length };
            }
        }

        SnapshotEntry Entry(FileSystemInfo found, SnapshotEntryKind kind) => new(Path.GetRelativePath(root, found.FullName), kind, found.UnixFileMode);
    }
}

/// <summary>One file, folder or link of a snapshot.</summary>
/// <param name="Path">Below the workspace's folder: <c>home/.codex/auth.json</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Its permissions; none for a link, which has none of its own.</param>
/// <param name="Bytes">A file's size.</param>
/// <param name="Sha256">A file's digest, lower-case hex.</param>
/// <param name="Target">Where a link points.</param>
public sealed record SnapshotEntry(string Path, SnapshotEntryKind Kind, UnixFileMode Mode, long Bytes = 0, string? Sha256 = null, string? Target = null)
{
    /// <summary>The volume in which it lies.</summary>
    public string Volume => Path.Split('/')[0];
}

/// <summary>What an entry is.</summary>
public enum SnapshotEntryKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link; what it points at is not part of the snapshot by it.</summary>
    Link,
}

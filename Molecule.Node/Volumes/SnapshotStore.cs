using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Molecule.Contracts.Provisioning;

namespace Molecule.Node.Volumes;

/// <summary>A workspace's snapshots: taken whole or not at all, kept by count and age.</summary>
/// <param name="time">The clock; a snapshot is named by it.</param>
/// <param name="freeBytes">How many bytes are free where a folder lies.</param>
public sealed partial class SnapshotStore(TimeProvider time, Func<string, long> freeBytes)
{
    /// <summary>How many snapshots of a workspace are kept.</summary>
    public const int Kept = 3;

    /// <summary>How long a snapshot is kept, the newest of a workspace excepted.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private const string Suffix = ".tar.gz";
    private const string Unfinished = ".partial";

    // Manifest, journal and the file system's own needs.
    private const long Reserve = 16 * 1024 * 1024;

    /// <summary>A store on the machine's own disk.</summary>
    public static SnapshotStore OnDisk(TimeProvider time) => new(time, static folder => new DriveInfo(folder).AvailableFreeSpace);

    /// <summary>Refuses a swap for which the disk has no room: a snapshot, and its unpacked files beside the old ones.</summary>
    /// <exception cref="DiskFullException">There is too little; nothing has been touched.</exception>
    public void EnsureRoom(WorkspaceVolumes volumes)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        var held = WorkspaceVolumes.All.Where(name => Directory.Exists(volumes.Of(name)))
            .Sum(name => new DirectoryInfo(volumes.Of(name)).EnumerateFiles("*", everything).Sum(static file => file.Exists ? file.Length : 0));
        var (needed, free) = (2 * held + Reserve, freeBytes(volumes.Folder));
        if (free < needed)
        {
            throw new DiskFullException(string.Create(
                CultureInfo.InvariantCulture,
                $"The workspace's data is {held} bytes: its swap needs {needed} bytes of disk and {free} are free. Nothing was touched; make room and try again."));
        }
    }

    /// <summary>The name of a snapshot that is taken now: <c>20261128T061502.1234567Z</c>.</summary>
    public string NewName() => time.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'.'fffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Takes a snapshot of volumes at rest. It is there under its name only once it has been read back.</summary>
    /// <exception cref="IOException">The disk is full, or something cannot be read; nothing is left of it.</exception>
    /// <exception cref="SnapshotException">It could not be read back as it should; nothing is left of it.</exception>
    public async Task TakeAsync(WorkspaceVolumes volumes, string name, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        Workspaces.WorkspaceFolders.Create(volumes.Snapshots);
        var path = PathOf(volumes, name);
        try
        {
            await SnapshotArchive.WriteAsync(path + Unfinished, volumes, cancellationToken).ConfigureAwait(false);
            File.Move(path + Unfinished, path);
            FileSystem.Sync(volumes.Snapshots);
        }
        catch
        {
            File.Delete(path + Unfinished);
            throw;
        }
    }

    /// <summary>What a snapshot holds, after it has been read from end to end.</summary>
    /// <exception cref="SnapshotException">There is no such snapshot, or it is damaged.</exception>
    public Task<SnapshotManifest> ReadAsync(WorkspaceVolumes volumes, string name, CancellationToken cancellationToken) =>
        SnapshotArchive.ReadAsync(Existing(volumes, name), null, cancellationToken);

    /// <summary>Puts volumes in the place of those that are there. Begun again from the start where it was broken off.</summary>
    /// <exception cref="SnapshotException">There is no such snapshot, or it is damaged; the volumes are as they were.</exception>
    public async Task RestoreAsync(WorkspaceVolumes volumes, string name, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var path = Existing(volumes, name);
        Clear(volumes.Unpacked);
        Workspaces.WorkspaceFolders.Create(volumes.Unpacked);
        await SnapshotArchive.ReadAsync(path, volumes.Unpacked, cancellationToken).ConfigureAwait(false);

        // Before it takes a place from which the earlier files go: their modes and the names in their folders as well.
        FileSystem.SyncAll(volumes.Unpacked);
        foreach (var volume in names)
        {
            var (unpacked, damaged) = (Path.Combine(volumes.Unpacked, volume), Path.Combine(volumes.Unpacked, volume + ".damaged"));
            if (Directory.Exists(unpacked))
            {
                if (Directory.Exists(volumes.Of(volume)))
                {
                    FileSystem.Move(volumes.Of(volume), damaged);
                }

                FileSystem.Move(unpacked, volumes.Of(volume));
            }
        }

        Clear(volumes.Unpacked);
    }

    /// <summary>The snapshots, newest first.</summary>
    public static ImmutableArray<SnapshotListed> List(WorkspaceVolumes volumes)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        return Directory.Exists(volumes.Snapshots)
            ? [.. new DirectoryInfo(volumes.Snapshots).EnumerateFiles("*" + Suffix)
                .Select(static file => new SnapshotListed(file.Name[..^Suffix.Length], file.Length))
                .Where(static file => NameShape().IsMatch(file.Name))
                .OrderByDescending(static file => file.Name, StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Drops what is beyond the count or too old, and what a broken-off taking has left.</summary>
    public void Retain(WorkspaceVolumes volumes)
    {
        var oldest = (time.GetUtcNow() - KeptFor).ToString("yyyyMMdd'T'HHmmss'.'fffffff'Z'", CultureInfo.InvariantCulture);
        foreach (var dropped in List(volumes).Skip(1).Where((file, index) => index + 1 >= Kept || string.CompareOrdinal(file.Name, oldest) < 0))
        {
            File.Delete(PathOf(volumes, dropped.Name));
        }

        DropUnfinished(volumes);
    }

    /// <summary>Drops what a broken-off taking has left.</summary>
    public static void DropUnfinished(WorkspaceVolumes volumes)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        foreach (var left in Directory.Exists(volumes.Snapshots) ? Directory.GetFiles(volumes.Snapshots, "*" + Unfinished) : [])
        {
            File.Delete(left);
        }
    }

    /// <summary>Removes a folder with all that it holds, if it is there.</summary>
    internal static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string PathOf(WorkspaceVolumes volumes, string name) => Path.Combine(volumes.Snapshots, name + Suffix);

    private static string Existing(WorkspaceVolumes volumes, string name) => NameShape().IsMatch(name) && File.Exists(PathOf(volumes, name))
        ? PathOf(volumes, name)
        : throw new SnapshotException($"There is no snapshot '{name}' of this workspace; there are: {string.Join(", ", List(volumes).Select(static file => file.Name).DefaultIfEmpty("none"))}.");

    [GeneratedRegex(@"\A[0-9]{8}T[0-9]{6}\.[0-9]{7}Z\z")]
    private static partial Regex NameShape();
}

/// <summary>The disk has no room for what was asked; nothing has been touched.</summary>
public sealed class DiskFullException(string message) : Exception(message);

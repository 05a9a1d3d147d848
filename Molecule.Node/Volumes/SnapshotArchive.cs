using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Molecule.Contracts;

namespace Molecule.Node.Volumes;

/// <summary>A snapshot's file: a gzipped tar of the entries, the manifest at its end.</summary>
internal static class SnapshotArchive
{
    // No volume has this name.
    private const string Manifest = "manifest.json";

    /// <summary>Writes the volumes as they are, and reads what was written back.</summary>
    /// <param name="path">The file.</param>
    /// <param name="volumes">Whose data.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The disk is full, or something cannot be read.</exception>
    /// <exception cref="SnapshotException">What was written is not what was to be: a file was changed meanwhile, or the disk is bad.</exception>
    public static async Task WriteAsync(string path, WorkspaceVolumes volumes, CancellationToken cancellationToken)
    {
        var manifest = SnapshotManifest.Of(volumes, WorkspaceVolumes.All);
        await using (var file = new FileStream(path, FileMode.Create, FileAccess.Write))
        {
            await using (var packed = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            await using (var tar = new TarWriter(packed, TarEntryFormat.Pax))
            {
                foreach (var entry in manifest.Entries)
                {
                    await using var content = entry.Kind is SnapshotEntryKind.File ? File.OpenRead(Path.Combine(volumes.Folder, entry.Path)) : null;
                    await tar.WriteEntryAsync(Write(entry, content, volumes), cancellationToken).ConfigureAwait(false);
                }

                using var list = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, ContractJson.Compact));
                await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, Manifest) { DataStream = list }, cancellationToken).ConfigureAwait(false);
            }

            file.Flush(flushToDisk: true);
        }

        if (!(await ReadAsync(path, null, cancellationToken).ConfigureAwait(false)).Entries.SequenceEqual(manifest.Entries))
        {
            throw new SnapshotException($"The snapshot {Path.GetFileName(path)} does not hold what the workspace held: something was written meanwhile.");
        }
    }

    /// <summary>Reads a snapshot from end to end, holds every file against its manifest, and unpacks it on the way.</summary>
    /// <param name="path">The file.</param>
    /// <param name="into">An empty folder to unpack into; null unpacks nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SnapshotException">It is damaged; the message names what.</exception>
    public static async Task<SnapshotManifest> ReadAsync(string path, string? into, CancellationToken cancellationToken)
    {
        var digests = new Dictionary<string, string?>(StringComparer.Ordinal);
        SnapshotManifest? manifest = null;
        try
        {
            await using var file = File.OpenRead(path);
            await using var unpacked = new GZipStream(file, CompressionMode.Decompress);
            await using var tar = new TarReader(unpacked);
            while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
            {
                if (entry.Name == Manifest)
                {
                    manifest = await JsonSerializer.DeserializeAsync<SnapshotManifest>(entry.DataStream ?? Stream.Null, ContractJson.Compact, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                var name = entry.Name.TrimEnd('/');
                if (!WorkspaceVolumes.All.Contains(name.Split('/')[0]) || name.Split('/').Contains(".."))
                {
                    throw new SnapshotException($"The snapshot {Path.GetFileName(path)} is damaged: '{name}' lies in no volume.");
                }

                digests[name] = await TakeAsync(entry, into is null ? null : Path.Combine(into, name), cancellationToken).ConfigureAwait(false);
            }

            // The checksum over all of it, times and permissions too, stands at the very end.
            await unpacked.CopyToAsync(Stream.Null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException)
        {
            throw new SnapshotException($"The snapshot {Path.GetFileName(path)} is damaged: {e.Message}", e);
        }

        var damaged = manifest?.Entries.FirstOrDefault(entry => !digests.TryGetValue(entry.Path, out var digest) || digest != entry.Sha256);
        // Last: a folder that may not be written into could not be filled.
        if (into is not null && manifest is not null)
        {
            foreach (var folder in manifest.Entries.Where(entry => entry.Kind is SnapshotEntryKind.Folder && Directory.Exists(Path.Combine(into, entry.Path))).Reverse())
            {
                FileSystem.SetMode(Path.Combine(into, folder.Path), folder.Mode);
            }
        }

        return manifest is null || digests.Count != manifest.Entries.Length || damaged is not null
            ? throw new SnapshotException($"The snapshot {Path.GetFileName(path)} is damaged: {(damaged is null ? "it does not hold what its manifest names" : $"'{damaged.Path}' is not what it was")}.")
            : manifest;
    }

    private static PaxTarEntry Write(SnapshotEntry entry, Stream? content, WorkspaceVolumes volumes)
    {
        var written = entry.Kind switch
        {
            SnapshotEntryKind.File => new PaxTarEntry(TarEntryType.RegularFile, entry.Path) { DataStream = content },
            SnapshotEntryKind.Folder => new PaxTarEntry(TarEntryType.Directory, entry.Path),
            _ => new PaxTarEntry(TarEntryType.SymbolicLink, entry.Path) { LinkName = entry.Target! },
        };
        written.Mode = entry.Mode;
        written.ModificationTime = entry.Kind is SnapshotEntryKind.File ? File.GetLastWriteTimeUtc(Path.Combine(volumes.Folder, entry.Path)) : DateTimeOffset.UnixEpoch;
        return written;
    }

    // The digest of a file; null for what has none.
    private static async Task<string?> TakeAsync(TarEntry entry, string? to, CancellationToken cancellationToken)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                if (to is not null)
                {
                    Directory.CreateDirectory(to);
                }

                return null;
            case TarEntryType.SymbolicLink:
                if (to is not null)
                {
                    File.CreateSymbolicLink(to, entry.LinkName);
                }

                return null;
            default:
                using (var sha = SHA256.Create())
                {
                    var content = entry.DataStream ?? Stream.Null;
                    if (to is null)
                    {
                        return Convert.ToHexStringLower(await sha.ComputeHashAsync(content, cancellationToken).ConfigureAwait(false));
                    }

                    await using (var file = new FileStream(to, FileMode.CreateNew, FileAccess.ReadWrite))
                    {
                        await content.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
                        file.Position = 0;
                        var digest = await sha.ComputeHashAsync(file, cancellationToken).ConfigureAwait(false);
                        FileSystem.SetMode(to, entry.Mode);
                        File.SetLastWriteTimeUtc(file.SafeFileHandle, entry.ModificationTime.UtcDateTime);
                        return Convert.ToHexStringLower(digest);
                    }
                }
        }
    }
}

/// <summary>A snapshot cannot be used; the message says which and why.</summary>
public sealed class SnapshotException : Exception
{
    public SnapshotException(string message)
        : base(message)
    {
    }

    public SnapshotException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

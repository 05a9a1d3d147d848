using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace Molecule.Processes.Peers;

/// <summary>The digest of a folder of npm packages: every file's path and bytes, every link's path and target.</summary>
public static class PackageTree
{
    /// <summary>The folder's name.</summary>
    public const string FolderName = "node_modules";

    // npm's own note of the installation, never run: it may name the registry's host, which differs from machine to machine.
    private const string InstallersNote = ".package-lock.json";

    /// <summary>SHA-256 in lower-case hex over the tree below a node_modules folder.</summary>
    /// <exception cref="IOException">It cannot be read, or changed while it was.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string DigestOf(string folder)
    {
        var entries = List(folder);
        var lines = new string[entries.Length];
        Parallel.For(0, entries.Length, i => lines[i] = Line(folder, entries[i]));
        return Hash(lines);
    }

    /// <summary>A digest over what the folder's entries look like from outside: it changes with a file's path, size or time of change. Much cheaper.</summary>
    internal static string LookOf(string folder) =>
        Hash(List(folder).Select(static entry => $"{entry.Path}\0{(entry.IsLink ? 'l' : 'f')}\0{entry.Length}\0{entry.ChangedTicks}\n"));

    private static Entry[] List(string folder)
    {
        var entries = new FileSystemEnumerable<Entry>(
            folder,
            (ref FileSystemEntry entry) => new Entry(
                Path.GetRelativePath(folder, entry.ToFullPath()), IsLink(ref entry), entry.Length, entry.LastWriteTimeUtc.Ticks),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 })
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) => IsLink(ref entry) || !entry.IsDirectory,
            ShouldRecursePredicate = static (ref FileSystemEntry entry) => !IsLink(ref entry),
        };
        return [.. entries.Where(static entry => entry.Path != InstallersNote).OrderBy(static entry => entry.Path, StringComparer.Ordinal)];
    }

    private static bool IsLink(ref FileSystemEntry entry) => entry.Attributes.HasFlag(FileAttributes.ReparsePoint);

    private static string Line(string folder, Entry entry)
    {
        var path = Path.Combine(folder, entry.Path);
        if (entry.IsLink)
        {
            return $"{entry.Path}\0l\0{new FileInfo(path).LinkTarget}\n";
        }

        using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        return $"{entry.Path}\0f\0{Convert.ToHexStringLower(SHA256.HashData(file))}\n";
    }

    private static string Hash(IEnumerable<string> lines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var line in lines)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(line));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed record Entry(string Path, bool IsLink, long Length, long ChangedTicks);
}

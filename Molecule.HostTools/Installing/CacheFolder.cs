using Molecule.Contracts.Runs;

namespace Molecule.HostTools.Installing;

/// <summary>The cache of this machine: what is installed once and used by every run.</summary>
/// <param name="Path">Absolute path.</param>
public sealed record CacheFolder(string Path)
{
    /// <summary>0755.</summary>
    public const UnixFileMode ReadableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>$MOLECULE_CACHE, else as root /var/cache/molecule-e2e (a home of root's own is closed to PostgreSQL's user), else ~/.cache/molecule-e2e.</summary>
    public static CacheFolder OfThisMachine() => Resolve(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess);

    /// <summary>The rule of <see cref="OfThisMachine"/> on a given environment.</summary>
    /// <exception cref="InstallException">Neither MOLECULE_CACHE nor HOME is set.</exception>
    public static CacheFolder Resolve(Func<string, string?> environment, bool privileged)
    {
        if (environment(RunEnvironment.Cache) is { Length: > 0 } named)
        {
            return new CacheFolder(System.IO.Path.GetFullPath(named));
        }

        if (privileged)
        {
            return new CacheFolder("/var/cache/molecule-e2e");
        }

        return environment("HOME") is { Length: > 0 } home
            ? new CacheFolder(System.IO.Path.Combine(home, ".cache", "molecule-e2e"))
            : throw new InstallException($"There is no place for the cache: neither {RunEnvironment.Cache} nor HOME is set. Set {RunEnvironment.Cache} to a folder that may be written.");
    }

    /// <summary>Where the manifest of a set lies once it is installed; known before that.</summary>
    public string ManifestOf(PackageSet set) => System.IO.Path.Combine(Combine(set.FolderName), PackageInstaller.ManifestName);

    public string Combine(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes the folder if it is missing, open to be read by all.</summary>
    /// <exception cref="InstallException">It cannot be made.</exception>
    public void Create()
    {
        try
        {
            if (!Directory.Exists(Path))
            {
                Directory.CreateDirectory(Path);
                File.SetUnixFileMode(Path, ReadableByAll);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(e);
        }
    }

    public InstallException NotWritable(Exception cause) =>
        new($"The cache '{Path}' cannot be written: {cause.Message} Make it writable, or set {RunEnvironment.Cache} to a folder that is.", cause);

    /// <summary>Opens a whole tree to be read (and its programs to be run) by every user, whatever mask this process was started with.</summary>
    public static void OpenToAll(string root)
    {
        File.SetUnixFileMode(root, ReadableByAll);
        foreach (var entry in new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            if (entry.LinkTarget is not null)
            {
                continue;
            }

            entry.UnixFileMode = entry is DirectoryInfo || entry.UnixFileMode.HasFlag(UnixFileMode.UserExecute)
                ? ReadableByAll
                : ReadableByAll & ~(UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }
}

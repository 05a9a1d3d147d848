using System.Runtime.InteropServices;

namespace Molecule.Node.Volumes;

/// <summary>What .NET has no words for: a file's type, and a folder's entries on the disk.</summary>
internal static partial class FileSystem
{
    private const int CurrentFolder = -100;
    private const int DoNotFollow = 0x100;
    private const uint TypeAlone = 1;
    private const int TypeMask = 0xf000;
    private const int RegularFile = 0x8000;
    private const int FolderAndCloseOnExec = 0x10000 | 0x80000;

    /// <summary>Whether a path is a regular file: neither a pipe, which blocks whoever opens it, nor a socket, which nobody can.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static unsafe bool IsRegularFile(string path)
    {
        Statx found;
        return Ask(CurrentFolder, path, DoNotFollow, TypeAlone, &found) == 0
            ? (found.Mode & TypeMask) == RegularFile
            : throw new IOException($"statx of '{path}' failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    /// <summary>Puts on the disk which names a folder holds: a renamed file is safe only then (man 2 fsync).</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public static void Sync(string folder) => Sync(folder, "fsync", Fsync);

    /// <summary>Puts on the disk all that was written to the file system of a folder: contents, names, permissions and times, links and empty folders (man 2 syncfs).</summary>
    /// <exception cref="IOException">The disk did not take it.</exception>
    public static void SyncAll(string folder) => Sync(folder, "syncfs", Syncfs);

    private static void Sync(string folder, string name, Func<int, int> sync)
    {
        var descriptor = Open(folder, FolderAndCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"'{folder}' cannot be opened: errno {Marshal.GetLastPInvokeError()}.");
        }

        var failed = sync(descriptor) != 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = Close(descriptor);
        if (failed != 0)
        {
            throw new IOException($"{name} of '{folder}' failed with errno {failed}.");
        }
    }

    /// <summary>Sets a path's permissions. A node runs on Linux alone (Program.cs), which the analyzer cannot know.</summary>
    public static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>Moves a folder within its file system, for good.</summary>
    public static void Move(string folder, string to)
    {
        Directory.Move(folder, to);

        // Its new name first: between the two a loss of power may leave both, and not neither.
        Sync(Path.GetDirectoryName(to)!);
        Sync(Path.GetDirectoryName(folder)!);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Ask(int folder, string path, int flags, uint mask, Statx* found);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int Syncfs(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    // man 2 statx: unlike stat, laid out alike on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct Statx
    {
        [FieldOffset(28)]
        public readonly ushort Mode;
    }
}

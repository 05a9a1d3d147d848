using System.Runtime.InteropServices;

namespace Molecule.Processes.Peers;

/// <summary>One version of one file: device, inode, size in bytes, time of last modification in seconds and nanoseconds.</summary>
internal readonly partial record struct FileVersion(uint DeviceMajor, uint DeviceMinor, ulong Inode, ulong Size, long Seconds, uint Nanoseconds)
{
    private const int CurrentFolder = -100;
    private const uint BasicStats = 0x7ff;

    /// <summary>Asks the kernel, following links.</summary>
    /// <exception cref="IOException">There is no such file, or it may not be looked at.</exception>
    public static unsafe FileVersion Of(string path)
    {
        Statx found;
        return Ask(CurrentFolder, path, 0, BasicStats, &found) == 0
            ? new FileVersion(found.DeviceMajor, found.DeviceMinor, found.Inode, found.Size, found.ModifiedSeconds, found.ModifiedNanoseconds)
            : throw new IOException($"statx of '{path}' failed with errno {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Ask(int folder, string path, int flags, uint mask, Statx* found);

    // man 2 statx: unlike stat, laid out alike on every architecture.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private readonly struct Statx
    {
        [FieldOffset(32)]
        public readonly ulong Inode;

        [FieldOffset(40)]
        public readonly ulong Size;

        [FieldOffset(112)]
        public readonly long ModifiedSeconds;

        [FieldOffset(120)]
        public readonly uint ModifiedNanoseconds;

        [FieldOffset(136)]
        public readonly uint DeviceMajor;

        [FieldOffset(140)]
        public readonly uint DeviceMinor;
    }
}

using System.Runtime.InteropServices;

namespace Molecule.Processes;

/// <summary>Makes this process the parent of orphaned descendants (prctl PR_SET_CHILD_SUBREAPER), and collects them when they end.</summary>
public static partial class Subreaper
{
    private const int SetChildSubreaper = 36;
    private const int NoHang = 1;

    /// <summary>Asks the kernel to hand orphaned descendants to this process instead of to init.</summary>
    public static void Enable()
    {
        if (Control(SetChildSubreaper, 1, 0, 0, 0) != 0)
        {
            throw new InvalidOperationException($"prctl(PR_SET_CHILD_SUBREAPER) failed with errno {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>Collects one adopted child that has ended, so that it is not left a zombie. Children that .NET started are .NET's to collect.</summary>
    /// <returns>Whether it was collected.</returns>
    public static bool Collect(ProcessKey adopted) => WaitFor(adopted.Id, out _, NoHang) == adopted.Id;

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitFor(int id, out int status, int options);
}

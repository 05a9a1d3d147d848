using System.Runtime.InteropServices;

namespace Molecule.HostTools.Isolation;

/// <summary>
/// A network namespace with loopback alone, in which every address in the world is this machine's own: nothing leaves, and whoever dials
/// an outside host reaches a listener that can tell who it was (design.md 4, "Egress"; Linux, man 7 network_namespaces).
/// </summary>
/// <remarks>It belongs to a thread, to what that thread starts, and to the program that it becomes (man 2 unshare, man 2 execve).</remarks>
public static partial class LoopbackNamespace
{
    private const int NewNetwork = 0x40000000;
    private const int Netlink = 16;
    private const int Raw = 3;
    private const int CloseOnExec = 0x80000;
    private const int AmbientCapabilities = 47;
    private const int ClearAll = 4;
    private const string LowPorts = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

    /// <summary>Moves the calling thread into a new one.</summary>
    /// <exception cref="IsolationException">The kernel refuses.</exception>
    public static void Enter()
    {
        Succeed(Unshare(NewNetwork), "unshare of the network");
        Furnish();
    }

    /// <summary>Makes a new namespace, in which the calling thread stands already, what <see cref="Enter"/> makes of it.</summary>
    /// <exception cref="IsolationException">The kernel refuses.</exception>
    public static void Furnish()
    {
        var kernel = Socket(Netlink, Raw | CloseOnExec, 0);
        Succeed(kernel, "a netlink socket");
        try
        {
            Ask(kernel, RouteMessages.LoopbackUp(), "the loopback interface");
            Ask(kernel, RouteMessages.EveryAddressIsLocal(RouteMessages.InterNetwork), "the route of all IPv4 addresses");
            if (File.Exists("/proc/net/if_inet6"))
            {
                Ask(kernel, RouteMessages.EveryAddressIsLocal(RouteMessages.InterNetworkV6), "the route of all IPv6 addresses");
            }
        }
        finally
        {
            _ = Close(kernel);
        }

        // The sink listens on 53, 80 and 443, whichever user it runs as.
        File.WriteAllText(LowPorts, "0");
    }

    /// <summary>Gives up the rights that a user needs to furnish a namespace and no program inside shall have.</summary>
    /// <exception cref="IsolationException">The kernel refuses.</exception>
    public static void DropRights() => Succeed(Control(AmbientCapabilities, ClearAll, 0, 0, 0), "giving up the rights");

    /// <summary>Whether this process may do so; tried on a thread that ends, and its namespace with it. Null: it may, else why not.</summary>
    public static string? Refusal()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "not Linux";
        }

        string? refusal = null;
        var attempt = new Thread(() =>
        {
            try
            {
                Enter();
            }
            catch (Exception e) when (e is IsolationException or IOException or UnauthorizedAccessException)
            {
                refusal = e.Message;
            }
        });
        attempt.Start();
        attempt.Join();
        return refusal;
    }

    private static unsafe void Ask(int kernel, byte[] message, string what)
    {
        var answer = stackalloc byte[256];
        fixed (byte* asked = message)
        {
            Succeed((int)Send(kernel, asked, message.Length, 0), what);
        }

        var length = (int)Receive(kernel, answer, 256, 0);
        Succeed(length, what);
        if (RouteMessages.ErrorIn(new ReadOnlySpan<byte>(answer, length)) is not 0 and var error)
        {
            throw new IsolationException($"{what} failed with errno {error}");
        }
    }

    private static void Succeed(int result, string what)
    {
        if (result < 0)
        {
            throw new IsolationException($"{what} failed with errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint Send(int socket, byte* data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint Receive(int socket, byte* data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);
}

/// <summary>A program cannot be isolated here; the message says which step the kernel refused.</summary>
public sealed class IsolationException(string message) : Exception(message);

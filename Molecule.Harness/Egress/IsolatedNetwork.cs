using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Molecule.Harness.Egress;

/// <summary>Whether this process stands in a network from which nothing can leave, as <c>Molecule.HostTools isolate</c> makes it.</summary>
public static class IsolatedNetwork
{
    /// <summary>The capability (coverage.yaml).</summary>
    public const string Capability = "egress";

    // RFC 2544: an address for measurements, which no machine has for its own.
    private static readonly IPAddress _foreign = new([198, 18, 0, 0]);

    /// <summary>Seen, not told: loopback is the only interface, and a foreign address is this machine's own.</summary>
    public static bool IsHere() =>
        OperatingSystem.IsLinux()
        && NetworkInterface.GetAllNetworkInterfaces().All(static i => i.NetworkInterfaceType is NetworkInterfaceType.Loopback)
        && IsOwn(_foreign);

    private static bool IsOwn(IPAddress address)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(address, 0));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}

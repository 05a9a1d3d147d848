using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Running;

/// <summary>
/// Chooses free ports and keeps them bound, so that nobody else is given one, until the process that shall listen there is about to start.
/// </summary>
/// <remarks>
/// From the range that Aspire uses for endpoints without a proxy (spec 7 of the API): it lies below the kernel's range for outgoing connections,
/// none of which can take the port in the moment between its release and the process's own bind. The sockets do not listen, so whoever calls too
/// early is refused, as by a process that is not there. Measured: .NET lets a second socket bind to a port nobody listens on. Applications on one
/// machine therefore keep apart by a Unix socket in the kernel's name space, one a port, kept for the application's whole life.
/// </remarks>
internal sealed class PortReservations : IDisposable
{
    private const int First = 10000;
    private const int AfterLast = 32768;
    private const int Attempts = 1000;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Socket[]> _held = [];
    private readonly List<Socket> _claims = [];

    public int Reserve()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var port = Random.Shared.Next(First, AfterLast);
            if (TryHold(port))
            {
                return port;
            }
        }

        throw new DistributedApplicationException($"No free port was found between {First} and {AfterLast - 1} in {Attempts} attempts.");
    }

    public void Release(int port)
    {
        lock (_lock)
        {
            if (_held.Remove(port, out var sockets))
            {
                Array.ForEach(sockets, static s => s.Dispose());
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var socket in _held.Values.SelectMany(static s => s).Concat(_claims))
            {
                socket.Dispose();
            }

            _held.Clear();
            _claims.Clear();
        }
    }

    private bool TryHold(int port)
    {
        lock (_lock)
        {
            if (_held.ContainsKey(port))
            {
                return false;
            }

            var sockets = new List<Socket>();
            try
            {
                if (OperatingSystem.IsLinux())
                {
                    Bind(sockets, AddressFamily.Unix, ProtocolType.Unspecified, new UnixDomainSocketEndPoint($"\0aspire-offline-port-{port}"));
                    _claims.Add(sockets[0]);
                    sockets.Clear();
                }

                // "localhost" is both addresses; a machine without IPv6 has one of them only.
                Bind(sockets, AddressFamily.InterNetwork, ProtocolType.Tcp, new IPEndPoint(IPAddress.Loopback, port));
                if (Socket.OSSupportsIPv6)
                {
                    Bind(sockets, AddressFamily.InterNetworkV6, ProtocolType.Tcp, new IPEndPoint(IPAddress.IPv6Loopback, port));
                }
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressNotAvailable && sockets.Count == 2)
            {
                // IPv6 is switched off.
            }
            catch (SocketException)
            {
                sockets.ForEach(static s => s.Dispose());
                return false;
            }

            _held[port] = [.. sockets];
            return true;
        }
    }

    private static void Bind(List<Socket> sockets, AddressFamily family, ProtocolType protocol, EndPoint endPoint)
    {
        var socket = new Socket(family, SocketType.Stream, protocol);
        sockets.Add(socket);
        socket.Bind(endPoint);
    }
}

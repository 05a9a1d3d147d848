using System.Net;
using System.Net.Sockets;

namespace Molecule.Tests.Processes.Peers;

/// <summary>A listening socket on a free port.</summary>
internal sealed class LoopbackServer : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly Socket _listener;

    public LoopbackServer(IPAddress address)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any))
        {
            _listener.DualMode = true;
        }

        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async Task<Accepted> AcceptAsync()
    {
        try
        {
            return new Accepted(await _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline));
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Nobody connected to port {Port} within {Deadline.TotalSeconds} s.");
        }
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>An accepted connection.</summary>
    internal sealed record Accepted(Socket Socket) : IDisposable
    {
        public IPEndPoint Local => (IPEndPoint)Socket.LocalEndPoint!;

        public IPEndPoint Remote => (IPEndPoint)Socket.RemoteEndPoint!;

        public void Dispose() => Socket.Dispose();
    }
}

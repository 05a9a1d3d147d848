using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Molecule.E2E.Tests.Desktop;

/// <summary>A line of TCP between a browser and a server, on loopback, that can be cut: both ends then see a reset, as of a network that is gone.</summary>
internal sealed class CuttableLine : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly ConcurrentDictionary<Socket, bool> _ends = new();
    private readonly CancellationTokenSource _over = new();
    private readonly Uri _server;
    private readonly Task _accepting;

    private CuttableLine(Uri server)
    {
        _server = server;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>Where the browser connects: <c>127.0.0.1:PORT</c>.</summary>
    public string Authority => _listener.LocalEndPoint!.ToString()!;

    public static CuttableLine To(Uri server) => new(server);

    /// <summary>Cuts what is connected now.</summary>
    public void Cut()
    {
        foreach (var (end, _) in _ends)
        {
            // Without a farewell: what was sent and not yet delivered is lost too.
            end.LingerState = new LingerOption(enable: true, seconds: 0);
            end.Close();
            _ends.TryRemove(end, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Dispose();
        Cut();
        await _accepting;
        _over.Dispose();
    }

    private async Task AcceptAsync()
    {
        var lines = new List<Task>();
        try
        {
            while (true)
            {
                lines.Add(CarryAsync(await _listener.AcceptAsync(_over.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(lines);
        }
    }

    private async Task CarryAsync(Socket browser)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
        (_ends[browser], _ends[server]) = (true, true);
        try
        {
            await server.ConnectAsync(_server.Host, _server.Port, _over.Token);
            await using var near = new NetworkStream(browser);
            await using var far = new NetworkStream(server);
            await Task.WhenAny(near.CopyToAsync(far, _over.Token), far.CopyToAsync(near, _over.Token));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It was cut, or is over.
        }

        foreach (var end in (Socket[])[browser, server])
        {
            _ends.TryRemove(end, out _);
            end.Dispose();
        }
    }
}

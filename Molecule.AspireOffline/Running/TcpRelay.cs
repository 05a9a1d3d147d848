using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Aspire.Hosting.Running;

/// <summary>Passes connections on as they are: a half that is closed is closed on the other side, a reset is a reset, a refusal a reset.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<Socket, Task> _passing = new();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly (string Host, int Port) _target;
    private readonly Task _accepting;

    /// <summary>Listens at a free port of an address.</summary>
    /// <exception cref="SocketException">It is no address of this machine.</exception>
    public TcpRelay(IPAddress address, string targetHost, int targetPort)
    {
        _target = (targetHost, targetPort);
        try
        {
            _listener.Bind(new IPEndPoint(address, 0));
            _listener.Listen();
        }
        catch
        {
            _listener.Dispose();
            _ending.Dispose();
            throw;
        }

        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        await Task.WhenAll(_passing.Values).ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var caller = await _listener.AcceptAsync(_ending.Token).ConfigureAwait(false);
            var passing = new TaskCompletionSource();
            _passing[caller] = passing.Task;
            _ = PassAsync(caller, passing);
        }
    }

    private async Task PassAsync(Socket caller, TaskCompletionSource passing)
    {
        using var target = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        caller.NoDelay = true;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        try
        {
            await target.ConnectAsync(_target.Host, _target.Port, either.Token).ConfigureAwait(false);
            await using var here = new NetworkStream(caller);
            await using var there = new NetworkStream(target);
            await Task.WhenAll(CopyAsync(here, there, either), CopyAsync(there, here, either)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
        {
            // Closed with nothing to wait for, a socket resets its connection (man 7 socket, SO_LINGER).
            caller.LingerState = target.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        finally
        {
            caller.Dispose();
            _passing.TryRemove(caller, out _);
            passing.SetResult();
        }
    }

    private static async Task CopyAsync(NetworkStream from, NetworkStream to, CancellationTokenSource either)
    {
        try
        {
            await from.CopyToAsync(to, either.Token).ConfigureAwait(false);
            to.Socket.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            await either.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}

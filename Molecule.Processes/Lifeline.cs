using System.Net.Sockets;

namespace Molecule.Processes;

/// <summary>The dependent end of a lifeline: tells when the process that holds the other end has gone.</summary>
public sealed class Lifeline : IAsyncDisposable
{
    private readonly Socket _socket;

    private Lifeline(Socket socket)
    {
        _socket = socket;
        Lost = WatchAsync(socket);
    }

    /// <summary>Completes when the holder has gone.</summary>
    public Task Lost { get; }

    /// <summary>Connects to the holder's socket.</summary>
    /// <exception cref="IOException">Nobody holds that lifeline: the caller has been started too late and should end.</exception>
    public static async Task<Lifeline> AttachAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            return new Lifeline(socket);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"Nobody holds the lifeline '{path}': {e.Message}", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task WatchAsync(Socket socket)
    {
        var nothing = new byte[1];
        try
        {
            while (await socket.ReceiveAsync(nothing).ConfigureAwait(false) > 0)
            {
                // The holder never writes; whatever comes is ignored.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A reset is an end as well.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await Lost.ConfigureAwait(false);
    }
}

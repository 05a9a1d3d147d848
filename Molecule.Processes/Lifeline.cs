using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Molecule.Processes;

/// <summary>The dependent end of a lifeline: tells when the process that holds the other end has gone.</summary>
public sealed class Lifeline : IAsyncDisposable
{
    // getsockopt(SOL_SOCKET, SO_PEERCRED): struct ucred { pid, uid, gid } of the process that called listen (man 7 unix).
    private const int SocketLevel = 1;
    private const int PeerCredentials = 17;

    private readonly Socket _socket;

    private Lifeline(Socket socket)
    {
        _socket = socket;
        var credentials = new byte[3 * sizeof(int)];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        HolderId = MemoryMarshal.Read<int>(credentials);
        Lost = WatchAsync(socket);
    }

    /// <summary>The process id of the holder, as the kernel attests it.</summary>
    public int HolderId { get; }

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

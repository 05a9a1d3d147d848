using System.Net.Sockets;

namespace Molecule.Processes;

/// <summary>
/// The holding end of a lifeline: a Unix socket that dependants connect to and read from. Nothing is ever sent; when the
/// holder ends, however it ends, the kernel closes the connections and every dependant sees it at once.
/// </summary>
/// <remarks>Works for descendants of any depth, whoever started them: real Aspire's orchestrator stands between us and our services.</remarks>
public sealed class LifelineHolder : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly List<Socket> _dependants = [];
    private readonly Lock _lock = new();
    private readonly Task _accepting;
    private bool _closed;

    private LifelineHolder(string path, Socket listener)
    {
        Path = path;
        _listener = listener;
        _accepting = AcceptAsync();
    }

    /// <summary>The socket's path, to be handed on as MOLECULE_LIFELINE.</summary>
    public string Path { get; }

    /// <summary>Opens a lifeline at a path that does not exist yet. Unix sockets end at 107 bytes of path.</summary>
    public static LifelineHolder Open(string path)
    {
        var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(512);
            return new LifelineHolder(path, listener);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket dependant;
            try
            {
                dependant = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            lock (_lock)
            {
                if (_closed)
                {
                    dependant.Dispose();
                    return;
                }

                _dependants.RemoveAll(static s => s.Poll(0, SelectMode.SelectRead) && s.Available == 0 && Gone(s));
                _dependants.Add(dependant);
            }
        }
    }

    private static bool Gone(Socket socket)
    {
        socket.Dispose();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _dependants.ForEach(static s => s.Dispose());
            _dependants.Clear();
        }

        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        try
        {
            File.Delete(Path);
        }
        catch (DirectoryNotFoundException)
        {
            // The reaper saw the end first and has deleted the run's folder.
        }
    }
}

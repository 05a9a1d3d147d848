using System.IO.Pipelines;
using System.Net.Sockets;
using Docker.DotNet;

namespace Molecule.Node.Workspaces;

/// <summary>Passes what a container writes on to the workspace's log.</summary>
public sealed class ContainerLog
{
    private readonly WorkspaceLog _log;
    private readonly Task _reading;
    private int _closed;

    /// <summary>Follows both streams of a container.</summary>
    public ContainerLog(MultiplexedStream streams, WorkspaceLog log)
    {
        _log = log;
        var (output, error) = (new Pipe(), new Pipe());
        log.Follow(new StreamReader(output.Reader.AsStream()));
        log.Follow(new StreamReader(error.Reader.AsStream()));
        _reading = ReadAsync(streams, output.Writer, error.Writer);
    }

    /// <summary>Takes the last lines and closes the log.</summary>
    public async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            await _reading.ConfigureAwait(false);
            await _log.CloseAsync().ConfigureAwait(false);
        }
    }

    private static async Task ReadAsync(MultiplexedStream streams, PipeWriter output, PipeWriter error)
    {
        using (streams)
        {
            try
            {
                await streams.CopyOutputToAsync(Stream.Null, output.AsStream(), error.AsStream(), CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // The engine has gone; what it had given is written.
            }
        }

        await output.CompleteAsync().ConfigureAwait(false);
        await error.CompleteAsync().ConfigureAwait(false);
    }
}

using System.Buffers;
using System.Net.WebSockets;
using Npgsql;

namespace Molecule.ControlPlane.Desktop.Relay;

/// <summary>One connection to a desktop: bytes both ways, each read waiting until what was read before is written, so that no more than a buffer waits here.</summary>
/// <param name="client">The person's end.</param>
/// <param name="server">The desktop's end.</param>
/// <param name="watch">Whether it still controls; null for one that looks on.</param>
internal sealed class RelayedConnection(WebSocket client, WebSocket server, SessionWatch? watch)
{
    private const int BufferSize = 16 * 1024;

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    private static readonly Ending _clientGone = new(null, "the client closed it");
    private static readonly Ending _serverGone = new(WebSocketCloseStatus.EndpointUnavailable, "the desktop has ended");
    private static readonly Ending _lost = new(WebSocketCloseStatus.PolicyViolation, "display control lost");
    private static readonly Ending _stopping = new(WebSocketCloseStatus.EndpointUnavailable, "the control plane is stopping");
    private static readonly Ending _unjudged = new(WebSocketCloseStatus.InternalServerError, "who controls the display cannot be told");

    private volatile bool _isOver;

    /// <summary>Runs until either end has gone, control is lost, or it is cancelled.</summary>
    /// <returns>Why it ended.</returns>
    public async Task<string> RunAsync(CancellationToken cancellation)
    {
        // Not handed to the client's socket: a cancelled read would cut it, and it is to be told why it is closed.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var up = UpAsync(over.Token);
        Task<Ending>[] parts = [up, DownAsync(over.Token), WatchAsync(over.Token)];
        var end = await await Task.WhenAny(parts);
        _isOver = true;
        await over.CancelAsync();
        await CloseAsync(end, up);
        client.Abort();
        server.Abort();
        await Task.WhenAll(parts);
        return end.Reason;
    }

    private async Task<Ending> UpAsync(CancellationToken over)
    {
        var messages = new RfbClientMessages(mayControl: watch is not null);
        var onward = new ArrayBufferWriter<byte>(BufferSize);
        var buffer = new byte[BufferSize];
        try
        {
            while (true)
            {
                var got = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (got.MessageType is WebSocketMessageType.Close)
                {
                    return _clientGone;
                }

                if (got.MessageType is WebSocketMessageType.Text)
                {
                    return new Ending(WebSocketCloseStatus.InvalidMessageType, "RFB is binary");
                }

                if (_isOver)
                {
                    return _stopping;
                }

                onward.ResetWrittenCount();
                if (messages.Take(buffer.AsSpan(0, got.Count), onward) && !await watch!.HoldsAsync(over))
                {
                    return _lost;
                }

                if (onward.WrittenCount > 0)
                {
                    await server.SendAsync(onward.WrittenMemory, WebSocketMessageType.Binary, endOfMessage: true, over);
                }
            }
        }
        catch (RfbViolationException e)
        {
            return new Ending(WebSocketCloseStatus.ProtocolError, e.Message);
        }
        catch (NpgsqlException)
        {
            return _unjudged;
        }
        catch (OperationCanceledException)
        {
            return _stopping;
        }
        catch (WebSocketException)
        {
            return server.State is WebSocketState.Open ? _clientGone : _serverGone;
        }
    }

    private async Task<Ending> DownAsync(CancellationToken over)
    {
        var buffer = new byte[BufferSize];
        try
        {
            while (true)
            {
                var got = await server.ReceiveAsync(buffer.AsMemory(), over);
                if (got.MessageType is WebSocketMessageType.Close)
                {
                    return _serverGone;
                }

                await client.SendAsync(buffer.AsMemory(0, got.Count), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
            }
        }
        catch (OperationCanceledException)
        {
            return _stopping;
        }
        catch (WebSocketException)
        {
            return client.State is WebSocketState.Open ? _serverGone : _clientGone;
        }
    }

    private async Task<Ending> WatchAsync(CancellationToken over)
    {
        try
        {
            await (watch?.LostAsync(over) ?? Task.Delay(Timeout.Infinite, over));
            return _lost;
        }
        catch (OperationCanceledException)
        {
            return _stopping;
        }
        catch (NpgsqlException)
        {
            return _unjudged;
        }
    }

    // A client that does not read is not waited for.
    private async Task CloseAsync(Ending end, Task up)
    {
        using var limit = new CancellationTokenSource(CloseLimit);
        try
        {
            await client.CloseOutputAsync(end.Status ?? WebSocketCloseStatus.NormalClosure, end.Status is null ? null : end.Reason, limit.Token);
            await up.WaitAsync(limit.Token);

            // Cut before it has answered, it might never read why.
            var rest = new byte[BufferSize];
            while (client.State is WebSocketState.CloseSent)
            {
                await client.ReceiveAsync(rest.AsMemory(), limit.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // It has gone without a word.
        }
    }

    /// <summary>Why a connection ended.</summary>
    /// <param name="Status">What the client is told; null where it closed the connection itself.</param>
    /// <param name="Reason">At most 123 bytes of it reach the client.</param>
    private sealed record Ending(WebSocketCloseStatus? Status, string Reason);
}

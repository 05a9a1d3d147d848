using System.Net.WebSockets;
using System.Text;
using Molecule.ControlPlane.A2a;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Http;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Events;

/// <summary>Events as they happen: GET /ws for all, GET /workspaces/:id/events/stream for one workspace (spec/control-plane.md 7).</summary>
public static class EventStreamEndpoints
{
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(30);
    private static readonly byte[] Ping = ": ping\n\n"u8.ToArray();

    public static void MapEventStreams(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ws", SocketAsync);
        routes.MapGet("/workspaces/{id}/events/stream", StreamAsync).RequireWorkspace();
    }

    private static async Task<IResult> SocketAsync(
        HttpContext context, EventFeed feed, AccessRules access, MoleculeDatabase database, RequestMetrics metrics, IHostApplicationLifetime lifetime)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "websocket upgrade required");
        }

        // With the header it is an agent: it sees what concerns workspaces that it may talk to. Without, a canvas: it sees all.
        Guid? agent = null;
        if (context.Request.Headers["X-Workspace-ID"] is [{ Length: > 0 } text, ..])
        {
            if (!Guid.TryParse(text, out var id))
            {
                return Reply.InvalidWorkspaceId();
            }

            if (await access.RegistryAsync(context, id) is { } refused)
            {
                return refused;
            }

            agent = id;
        }

        using var subscription = feed.Subscribe();
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var counted = metrics.OpenWebSocket();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var closed = CloseWhenToldAsync(socket, ending);
        try
        {
            await foreach (var happened in subscription.Events.ReadAllAsync(ending.Token))
            {
                if (agent is null || await database.QueryAsync(connection => Hierarchy.MayTalkAsync(connection, agent.Value, happened.WorkspaceId), ending.Token))
                {
                    await socket.SendAsync(WireJson.Serialize(happened), WebSocketMessageType.Text, endOfMessage: true, ending.Token);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The client or this process has gone.
        }

        await ending.CancelAsync();
        await closed;
        return Results.Empty;
    }

    // A client says nothing of interest; its close, or its silence for good, ends the sending.
    private static async Task CloseWhenToldAsync(WebSocket socket, CancellationTokenSource ending)
    {
        var nothing = new byte[1024];
        try
        {
            while ((await socket.ReceiveAsync(nothing.AsMemory(), ending.Token)).MessageType is not WebSocketMessageType.Close)
            {
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ending.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // It has gone without a word, or is being let go.
        }

        await ending.CancelAsync();
    }

    private static async Task StreamAsync(string id, HttpContext context, EventFeed feed, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            await Reply.InvalidWorkspaceId().ExecuteAsync(context);
            return;
        }

        using var subscription = feed.Subscribe();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        await response.Body.WriteAsync(Ping, ending.Token);
        await response.Body.FlushAsync(ending.Token);
        try
        {
            while (true)
            {
                var more = subscription.Events.WaitToReadAsync(ending.Token).AsTask();
                if (await Task.WhenAny(more, Task.Delay(PingInterval, time, ending.Token)) != more)
                {
                    ending.Token.ThrowIfCancellationRequested();
                    await response.Body.WriteAsync(Ping, ending.Token);
                }
                else if (!await more)
                {
                    return;
                }

                while (subscription.Events.TryRead(out var happened))
                {
                    if (happened.WorkspaceId == workspace)
                    {
                        await response.Body.WriteAsync(Frame(happened), ending.Token);
                    }
                }

                await response.Body.FlushAsync(ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client or this process has gone.
        }
    }

    // data: {"data":{...},"timestamp":1764000000000,"type":"WORKSPACE_ONLINE"}
    private static ReadOnlyMemory<byte> Frame(PlatformEvent happened)
    {
        var json = WireJson.Serialize(new WireMap { ["type"] = happened.Event, ["timestamp"] = happened.Timestamp.ToUnixTimeMilliseconds(), ["data"] = happened.Payload });
        return Encoding.UTF8.GetBytes($"data: {Encoding.UTF8.GetString(json.Span)}\n\n");
    }
}

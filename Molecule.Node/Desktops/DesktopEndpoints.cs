using System.Net.Sockets;
using System.Net.WebSockets;
using Molecule.Node.Workspaces;

namespace Molecule.Node.Desktops;

/// <summary>A desktop's state, and its RFB bytes over a WebSocket, for the control plane alone. Ours: the product's desktops are sidecars with noVNC.</summary>
public static class DesktopEndpoints
{
    // What may wait in either direction; more waits at its sender.
    private const int BufferSize = 16 * 1024;

    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    public static void MapDesktops(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseWebSockets();
        var group = app.MapGroup("/cp/workspaces/{id}/desktop").AddEndpointFilter<SharedSecretFilter>();
        group.MapGet("", static (string id, WorkspaceFleet fleet) =>
            Of(fleet, id) switch
            {
                null => None(),
                { Lack: { } lack } => Lacking(lack),
                _ => Results.Json(new { width = Desktop.Width, height = Desktop.Height }),
            });
        group.MapGet("/rfb", ConnectAsync);
    }

    private static async Task<IResult> ConnectAsync(string id, HttpContext context, WorkspaceFleet fleet, IHostApplicationLifetime lifetime)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return Results.Json(new { error = "websocket upgrade required" }, statusCode: StatusCodes.Status400BadRequest);
        }

        if (Of(fleet, id) is not { } desktop)
        {
            return None();
        }

        if (desktop.Lack is { } lack)
        {
            return Lacking(lack);
        }

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        NetworkStream server;
        try
        {
            server = await desktop.ConnectAsync(ending.Token);
        }
        catch (SocketException)
        {
            return Lacking(desktop.Lack ?? "the desktop has ended a moment ago");
        }

        await using (server)
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await using var caller = WebSocketStream.Create(socket, WebSocketMessageType.Binary, CloseLimit);
            await Task.WhenAny(CopyAsync(caller, server, ending.Token), CopyAsync(server, caller, ending.Token));
            await ending.CancelAsync();
        }

        return Results.Empty;
    }

    // Ends when either side has; each read waits until what was read before is written.
    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        try
        {
            await from.CopyToAsync(to, BufferSize, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or WebSocketException)
        {
            // One of the two has gone.
        }
    }

    private static Desktop? Of(WorkspaceFleet fleet, string id) => fleet.Find(id, null) is { Ended.IsCompleted: false } instance ? instance.Desktop : null;

    private static IResult None() => Results.Json(new { error = "no desktop runs in this workspace" }, statusCode: StatusCodes.Status404NotFound);

    private static IResult Lacking(string why) => Results.Json(new { error = why }, statusCode: StatusCodes.Status503ServiceUnavailable);
}

using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Desktop.Relay;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Desktop;

/// <summary>What a desktop's state is, and the door to its picture (spec/runtimes-and-providers.md 5.1).</summary>
public static class DisplayEndpoints
{
    internal const string NotEnabled = "display not enabled";

    internal const string NoDesktop = "no desktop runs in this workspace";

    private const string TokenPrefix = "molecule-display-token.";

    // What noVNC and its servers call RFB in WebSocket frames.
    private const string Binary = "binary";

    public static void MapDisplay(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/display", StateAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/display/control", ControlAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/desktop/control", ControlAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/display/session/websockify", ConnectAsync);
    }

    /// <summary>The workspace of a route; null where there is none or it was removed.</summary>
    internal static async Task<Guid?> WorkspaceAsync(string id, MoleculeDatabase database, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace) && await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation) is { Status: not WorkspaceStatus.Removed }
            ? workspace
            : null;

    /// <summary>A lease as everybody may see it.</summary>
    internal static WireMap Describe(DesktopLease? lease) => lease is null
        ? new WireMap { ["controller"] = "none" }
        : new WireMap { ["controller"] = lease.Controller, ["controlled_by"] = lease.ControlledBy, ["expires_at"] = lease.ExpiresAt };

    private static async Task<IResult> StateAsync(string id, MoleculeDatabase database, NodeClient node, Settings settings, CancellationToken cancellation)
    {
        if (await WorkspaceAsync(id, database, cancellation) is not { } workspace)
        {
            return Reply.WorkspaceNotFound();
        }

        var reason = settings.Desktop.IsEnabled ? NoDesktop : NotEnabled;
        try
        {
            if (settings.Desktop.IsEnabled && await node.FindDesktopAsync(workspace, cancellation) is { } desktop)
            {
                return Reply.Ok(new WireMap { ["available"] = true, ["protocol"] = "rfb", ["width"] = desktop.Width, ["height"] = desktop.Height });
            }
        }
        catch (NodeException e)
        {
            reason = e.Message;
        }

        return Reply.Ok(new WireMap { ["available"] = false, ["reason"] = reason });
    }

    private static async Task<IResult> ControlAsync(string id, HttpContext context, MoleculeDatabase database, Settings settings, DisplayTokens tokens, TimeProvider time)
    {
        if (await WorkspaceAsync(id, database, context.RequestAborted) is not { } workspace)
        {
            return Reply.WorkspaceNotFound();
        }

        var lease = await database.QueryAsync(connection => DesktopLeaseStore.FindAsync(connection, workspace, time.GetUtcNow()), context.RequestAborted);
        var answer = Describe(lease);
        if (settings.Desktop.IsEnabled && tokens.CanSign)
        {
            // Looking on is nobody's to grant or refuse, whoever holds control.
            answer["view_session_url"] = tokens.ViewUrl(workspace);
            if (lease is not null && lease.IsOf(await DisplayCaller.OfAsync(context, settings, database)))
            {
                answer["session_url"] = tokens.SessionUrl(workspace, lease);
            }
        }

        return Reply.Ok(answer);
    }

    // A browser can set no header on a WebSocket but its subprotocols.
    private static async Task<IResult> ConnectAsync(string id, HttpContext context, MoleculeDatabase database, DisplayTokens tokens, DesktopRelay relay, TimeProvider time)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "websocket upgrade required");
        }

        var sent = context.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(static protocol => protocol.StartsWith(TokenPrefix, StringComparison.Ordinal));
        if (sent is null || !Guid.TryParse(id, out var workspace) || tokens.Read(sent[TokenPrefix.Length..], workspace) is not { } access)
        {
            return Reply.Error(StatusCodes.Status401Unauthorized, "invalid display token");
        }

        if (access.Session is { } session)
        {
            var lease = await database.QueryAsync(connection => DesktopLeaseStore.FindAsync(connection, workspace, time.GetUtcNow()), context.RequestAborted);
            if (lease?.SessionId != session)
            {
                return Reply.Json(StatusCodes.Status403Forbidden, new WireMap { ["error"] = "display control lost", ["current"] = Describe(lease) });
            }
        }

        return await relay.RunAsync(context, workspace, access, context.WebSockets.WebSocketRequestedProtocols.Contains(Binary) ? Binary : sent);
    }
}

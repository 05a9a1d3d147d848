using System.Net.WebSockets;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Http;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Desktop.Relay;

/// <summary>Carries RFB between a person's WebSocket and a workspace's desktop, as long as its token allows (spec/runtimes-and-providers.md 5.1).</summary>
public sealed partial class DesktopRelay(
    MoleculeDatabase database, EventFeed feed, NodeClient node, RequestMetrics metrics, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<DesktopRelay> logger)
{
    // A peer that has vanished without a word is let go within a minute, and the server lets go of the keys that it held.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(20);

    /// <summary>Connects a request that has shown a good token; answers it where there is no desktop.</summary>
    /// <param name="context">The request for a WebSocket.</param>
    /// <param name="workspace">Whose desktop.</param>
    /// <param name="access">What its token opens.</param>
    /// <param name="protocol">The subprotocol that is agreed to.</param>
    internal async Task<IResult> RunAsync(HttpContext context, Guid workspace, DisplayAccess access, string protocol)
    {
        WebSocket? server;
        try
        {
            server = await node.ConnectDesktopAsync(workspace, context.RequestAborted);
        }
        catch (NodeException e)
        {
            return Reply.Error(StatusCodes.Status503ServiceUnavailable, e.Message);
        }

        if (server is null)
        {
            return Reply.Error(StatusCodes.Status503ServiceUnavailable, DisplayEndpoints.NoDesktop);
        }

        using (server)
        {
            using var client = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol, KeepAliveInterval = KeepAlive, KeepAliveTimeout = KeepAlive });
            using var counted = metrics.OpenWebSocket();
            var watch = access.Session is { } session ? new SessionWatch(database, feed, time, workspace, session) : null;
            var end = await new RelayedConnection(client, server, watch).RunAsync(lifetime.ApplicationStopping);
            LogEnded(logger, watch is null ? "A viewer" : "A controller", workspace, end);
        }

        if (access.Session is { } dropped)
        {
            await GiveUpAsync(workspace, dropped);
        }

        return Results.Empty;
    }

    // Where the workspace's desktop is not resumed, control ends with the connection: what the product once did, kept as a switch.
    private async Task GiveUpAsync(Guid workspace, Guid session)
    {
        try
        {
            await database.TransactAsync(
                async connection =>
                {
                    if (await WorkspaceStore.FindAsync(connection, workspace) is { ResumesDesktop: false } && await DesktopLeaseStore.EndAsync(connection, workspace, session) is { } lease)
                    {
                        await new DisplayEvents(database, "release", workspace, new DisplayCaller(lease.Controller, lease.ControlledBy, IsAdmin: false))
                            .CompletedAsync(connection, new WireMap { ["reason"] = "the connection was dropped" });
                    }

                    return true;
                },
                CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            LogHeld(logger, workspace, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Who} of the desktop of {Workspace} has gone: {End}")]
    private static partial void LogEnded(ILogger logger, string who, Guid workspace, string end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Control of the desktop of {Workspace} could not be given back and runs out by itself: {Problem}")]
    private static partial void LogHeld(ILogger logger, Guid workspace, string problem);
}

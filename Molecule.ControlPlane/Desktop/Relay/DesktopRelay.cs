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
            var who = access.Session is null ? "viewer" : "controller";
            await RecordAsync(workspace, "opened", new WireMap { ["as"] = who }, ended: null);
            var watch = access.Session is { } session ? new SessionWatch(database, feed, time, workspace, session) : null;
            var end = await new RelayedConnection(client, server, watch).RunAsync(lifetime.ApplicationStopping);
            LogEnded(logger, who, workspace, end);
            await RecordAsync(workspace, "closed", new WireMap { ["as"] = who, ["reason"] = end }, access.Session);
        }

        return Results.Empty;
    }

    // With the session that ended, if it is one of control: where the workspace's desktop is not resumed, control ends with the connection. That is what
    // the product once did, kept as a switch.
    private async Task RecordAsync(Guid workspace, string phase, WireMap payload, Guid? ended)
    {
        try
        {
            await database.TransactAsync(
                async connection =>
                {
                    if (ended is { } session && await WorkspaceStore.FindAsync(connection, workspace) is { ResumesDesktop: false }
                        && await DesktopLeaseStore.EndAsync(connection, workspace, session) is { } lease)
                    {
                        await new DisplayEvents(database, "release", workspace, new DisplayCaller(lease.Controller, lease.ControlledBy, IsAdmin: false))
                            .CompletedAsync(connection, new WireMap { ["reason"] = "the connection was dropped" });
                    }

                    await WorkspaceStore.RecordAsync(connection, workspace, $"display.connection.{phase}", payload);
                    return true;
                },
                CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            // Whatever control it had runs out by itself.
            LogUnrecorded(logger, workspace, phase, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A {Who} of the desktop of {Workspace} has gone: {End}")]
    private static partial void LogEnded(ILogger logger, string who, Guid workspace, string end);

    [LoggerMessage(Level = LogLevel.Warning, Message = "That a connection to the desktop of {Workspace} was {Phase} could not be recorded: {Problem}")]
    private static partial void LogUnrecorded(ILogger logger, Guid workspace, string phase, string problem);
}

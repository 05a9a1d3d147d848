using System.Net.WebSockets;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Desktop.Agent;

/// <summary>What an agent sees and does on its workspace's desktop (spec/runtimes-and-providers.md 5.1).</summary>
public static class AgentDesktopEndpoints
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    // As long as a lease is that nobody gave a length.
    private static readonly TimeSpan _lease = TimeSpan.FromSeconds(300);

    public static void MapAgentDesktop(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/desktop/screenshot", ScreenshotAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/desktop/input", InputAsync).RequireWorkspace();
    }

    // Looking is never arbitrated.
    private static async Task<IResult> ScreenshotAsync(string id, HttpContext context, MoleculeDatabase database, Settings settings, NodeClient node) =>
        await WorkspaceAsync(id, database, settings, context.RequestAborted) is var (workspace, refusal) && refusal is not null
            ? refusal
            : await WithDesktopAsync(
                node,
                workspace,
                static async (session, cancellation) => Results.Bytes(PngFile.Of(session.Width, session.Height, await session.CaptureAsync(cancellation)), "image/png"),
                context.RequestAborted);

    private static async Task<IResult> InputAsync(string id, HttpContext context, MoleculeDatabase database, Settings settings, NodeClient node, TimeProvider time)
    {
        var cancellation = context.RequestAborted;
        var (bytes, _) = await RequestBody.ReadAsync(context.Request, 64 * 1024, cancellation);
        if (!RequestBody.TryParse<DesktopInput>(bytes, out var input) || input is null)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid desktop input");
        }

        var (workspace, refusal) = await WorkspaceAsync(id, database, settings, cancellation);
        if (refusal is not null)
        {
            return refusal;
        }

        // People have the display's own connection, where they see what they do.
        var caller = await DisplayCaller.OfAsync(context, settings, database);
        return caller.IsUser
            ? Reply.Error(StatusCodes.Status403Forbidden, "desktop input requires the workspace's own token")
            : await WithDesktopAsync(node, workspace, ActAsync, cancellation);

        async Task<IResult> ActAsync(RfbSession session, CancellationToken limited)
        {
            if (input.Problem(session.Width, session.Height) is { } problem)
            {
                return Reply.Error(StatusCodes.Status400BadRequest, problem);
            }

            // Taken only by what will be done, and as late as can be: a person may take it at any moment.
            if (await TakeAsync(database, workspace, caller, time, limited) is { } held)
            {
                return held;
            }

            await input.DoAsync(session, limited);
            return Reply.Ok(new WireMap { ["ok"] = true });
        }
    }

    // The agent's lease, implicitly: only its beginning is an event, or every key would be one.
    private static Task<IResult?> TakeAsync(MoleculeDatabase database, Guid workspace, DisplayCaller caller, TimeProvider time, CancellationToken cancellation) =>
        database.TransactAsync<IResult?>(
            async connection =>
            {
                var now = time.GetUtcNow();
                var step = new DisplayEvents(database, "acquire", workspace, caller);
                var before = await DesktopLeaseStore.FindAsync(connection, workspace, now);
                var (lease, isGiven) = await DesktopLeaseStore.AcquireAsync(connection, workspace, caller, _lease, now);
                if (!isGiven)
                {
                    await step.FailedAsync(connection, DisplayControlEndpoints.AlreadyHeld);
                    return Reply.Json(StatusCodes.Status409Conflict, new WireMap { ["error"] = DisplayControlEndpoints.AlreadyHeld, ["current"] = DisplayEndpoints.Describe(lease) });
                }

                if (before?.SessionId != lease.SessionId)
                {
                    await step.CompletedAsync(connection, new WireMap { ["implicit"] = true, ["expires_at"] = lease.ExpiresAt, ["session_id"] = lease.SessionId });
                }

                return null;
            },
            cancellation);

    private static async Task<(Guid Workspace, IResult? Refusal)> WorkspaceAsync(string id, MoleculeDatabase database, Settings settings, CancellationToken cancellation) =>
        await DisplayEndpoints.WorkspaceAsync(id, database, cancellation) is not { } workspace ? (Guid.Empty, Reply.WorkspaceNotFound())
        : settings.Desktop.IsEnabled ? (workspace, null)
        : (workspace, Reply.Error(StatusCodes.Status400BadRequest, DisplayEndpoints.NotEnabled));

    private static async Task<IResult> WithDesktopAsync(NodeClient node, Guid workspace, Func<RfbSession, CancellationToken, Task<IResult>> work, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_limit);
        try
        {
            using var socket = await node.ConnectDesktopAsync(workspace, limit.Token);
            return socket is null
                ? Reply.Error(StatusCodes.Status503ServiceUnavailable, DisplayEndpoints.NoDesktop)
                : await work(await RfbSession.GreetAsync(socket, limit.Token), limit.Token);
        }
        catch (Exception e) when (e is NodeException or RfbServerException or WebSocketException)
        {
            return Reply.Error(StatusCodes.Status503ServiceUnavailable, e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Reply.Error(StatusCodes.Status504GatewayTimeout, $"the desktop did not answer within {_limit.TotalSeconds:0} s");
        }
    }
}

using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Desktop;

/// <summary>Taking control of a desktop, keeping it and giving it back (spec/runtimes-and-providers.md 5.1).</summary>
public static class DisplayControlEndpoints
{
    internal const string AlreadyHeld = "display control already held";

    private const int ShortestSeconds = 30;
    private const int LongestSeconds = 3600;
    private const int UsualSeconds = 300;

    public static void MapDisplayControl(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/display/control/acquire", AcquireAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/display/control/release", ReleaseAsync).RequireWorkspace();
    }

    // To acquire again is to renew.
    private static async Task<IResult> AcquireAsync(string id, HttpContext context, MoleculeDatabase database, Settings settings, DisplayTokens tokens, TimeProvider time)
    {
        var cancellation = context.RequestAborted;
        var (bytes, _) = await RequestBody.ReadAsync(context.Request, 4096, cancellation);
        if (!RequestBody.TryParse<AcquireBody>(bytes, out var body))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid display control request");
        }

        var caller = await DisplayCaller.OfAsync(context, settings, database);
        var seconds = body?.TtlSeconds ?? UsualSeconds;
        if (Refusal(body?.Controller ?? DesktopLease.User, seconds, caller) is { } refusal)
        {
            return refusal;
        }

        if (await DisplayEndpoints.WorkspaceAsync(id, database, cancellation) is not { } workspace)
        {
            return Reply.WorkspaceNotFound();
        }

        if (!settings.Desktop.IsEnabled)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, DisplayEndpoints.NotEnabled);
        }

        if (!tokens.CanSign)
        {
            return Reply.Error(StatusCodes.Status503ServiceUnavailable, "display session signing secret is not configured");
        }

        var step = new DisplayEvents(database, "acquire", workspace, caller);
        await step.StartedAsync(new WireMap { ["ttl_seconds"] = seconds }, cancellation);
        return await step.WatchAsync(() => database.TransactAsync(
            async connection =>
            {
                var (lease, isGiven) = await DesktopLeaseStore.AcquireAsync(connection, workspace, caller, TimeSpan.FromSeconds(seconds), time.GetUtcNow());
                if (!isGiven)
                {
                    return await HeldAsync(connection, step, AlreadyHeld, lease);
                }

                await step.CompletedAsync(connection, new WireMap { ["ttl_seconds"] = seconds, ["expires_at"] = lease.ExpiresAt, ["session_id"] = lease.SessionId });
                var answer = DisplayEndpoints.Describe(lease);
                answer["session_url"] = tokens.SessionUrl(workspace, lease);
                answer["view_session_url"] = tokens.ViewUrl(workspace);
                return Reply.Ok(answer);
            },
            cancellation));
    }

    private static IResult? Refusal(string controller, int seconds, DisplayCaller caller) => (controller, caller.IsUser) switch
    {
        (DesktopLease.User, false) => Reply.Error(StatusCodes.Status403Forbidden, "display control requires admin-token or org-token auth"),
        (DesktopLease.Agent, true) => Reply.Error(StatusCodes.Status400BadRequest, "browser callers may only acquire user display control"),
        (not (DesktopLease.User or DesktopLease.Agent), _) => Reply.Error(StatusCodes.Status400BadRequest, "controller must be 'user' or 'agent'"),
        _ when seconds is < ShortestSeconds or > LongestSeconds => Reply.Error(StatusCodes.Status400BadRequest, $"ttl_seconds must be between {ShortestSeconds} and {LongestSeconds}"),
        _ => null,
    };

    private static async Task<IResult> ReleaseAsync(string id, HttpContext context, MoleculeDatabase database, Settings settings, TimeProvider time)
    {
        var cancellation = context.RequestAborted;
        var (bytes, _) = await RequestBody.ReadAsync(context.Request, 4096, cancellation);
        if (!RequestBody.TryParse<ReleaseBody>(bytes, out var body))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid display control release request");
        }

        var caller = await DisplayCaller.OfAsync(context, settings, database);
        var force = body?.Force is true;
        if (force && !caller.IsAdmin)
        {
            return Reply.Error(StatusCodes.Status403Forbidden, "force release requires admin-token auth");
        }

        if (await DisplayEndpoints.WorkspaceAsync(id, database, cancellation) is not { } workspace)
        {
            return Reply.WorkspaceNotFound();
        }

        var step = new DisplayEvents(database, "release", workspace, caller);
        await step.StartedAsync(new WireMap { ["force"] = force }, cancellation);
        return await step.WatchAsync(() => database.TransactAsync(
            async connection =>
            {
                // Nothing to give back is no error: the lease may have run out on the way.
                var isReleased = await DesktopLeaseStore.ReleaseAsync(connection, workspace, caller, force);
                if (!isReleased && await DesktopLeaseStore.FindAsync(connection, workspace, time.GetUtcNow()) is { } lease)
                {
                    return await HeldAsync(connection, step, "display control held by another caller", lease);
                }

                await step.CompletedAsync(connection, new WireMap { ["force"] = force, ["released"] = isReleased });
                return Reply.Ok(DisplayEndpoints.Describe(null));
            },
            cancellation));
    }

    private static async Task<IResult> HeldAsync(NpgsqlConnection connection, DisplayEvents step, string error, DesktopLease lease)
    {
        await step.FailedAsync(connection, error);
        return Reply.Json(StatusCodes.Status409Conflict, new WireMap { ["error"] = error, ["current"] = DisplayEndpoints.Describe(lease) });
    }

    private sealed record AcquireBody(string? Controller, int? TtlSeconds);

    private sealed record ReleaseBody(bool? Force);
}

using System.Data.Common;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Sessions;
using Molecule.ControlPlane.Wire;
using Npgsql;

namespace Molecule.ControlPlane.Tokens;

/// <summary>Who may do what (spec/control-plane.md 2.3). Each rule answers null where the request may pass.</summary>
public sealed partial class AccessRules(MoleculeDatabase database, UpstreamSessions sessions, Settings settings, ILogger<AccessRules> logger)
{
    /// <summary>AdminAuth, in the order of spec/control-plane.md 2.3.</summary>
    public Task<IResult?> AdminAsync(HttpContext context) => GuardAsync(async () => settings.IsDevMode || await IsMemberAsync(context)
        ? null
        : await database.QueryAsync(connection => AdminAsync(connection, Bearer.Of(context.Request)), context.RequestAborted));

    private async Task<IResult?> AdminAsync(NpgsqlConnection connection, string? sent)
    {
        // Without an admin token and with no live workspace token at all the door is open.
        if (settings.AdminToken is null && !await TokenStore.AnyLiveAsync(connection))
        {
            return null;
        }

        if (sent is null)
        {
            return Unauthorized("admin auth required");
        }

        // Without an admin token any live workspace token is one ("tier 3").
        var isAdmin = settings.AdminToken is { } admin ? TokenHash.Same(admin, sent) : await TokenStore.IsLiveAsync(connection, sent);
        return isAdmin || await OrgTokenStore.IsLiveAsync(connection, sent) ? null : Unauthorized("invalid admin auth token");
    }

    /// <summary>WorkspaceAuth on a route's <c>:id</c>.</summary>
    public Task<IResult?> WorkspaceAsync(HttpContext context) => GuardAsync(async () =>
    {
        if (Bearer.Of(context.Request) is not { } sent)
        {
            return await IsMemberAsync(context) || IsCanvas(context) || settings.IsDevMode ? null : Unauthorized("missing workspace auth token");
        }

        return IsAdmin(sent) || await IsOwnAsync(context, sent) || await database.QueryAsync(connection => OrgTokenStore.IsLiveAsync(connection, sent), context.RequestAborted)
            ? null
            : Unauthorized("invalid workspace auth token");
    });

    /// <summary>The <c>own</c> gate: the workspace's own token and no other; development opens nothing here (2.2).</summary>
    public Task<IResult?> OwnAsync(HttpContext context) => GuardAsync(async () => Bearer.Of(context.Request) is { } sent
        ? await IsOwnAsync(context, sent) ? null : Unauthorized("invalid workspace auth token")
        : Unauthorized("missing workspace auth token"));

    /// <summary>The rule of PUT /canvas/viewport: any live token, or a browser of a listed origin (spec/control-plane.md 2.3).</summary>
    public Task<IResult?> CanvasOrBearerAsync(HttpContext context) => settings.IsCompat
        ? Task.FromResult<IResult?>(null)
        : GuardAsync(() => database.QueryAsync(
            async connection =>
            {
                if (Bearer.Of(context.Request) is { } sent)
                {
                    return IsAdmin(sent) || await TokenStore.IsLiveAsync(connection, sent) || !await TokenStore.AnyLiveAsync(connection) ? null : Unauthorized("invalid auth token");
                }

                return context.Request.Headers.Origin is [{ } origin, ..] && settings.CorsOrigins.Contains(origin) || IsCanvas(context) || !await TokenStore.AnyLiveAsync(connection)
                    ? null
                    : Unauthorized("missing auth token");
            },
            context.RequestAborted));

    /// <summary>
    /// The discovery rule: a caller that has a live token must bring it, or a member's session; development opens it, a database that fails
    /// too (spec/control-plane.md 2.3).
    /// </summary>
    public async Task<IResult?> DiscoveryAsync(HttpContext context, Guid caller)
    {
        if (Bearer.Of(context.Request) is not null)
        {
            return await RegistryAsync(context, caller);
        }

        return settings.IsDevMode ? null : await sessions.FindAsync(context.Request, context.RequestAborted) switch
        {
            Session.Member => null,
            Session.Invalid => await RegistryAsync(context, caller) is null ? null : Unauthorized("invalid session"),
            _ => await RegistryAsync(context, caller),
        };
    }

    /// <summary>The registry rule: a workspace with a live token must bring it; a database that fails is no reason to refuse (2.3).</summary>
    public async Task<IResult?> RegistryAsync(HttpContext context, Guid workspace)
    {
        try
        {
            return await OwnIfItHasOneAsync(context, workspace, "missing workspace auth token", "invalid workspace auth token");
        }
        catch (DbException e)
        {
            LogUnavailable(logger, e);
            return null;
        }
    }

    /// <summary>The A2A caller rule: a caller that has a token must bring it (2.3).</summary>
    public Task<IResult?> CallerAsync(HttpContext context, Guid caller) =>
        GuardAsync(() => OwnIfItHasOneAsync(context, caller, "missing caller auth token", "invalid caller auth token"));

    private Task<IResult?> OwnIfItHasOneAsync(HttpContext context, Guid workspace, string missing, string invalid) => database.QueryAsync(
        async connection =>
        {
            if (!await TokenStore.HasLiveAsync(connection, workspace))
            {
                return null;
            }

            return Bearer.Of(context.Request) is { } sent
                ? await TokenStore.BelongsToAsync(connection, sent, workspace) ? null : Unauthorized(invalid)
                : Unauthorized(missing);
        },
        context.RequestAborted);

    private async Task<bool> IsMemberAsync(HttpContext context) => await sessions.FindAsync(context.Request, context.RequestAborted) is Session.Member;

    private bool IsCanvas(HttpContext context) => settings.Sessions.HasCanvas && SameOriginCanvas.Asks(context.Request);

    private bool IsAdmin(string sent) => settings.AdminToken is { } admin && TokenHash.Same(admin, sent);

    private async Task<bool> IsOwnAsync(HttpContext context, string sent) =>
        Guid.TryParse(context.GetRouteValue("id") as string, out var workspace)
        && await database.QueryAsync(connection => TokenStore.BelongsToAsync(connection, sent, workspace), context.RequestAborted);

    private async Task<IResult?> GuardAsync(Func<Task<IResult?>> rule)
    {
        try
        {
            return await rule();
        }
        catch (DbException e)
        {
            LogUnavailable(logger, e);
            return Reply.Json(
                StatusCodes.Status503ServiceUnavailable,
                new WireMap { ["code"] = "platform_unavailable", ["error"] = "platform datastore unavailable — retry shortly" });
        }
    }

    private static IResult? Unauthorized(string error) => Reply.Error(StatusCodes.Status401Unauthorized, error);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database failed while a request was being authorised.")]
    private static partial void LogUnavailable(ILogger logger, Exception error);
}

using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Http;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Tokens;

/// <summary>The routes that make, list and revoke tokens (spec/control-plane.md 2.5, 3.7). A token's text is answered once, where it is made.</summary>
public static class TokenEndpoints
{
    private const int MostOfAWorkspace = 50;
    private const int LongestName = 100;

    public static void MapTokens(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/tokens", ListAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/tokens", CreateAsync).RequireWorkspace();
        routes.MapDelete("/workspaces/{id}/tokens/{token}", RevokeAsync).RequireWorkspace();
        routes.MapGet("/admin/workspaces/{id}/test-token", TestTokenAsync);
        routes.MapGet("/org/tokens", ListOrgAsync).RequireAdmin();
        routes.MapPost("/org/tokens", CreateOrgAsync).RequireAdmin();
        routes.MapDelete("/org/tokens/{token}", RevokeOrgAsync).RequireAdmin();
    }

    private static async Task<IResult> ListAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        var rows = await database.QueryAsync(connection => TokenStore.ListAsync(connection, workspace), cancellation);
        return Reply.Ok(new WireMap { ["tokens"] = rows.Select(Item).ToArray(), ["count"] = rows.Count });
    }

    private static async Task<IResult> CreateAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        return await database.TransactAsync(
            async connection =>
            {
                // Locked, so that two that come at once cannot both be the fiftieth.
                if (await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed })
                {
                    return Reply.WorkspaceNotFound();
                }

                if ((await TokenStore.ListAsync(connection, workspace)).Count >= MostOfAWorkspace)
                {
                    return Reply.Error(StatusCodes.Status429TooManyRequests, $"maximum {MostOfAWorkspace} active tokens per workspace");
                }

                return Reply.Created(new WireMap
                {
                    ["auth_token"] = await TokenStore.MintAsync(connection, workspace),
                    ["workspace_id"] = workspace,
                    ["message"] = "Keep this token: it is not shown again.",
                });
            },
            cancellation);
    }

    private static async Task<IResult> RevokeAsync(string id, string token, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        return Guid.TryParse(token, out var row) && await database.QueryAsync(connection => TokenStore.RevokeOneAsync(connection, workspace, row), cancellation)
            ? Reply.Ok(new WireMap { ["status"] = "revoked" })
            : Reply.Error(StatusCodes.Status404NotFound, "token not found");
    }

    // Outside of the admin rule, so that a test without any token can begin (spec/control-plane.md 2.5).
    private static async Task<IResult> TestTokenAsync(string id, HttpContext context, MoleculeDatabase database, Settings settings)
    {
        if (!settings.HasTestTokens)
        {
            return Reply.Error(StatusCodes.Status404NotFound, "not found");
        }

        if (settings.AdminToken is { } admin && !(Bearer.Of(context.Request) is { } sent && TokenHash.Same(admin, sent)))
        {
            return Reply.Error(StatusCodes.Status401Unauthorized, "admin auth required");
        }

        return await database.TransactAsync(
            async connection => Guid.TryParse(id, out var workspace) && await WorkspaceStore.LockAsync(connection, workspace) is { Status: not WorkspaceStatus.Removed }
                ? Reply.Ok(new WireMap { ["auth_token"] = await TokenStore.MintAsync(connection, workspace), ["workspace_id"] = workspace })
                : Reply.WorkspaceNotFound(),
            context.RequestAborted);
    }

    private static async Task<IResult> ListOrgAsync(MoleculeDatabase database, CancellationToken cancellation)
    {
        var rows = await database.QueryAsync(OrgTokenStore.ListAsync, cancellation);
        return Reply.Ok(new WireMap { ["tokens"] = rows.Select(OrgItem).ToArray(), ["count"] = rows.Count });
    }

    private static async Task<IResult> CreateOrgAsync(HttpContext context, MoleculeDatabase database, RateLimit limit)
    {
        if (limit.RefuseOrgToken(context) is { } refused)
        {
            return refused;
        }

        var (bytes, _) = await RequestBody.ReadAsync(context.Request, LongestName * 100, context.RequestAborted);
        if (!RequestBody.TryParse<OrgTokenBody>(bytes, out var body) || body?.Name is { Length: > LongestName })
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        var name = string.IsNullOrEmpty(body?.Name) ? null : body.Name;
        var (id, token) = await database.QueryAsync(connection => OrgTokenStore.MintAsync(connection, name), context.RequestAborted);
        var reply = new WireMap
        {
            ["id"] = id,
            ["prefix"] = token[..8],
            ["auth_token"] = token,
            ["warning"] = "Keep this token: it is not shown again, and it opens every workspace of the organisation.",
        };
        if (name is not null)
        {
            reply["name"] = name;
        }

        return Reply.Ok(reply);
    }

    private static async Task<IResult> RevokeOrgAsync(string token, MoleculeDatabase database, CancellationToken cancellation) =>
        Guid.TryParse(token, out var id) && await database.QueryAsync(connection => OrgTokenStore.RevokeAsync(connection, id), cancellation)
            ? Reply.Ok(new WireMap { ["revoked"] = id })
            : Reply.Error(StatusCodes.Status404NotFound, "token not found");

    private static WireMap Item(TokenRow row) => new() { ["id"] = row.Id, ["prefix"] = row.Prefix, ["created_at"] = row.CreatedAt, ["last_used_at"] = row.LastUsedAt };

    private static WireMap OrgItem(TokenRow row)
    {
        var item = Item(row);
        item["name"] = row.Name;
        return item;
    }

    private sealed record OrgTokenBody(string? Name);
}

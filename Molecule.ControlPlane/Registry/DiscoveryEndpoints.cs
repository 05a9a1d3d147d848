using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.A2a;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Registry;

/// <summary>How workspaces find each other: discover, peers, check-access, and the card that they show (spec/control-plane.md 3.3).</summary>
public static class DiscoveryEndpoints
{
    public static void MapDiscovery(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/registry/update-card", UpdateCardAsync);
        routes.MapGet("/registry/discover/{id}", DiscoverAsync);
        routes.MapGet("/registry/{id}/peers", PeersAsync);
        routes.MapPost("/registry/check-access", CheckAccessAsync);
    }

    private static async Task<IResult> UpdateCardAsync(HttpContext context, AccessRules access, MoleculeDatabase database)
    {
        var body = await RequestBody.ReadObjectAsync<CardBody>(context.Request, context.RequestAborted);
        if (body is not { AgentCard: { ValueKind: JsonValueKind.Object } card } || !Guid.TryParse(body.WorkspaceId, out var workspace))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        if (await access.RegistryAsync(context, workspace) is { } refused)
        {
            return refused;
        }

        await database.TransactAsync(
            async connection =>
            {
                if (await WorkspaceStore.LockAsync(connection, workspace) is { Status: not WorkspaceStatus.Removed })
                {
                    await connection.ExecuteAsync("UPDATE workspaces SET agent_card = @card::jsonb, updated_at = now() WHERE id = @workspace", new { card = card.GetRawText(), workspace });
                    await WorkspaceStore.RecordAsync(connection, workspace, "AGENT_CARD_UPDATED", new WireMap { ["agent_card"] = card });
                }

                return true;
            },
            context.RequestAborted);
        return Reply.Ok(new WireMap { ["status"] = "updated" });
    }

    private static async Task<IResult> DiscoverAsync(string id, HttpContext context, AccessRules access, MoleculeDatabase database, Settings settings)
    {
        if (context.Request.Headers["X-Workspace-ID"] is not [{ Length: > 0 } callerText, ..])
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "X-Workspace-ID header is required");
        }

        if (!Guid.TryParse(callerText, out var caller) || !Guid.TryParse(id, out var target))
        {
            return Reply.Error(StatusCodes.Status403Forbidden, "not authorized to discover this workspace");
        }

        if (await access.DiscoveryAsync(context, caller) is { } refused)
        {
            return refused;
        }

        var (mayTalk, row) = await database.QueryAsync(
            async connection => (await Hierarchy.MayTalkAsync(connection, caller, target), await WorkspaceStore.FindAsync(connection, target)), context.RequestAborted);
        return (mayTalk, row) switch
        {
            (_, null or { Status: WorkspaceStatus.Removed }) when mayTalk || row is not null => Reply.WorkspaceNotFound(),
            (false, _) => Reply.Error(StatusCodes.Status403Forbidden, "not authorized to discover this workspace"),
            (_, { Url: null or "" }) => Reply.Json(StatusCodes.Status503ServiceUnavailable, new WireMap { ["error"] = "workspace not available", ["status"] = row!.Status.ToWire() }),
            _ => await AgentUrl.MayCallAsync(row!.Url!, settings, context.RequestAborted)
                ? Reply.Ok(new WireMap { ["id"] = row.Id, ["url"] = row.Url, ["name"] = row.Name })
                : Reply.Error(StatusCodes.Status503ServiceUnavailable, "workspace URL failed safety check"),
        };
    }

    private static async Task<IResult> PeersAsync(string id, HttpContext context, AccessRules access, MoleculeDatabase database)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.WorkspaceNotFound();
        }

        if (await access.DiscoveryAsync(context, workspace) is { } refused)
        {
            return refused;
        }

        var query = context.Request.Query["q"].ToString();
        return await database.QueryAsync(
            async connection =>
            {
                if (await WorkspaceStore.FindAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed } self)
                {
                    return Reply.WorkspaceNotFound();
                }

                // All roots are siblings of each other (6.1).
                var peers = (await WorkspaceStore.ListAsync(connection)).Where(w => w.Id != self.Id && (w.ParentId == self.ParentId || w.ParentId == self.Id || w.Id == self.ParentId));

                // A peer without a role makes the product panic here (14.1, item 5).
                var found = peers.Where(w => query.Length == 0 || w.Name.Contains(query, StringComparison.OrdinalIgnoreCase) || w.Role?.Contains(query, StringComparison.OrdinalIgnoreCase) is true);
                return Reply.Ok(found.Select(static w => w.ToPeer()).ToArray());
            },
            context.RequestAborted);
    }

    private static async Task<IResult> CheckAccessAsync(HttpContext context, MoleculeDatabase database)
    {
        var body = await RequestBody.ReadObjectAsync<AccessBody>(context.Request, context.RequestAborted);
        if (body is not { CallerId.Length: > 0, TargetId.Length: > 0 })
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "caller_id and target_id are required");
        }

        // An unknown id may talk to nobody, one that is no id at all neither (6.1).
        var allowed = Guid.TryParse(body.CallerId, out var caller) && Guid.TryParse(body.TargetId, out var target)
            && await database.QueryAsync(connection => Hierarchy.MayTalkAsync(connection, caller, target), context.RequestAborted);
        return Reply.Ok(new WireMap { ["allowed"] = allowed });
    }

    private sealed record CardBody(string? WorkspaceId, JsonElement? AgentCard);

    private sealed record AccessBody(string? CallerId, string? TargetId);
}

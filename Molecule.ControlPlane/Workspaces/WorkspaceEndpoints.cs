using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Npgsql;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>Workspaces (spec/control-plane.md 3.2).</summary>
public static class WorkspaceEndpoints
{
    public static void MapWorkspaces(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces", ListAsync).RequireAdmin();
        routes.MapPost("/workspaces", CreateAsync).RequireAdmin();
        routes.MapGet("/workspaces/{id}", GetAsync);
        routes.MapDelete("/workspaces/{id}", DeleteAsync).RequireAdmin();
        routes.MapPatch("/workspaces/{id}", PatchAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/state", StateAsync).RequireWorkspace().RequireOwn();
    }

    private static async Task<IResult> ListAsync(MoleculeDatabase database, CancellationToken cancellation)
    {
        var rows = await database.QueryAsync(WorkspaceStore.ListAsync, cancellation);
        return Reply.Ok(rows.Select(static row => row.ToListItem()).ToArray());
    }

    private static async Task<IResult> CreateAsync(HttpContext context, WorkspaceCreation creation) =>
        await RequestBody.ReadObjectAsync<CreateRequest>(context.Request, context.RequestAborted) is { } request
            ? await creation.CreateAsync(request, context.RequestAborted)
            : Reply.Error(StatusCodes.Status400BadRequest, "invalid workspace payload");

    private static async Task<IResult> GetAsync(string id, MoleculeDatabase database, Settings settings, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        var row = await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation);
        if (row is null)
        {
            return Reply.WorkspaceNotFound();
        }

        var item = row.ToItem();
        if (settings.IsCompat)
        {
            item["current_task"] = row.CurrentTask ?? "";
        }

        return Reply.Ok(item);
    }

    private static async Task<IResult> PatchAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        if (await RequestBody.ReadJsonAsync(context.Request, context.RequestAborted) is not { } body)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        if (WorkspacePatch.Read(body, out var problem) is not { } patch)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, problem!);
        }

        try
        {
            return await database.TransactAsync(
                async connection =>
                {
                    if (await WorkspaceStore.LockAsync(connection, workspace) is not { } row)
                    {
                        return Reply.WorkspaceNotFound();
                    }

                    var reply = new WireMap { ["status"] = "updated" };
                    if (await patch.ApplyAsync(connection, row))
                    {
                        reply["needs_restart"] = true;
                    }

                    return Reply.Ok(reply);
                },
                context.RequestAborted);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ForeignKeyViolation)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "parent_id names no workspace");
        }
    }

    // What an agent that runs elsewhere asks for, to end when it was removed.
    private static async Task<IResult> StateAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        var row = Guid.TryParse(id, out var workspace) ? await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation) : null;
        return row switch
        {
            null => Reply.Json(StatusCodes.Status404NotFound, new WireMap { ["workspace_id"] = id, ["deleted"] = true }),
            { Status: WorkspaceStatus.Removed } => Reply.Json(StatusCodes.Status404NotFound, new WireMap { ["workspace_id"] = id, ["status"] = "removed", ["deleted"] = true }),
            _ => Reply.Ok(new WireMap { ["workspace_id"] = id, ["status"] = row.Status.ToWire(), ["paused"] = row.Status is WorkspaceStatus.Paused, ["deleted"] = false }),
        };
    }

    private static async Task<IResult> DeleteAsync(string id, HttpRequest request, WorkspaceDeletion deletion, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace)
            ? await deletion.DeleteAsync(workspace, request.Query["confirm"] == "true", cancellation)
            : Reply.InvalidWorkspaceId();
}

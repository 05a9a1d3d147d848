using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

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

    private static async Task<IResult> GetAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        var row = await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation);
        return row is null ? Reply.WorkspaceNotFound() : Reply.Ok(row.ToItem());
    }

    private static async Task<IResult> DeleteAsync(string id, HttpRequest request, WorkspaceDeletion deletion, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace)
            ? await deletion.DeleteAsync(workspace, request.Query["confirm"] == "true", cancellation)
            : Reply.InvalidWorkspaceId();
}

using System.Text;
using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>The configuration that a runtime sees: one JSON object a workspace, merged at its top level (spec/control-plane.md 3.2).</summary>
public static class WorkspaceConfigEndpoints
{
    private const int Limit = 256 * 1024;

    public static void MapWorkspaceConfig(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/config", GetAsync).RequireWorkspace();
        routes.MapPatch("/workspaces/{id}/config", PatchAsync).RequireWorkspace();
    }

    private static async Task<IResult> GetAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        var data = Guid.TryParse(id, out var workspace)
            ? await database.QueryAsync(connection => connection.ExecuteScalarAsync<string?>("SELECT data::text FROM workspace_config WHERE workspace_id = @workspace", new { workspace }), cancellation)
            : null;
        return Reply.Ok(new WireMap { ["data"] = JsonElement.Parse(data ?? "{}") });
    }

    private static async Task<IResult> PatchAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.InvalidWorkspaceId();
        }

        var (bytes, isCut) = await RequestBody.ReadAsync(context.Request, Limit, context.RequestAborted);
        if (isCut)
        {
            return Reply.Error(StatusCodes.Status413PayloadTooLarge, $"config must be at most {Limit} bytes");
        }

        if (!RequestBody.TryParse<Dictionary<string, JsonElement>>(bytes, out var parsed) || parsed is null)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "config must be a JSON object");
        }

        var written = await database.TransactAsync(
            async connection => await WorkspaceStore.LockAsync(connection, workspace) is not null && await connection.ExecuteAsync(
                """
                INSERT INTO workspace_config (workspace_id, data) VALUES (@workspace, @data::jsonb)
                ON CONFLICT (workspace_id) DO UPDATE SET data = workspace_config.data || EXCLUDED.data, updated_at = now()
                """,
                new { workspace, data = Encoding.UTF8.GetString(bytes.Span) }) == 1,
            context.RequestAborted);
        return written ? Reply.Ok(new WireMap { ["status"] = "updated" }) : Reply.WorkspaceNotFound();
    }
}

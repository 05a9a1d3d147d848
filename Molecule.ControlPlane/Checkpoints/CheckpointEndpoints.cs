using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Checkpoints;

/// <summary>How far a workflow of an agent has come, so that it goes on from there after a restart (spec/control-plane.md 3.5).</summary>
public static class CheckpointEndpoints
{
    private const string Columns =
        """
        SELECT id AS "Id", workspace_id AS "WorkspaceId", workflow_id AS "WorkflowId", step_name AS "StepName", step_index AS "StepIndex", completed_at AS "CompletedAt", payload::text AS "Payload"
        FROM workflow_checkpoints
        """;

    public static void MapCheckpoints(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/checkpoints", SaveAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/checkpoints/latest", LatestAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/checkpoints/{workflow}", ListAsync).RequireWorkspace();
        routes.MapDelete("/workspaces/{id}/checkpoints/{workflow}", DeleteAsync).RequireWorkspace();
    }

    private static async Task<IResult> SaveAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        if (await RequestBody.ReadObjectAsync<CheckpointBody>(context.Request, context.RequestAborted)
            is not { WorkflowId: { Length: > 0 } workflow, StepName: { Length: > 0 } step, StepIndex: >= 0 and var index } body)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is null)
                {
                    return Reply.WorkspaceNotFound();
                }

                var checkpoint = await connection.ExecuteScalarAsync<Guid>(
                    """
                    INSERT INTO workflow_checkpoints (workspace_id, workflow_id, step_name, step_index, payload) VALUES (@workspace, @workflow, @step, @index, @json::jsonb)
                    ON CONFLICT (workspace_id, workflow_id, step_name) DO UPDATE SET step_index = EXCLUDED.step_index, payload = EXCLUDED.payload, completed_at = now()
                    RETURNING id
                    """,
                    new { workspace, workflow, step, index, json = body.Payload is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given ? given.GetRawText() : null });
                return Reply.Created(new WireMap { ["id"] = checkpoint, ["workspace_id"] = workspace, ["workflow_id"] = workflow, ["step_name"] = step });
            },
            context.RequestAborted);
    }

    private static async Task<IResult> LatestAsync(string id, MoleculeDatabase database, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace) && await database.QueryAsync(
            connection => connection.QuerySingleOrDefaultAsync<Checkpoint?>(
                $"{Columns} WHERE workspace_id = @workspace ORDER BY completed_at DESC, step_index DESC, id LIMIT 1", new { workspace }),
            cancellation) is { } latest
            ? Reply.Ok(latest.ToItem())
            : NotFound();

    private static async Task<IResult> ListAsync(string id, string workflow, MoleculeDatabase database, CancellationToken cancellation)
    {
        var rows = Guid.TryParse(id, out var workspace)
            ? (await database.QueryAsync(
                connection => connection.QueryAsync<Checkpoint>($"{Columns} WHERE workspace_id = @workspace AND workflow_id = @workflow ORDER BY step_index, completed_at, id", new { workspace, workflow }),
                cancellation)).ToArray()
            : [];
        return rows.Length > 0 ? Reply.Ok(rows.Select(static row => row.ToItem()).ToArray()) : NotFound();
    }

    private static async Task<IResult> DeleteAsync(string id, string workflow, MoleculeDatabase database, CancellationToken cancellation)
    {
        var deleted = Guid.TryParse(id, out var workspace)
            ? await database.QueryAsync(
                connection => connection.ExecuteAsync("DELETE FROM workflow_checkpoints WHERE workspace_id = @workspace AND workflow_id = @workflow", new { workspace, workflow }), cancellation)
            : 0;
        return deleted > 0 ? Reply.Ok(new WireMap { ["deleted"] = deleted, ["workflow_id"] = workflow }) : NotFound();
    }

    private static IResult NotFound() => Reply.Error(StatusCodes.Status404NotFound, "no checkpoint found");

    private sealed record CheckpointBody(string? WorkflowId, string? StepName, int StepIndex, JsonElement? Payload);

    private sealed record Checkpoint
    {
        public Guid Id { get; init; }

        public Guid WorkspaceId { get; init; }

        public required string WorkflowId { get; init; }

        public required string StepName { get; init; }

        public int StepIndex { get; init; }

        public DateTime CompletedAt { get; init; }

        public string? Payload { get; init; }

        public WireMap ToItem()
        {
            var item = new WireMap
            {
                ["id"] = Id,
                ["workspace_id"] = WorkspaceId,
                ["workflow_id"] = WorkflowId,
                ["step_name"] = StepName,
                ["step_index"] = StepIndex,
                ["completed_at"] = CompletedAt,
            };
            if (Payload is { } json)
            {
                item["payload"] = JsonElement.Parse(json);
            }

            return item;
        }
    }
}

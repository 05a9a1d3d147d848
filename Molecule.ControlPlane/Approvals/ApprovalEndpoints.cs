using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Approvals;

/// <summary>What an agent may not do unasked (spec/control-plane.md 3.5).</summary>
public static class ApprovalEndpoints
{
    private const int Most = 50;

    // Nobody decided: no is the safe answer.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private const string Columns =
        """
        a.id AS "Id", a.workspace_id AS "WorkspaceId", w.name AS "WorkspaceName", a.task_id AS "TaskId", a.action AS "Action", a.reason AS "Reason", a.status AS "Status",
        a.decided_by AS "DecidedBy", a.decided_at AS "DecidedAt", a.created_at AS "CreatedAt"
        FROM approval_requests a JOIN workspaces w ON w.id = a.workspace_id
        """;

    public static void MapApprovals(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/approvals", AskAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/approvals", ListAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/approvals/{approval}/decide", DecideAsync).RequireWorkspace();
        routes.MapGet("/approvals/pending", PendingAsync).RequireAdmin();
    }

    private static async Task<IResult> AskAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        if (await RequestBody.ReadObjectAsync<AskBody>(context.Request, context.RequestAborted) is not { Action: { Length: > 0 } action } body)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed } row)
                {
                    return Reply.WorkspaceNotFound();
                }

                var approval = await connection.ExecuteScalarAsync<Guid>(
                    "INSERT INTO approval_requests (workspace_id, task_id, action, reason, context) VALUES (@workspace, @TaskId, @action, @Reason, @details::jsonb) RETURNING id",
                    new { workspace, body.TaskId, action, body.Reason, details = body.Context is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given ? given.GetRawText() : null });
                var asked = new WireMap { ["approval_id"] = approval, ["action"] = action, ["reason"] = body.Reason, ["task_id"] = body.TaskId };
                await WorkspaceStore.RecordAsync(connection, workspace, "APPROVAL_REQUESTED", asked);
                if (row.ParentId is { } parent)
                {
                    asked["from_workspace_id"] = workspace;
                    await WorkspaceStore.RecordAsync(connection, parent, "APPROVAL_ESCALATED", asked);
                }

                return Reply.Created(new WireMap { ["approval_id"] = approval, ["status"] = "pending" });
            },
            context.RequestAborted);
    }

    private static async Task<IResult> ListAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.Ok(Array.Empty<object>());
        }

        var rows = await database.QueryAsync(
            connection => connection.QueryAsync<Approval>($"SELECT {Columns} WHERE a.workspace_id = @workspace ORDER BY a.created_at DESC, a.id LIMIT @Most", new { workspace, Most }), cancellation);
        return Reply.Ok(rows.Select(static row => row.ToItem()).ToArray());
    }

    private static async Task<IResult> DecideAsync(string id, string approval, HttpContext context, MoleculeDatabase database)
    {
        if (await RequestBody.ReadObjectAsync<Decision>(context.Request, context.RequestAborted) is not { Verdict: "approved" or "denied" } decision)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "decision must be 'approved' or 'denied'");
        }

        var by = string.IsNullOrEmpty(decision.DecidedBy) ? "human" : decision.DecidedBy;
        var isDecided = Guid.TryParse(id, out var workspace) && Guid.TryParse(approval, out var which)
            && await database.TransactAsync(
                async connection =>
                {
                    var found = await connection.ExecuteAsync(
                        "UPDATE approval_requests SET status = @Verdict, decided_by = @by, decided_at = now() WHERE id = @which AND workspace_id = @workspace AND status = 'pending'",
                        new { decision.Verdict, by, which, workspace }) == 1;
                    if (found)
                    {
                        await TellAsync(connection, workspace, which, decision.Verdict, by);
                    }

                    return found;
                },
                context.RequestAborted);
        return isDecided
            ? Reply.Ok(new WireMap { ["status"] = decision.Verdict, ["approval_id"] = approval })
            : Reply.Error(StatusCodes.Status404NotFound, "approval not found or already decided");
    }

    private static async Task<IResult> PendingAsync(MoleculeDatabase database, TimeProvider time, CancellationToken cancellation)
    {
        var rows = await database.TransactAsync(
            async connection =>
            {
                foreach (var (expired, workspace) in await connection.QueryAsync<(Guid, Guid)>(
                    """
                    UPDATE approval_requests SET status = 'denied', decided_by = 'auto-expired', decided_at = now() WHERE status = 'pending' AND created_at < @before
                    RETURNING id, workspace_id
                    """,
                    new { before = time.GetUtcNow() - Patience }))
                {
                    await TellAsync(connection, workspace, expired, "denied", "auto-expired");
                }

                return await connection.QueryAsync<Approval>($"SELECT {Columns} WHERE a.status = 'pending' AND w.status <> 'removed' ORDER BY a.created_at, a.id");
            },
            cancellation);
        return Reply.Ok(rows.Select(static row => row.ToPending()).ToArray());
    }

    private static Task TellAsync(NpgsqlConnection connection, Guid workspace, Guid approval, string verdict, string by) => WorkspaceStore.RecordAsync(
        connection, workspace, verdict == "approved" ? "APPROVAL_APPROVED" : "APPROVAL_DENIED", new WireMap { ["approval_id"] = approval, ["decided_by"] = by });

    private sealed record AskBody(string? Action, string? TaskId, string? Reason, JsonElement? Context);

    private sealed record Decision([property: System.Text.Json.Serialization.JsonPropertyName("decision")] string? Verdict, string? DecidedBy);

    private sealed record Approval
    {
        public Guid Id { get; init; }

        public Guid WorkspaceId { get; init; }

        public required string WorkspaceName { get; init; }

        public string? TaskId { get; init; }

        public required string Action { get; init; }

        public string? Reason { get; init; }

        public required string Status { get; init; }

        public string? DecidedBy { get; init; }

        public DateTime? DecidedAt { get; init; }

        public DateTime CreatedAt { get; init; }

        public WireMap ToItem() => new()
        {
            ["id"] = Id,
            ["task_id"] = TaskId,
            ["action"] = Action,
            ["reason"] = Reason,
            ["status"] = Status,
            ["decided_by"] = DecidedBy,
            ["decided_at"] = DecidedAt,
            ["created_at"] = CreatedAt,
        };

        public WireMap ToPending() => new()
        {
            ["id"] = Id,
            ["workspace_id"] = WorkspaceId,
            ["workspace_name"] = WorkspaceName,
            ["action"] = Action,
            ["reason"] = Reason,
            ["status"] = Status,
            ["created_at"] = CreatedAt,
        };
    }
}

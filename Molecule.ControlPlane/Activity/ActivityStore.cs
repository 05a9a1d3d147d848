using Dapper;
using Molecule.ControlPlane.Events;
using Npgsql;

namespace Molecule.ControlPlane.Activity;

/// <summary>The rows of activity_logs.</summary>
public static class ActivityStore
{
    /// <summary>Adds a row and tells of it (ACTIVITY_LOGGED, spec/control-plane.md 7).</summary>
    public static async Task<Guid> AddAsync(NpgsqlConnection connection, ActivityRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var id = await connection.ExecuteScalarAsync<Guid>(
            """
            INSERT INTO activity_logs (workspace_id, activity_type, source_id, target_id, method, summary, request_body, response_body, tool_trace, duration_ms, status, error_detail, idempotency_key)
            VALUES (@WorkspaceId, @ActivityType, @SourceId, @TargetId, @Method, @Summary, @RequestBody::jsonb, @ResponseBody::jsonb, @ToolTrace::jsonb, @DurationMs, @Status, @ErrorDetail, @IdempotencyKey)
            RETURNING id
            """,
            row);
        await EventNotices.PublishAsync(connection, "ACTIVITY_LOGGED", row.WorkspaceId, (row with { Id = id, CreatedAt = DateTime.UtcNow }).ToItem());
        return id;
    }

    /// <summary>A workspace's rows, newest first.</summary>
    /// <param name="type">One type, or all.</param>
    /// <param name="isFromAgent">True: called by an agent; false: by the canvas; null: all.</param>
    public static Task<IEnumerable<ActivityRow>> ListAsync(NpgsqlConnection connection, Guid workspace, string? type, bool? isFromAgent, int limit) =>
        connection.QueryAsync<ActivityRow>(
            """
            SELECT id AS "Id", workspace_id AS "WorkspaceId", activity_type AS "ActivityType", source_id AS "SourceId", target_id AS "TargetId", method AS "Method",
                summary AS "Summary", request_body::text AS "RequestBody", response_body::text AS "ResponseBody", tool_trace::text AS "ToolTrace",
                duration_ms AS "DurationMs", status AS "Status", error_detail AS "ErrorDetail", created_at AS "CreatedAt"
            FROM activity_logs
            WHERE workspace_id = @workspace AND (@type::text IS NULL OR activity_type = @type) AND (@isFromAgent::boolean IS NULL OR (source_id IS NOT NULL) = @isFromAgent)
            ORDER BY created_at DESC, id LIMIT @limit
            """,
            new { workspace, type, isFromAgent, limit });
}

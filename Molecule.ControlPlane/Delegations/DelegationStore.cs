using Dapper;
using Molecule.ControlPlane.A2a;
using Molecule.ControlPlane.Activity;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Delegations;

/// <summary>The rows of delegations, and the events that go with them (spec/control-plane.md 6.5, 7).</summary>
public sealed class DelegationStore
{
    private const string Columns =
        """
        SELECT id AS "Id", method AS "Type", source_id AS "SourceId", target_id AS "TargetId", summary AS "Summary", status AS "Status", created_at AS "CreatedAt",
            request_body ->> 'delegation_id' AS "DelegationId", request_body ->> 'task' AS "Task", error_detail AS "Error", response_body ->> 'text' AS "Answer", workspace_id AS "WorkspaceId"
        FROM activity_logs
        """;

    /// <summary>Those of a workspace, newest first.</summary>
    public Task<IEnumerable<DelegationRow>> ListAsync(NpgsqlConnection connection, Guid workspace, int limit) => connection.QueryAsync<DelegationRow>(
        $"{Columns} WHERE workspace_id = @workspace AND activity_type = 'delegation' ORDER BY created_at DESC, id LIMIT @limit", new { workspace, limit });

    /// <summary>The one that holds an idempotency key; null where none does.</summary>
    public Task<DelegationRow?> FindByKeyAsync(NpgsqlConnection connection, Guid workspace, string key) => connection.QuerySingleOrDefaultAsync<DelegationRow?>(
        $"{Columns} WHERE workspace_id = @workspace AND activity_type = 'delegation' AND idempotency_key = @key", new { workspace, key });

    /// <summary>Those that a control plane had in hand when it ended: better asked twice than lost.</summary>
    public Task<IEnumerable<DelegationRow>> UnfinishedAsync(NpgsqlConnection connection) => connection.QueryAsync<DelegationRow>(
        $"""
        {Columns} WHERE activity_type = 'delegation' AND method = 'delegate' AND status IN ('pending', 'dispatched') AND request_body ->> 'sender' = '{Delegation.Platform}' ORDER BY created_at
        """);

    /// <summary>Writes the sending and tells of it.</summary>
    public async Task AddAsync(NpgsqlConnection connection, Delegation delegation, string status, string? key)
    {
        ArgumentNullException.ThrowIfNull(delegation);
        await ActivityStore.AddAsync(connection, delegation.ToSent(status, key));
        await WorkspaceStore.RecordAsync(
            connection, delegation.Source, "DELEGATION_SENT", new WireMap { ["delegation_id"] = delegation.Id, ["target_id"] = delegation.Target, ["task_preview"] = Delegation.Preview(delegation.Task) });
    }

    /// <summary>Changes the state of the sending; false where there is no such delegation that is not over.</summary>
    public async Task<bool> MoveAsync(NpgsqlConnection connection, Guid source, string id, string status)
    {
        // One that failed frees its key: it may be sent again (6.5).
        var target = await connection.ExecuteScalarAsync<string?>(
            """
            UPDATE activity_logs SET status = @status, idempotency_key = CASE WHEN @status = 'failed' THEN NULL ELSE idempotency_key END
            WHERE workspace_id = @source AND activity_type = 'delegation' AND method = 'delegate' AND request_body ->> 'delegation_id' = @id AND status NOT IN ('completed', 'failed')
            RETURNING COALESCE(target_id, '')
            """,
            new { source, id, status });
        if (target is null)
        {
            return false;
        }

        await WorkspaceStore.RecordAsync(connection, source, "DELEGATION_STATUS", new WireMap { ["delegation_id"] = id, ["target_id"] = target, ["status"] = status });
        return true;
    }

    /// <summary>Writes what came of it, once; false where there is no such delegation that is not over.</summary>
    public async Task<bool> FinishAsync(NpgsqlConnection connection, Guid source, string id, string? answer, string? error)
    {
        if (!await MoveAsync(connection, source, id, error is null ? "completed" : "failed"))
        {
            return false;
        }

        var row = await connection.QueryFirstAsync<DelegationRow>(
            $"{Columns} WHERE workspace_id = @source AND activity_type = 'delegation' AND method = 'delegate' AND request_body ->> 'delegation_id' = @id", new { source, id });
        await ActivityStore.AddAsync(connection, row.ToDelegation().ToResult(answer, error));
        var told = new WireMap { ["delegation_id"] = id, ["target_id"] = row.TargetId };
        told[error is null ? "response_preview" : "error"] = error ?? Delegation.Preview(answer ?? "");
        await WorkspaceStore.RecordAsync(connection, source, error is null ? "DELEGATION_COMPLETE" : "DELEGATION_FAILED", told);
        return true;
    }

    /// <summary>Finishes the delegation whose message was answered from the queue; another message is left alone.</summary>
    public async Task FinishByMessageAsync(NpgsqlConnection connection, Guid? source, string? message, A2aOutcome? outcome, string? error)
    {
        if (source is { } from && message is not null)
        {
            await FinishAsync(connection, from, message, outcome?.Text, error);
        }
    }
}

/// <summary>A row of a delegation.</summary>
public sealed record DelegationRow
{
    public Guid Id { get; init; }

    public Guid WorkspaceId { get; init; }

    public required string Type { get; init; }

    public string? SourceId { get; init; }

    public string? TargetId { get; init; }

    public string? Summary { get; init; }

    public required string Status { get; init; }

    public string? DelegationId { get; init; }

    public string? Task { get; init; }

    public string? Error { get; init; }

    public string? Answer { get; init; }

    public DateTime CreatedAt { get; init; }

    public Delegation ToDelegation() => new() { Id = DelegationId ?? "", Source = WorkspaceId, Target = TargetId ?? "", Task = Task ?? "" };

    public WireMap ToItem()
    {
        var item = new WireMap
        {
            ["id"] = Id,
            ["type"] = Type,
            ["source_id"] = SourceId,
            ["target_id"] = TargetId,
            ["summary"] = Summary,
            ["status"] = Status,
            ["created_at"] = CreatedAt,
        };
        foreach (var (name, value) in new[] { ("delegation_id", DelegationId), ("error", Error), ("response_preview", Answer is null ? null : Delegation.Preview(Answer)) })
        {
            if (value is not null)
            {
                item[name] = value;
            }
        }

        return item;
    }
}

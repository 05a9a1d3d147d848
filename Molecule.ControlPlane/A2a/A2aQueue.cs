using System.Text;
using Dapper;
using Npgsql;

namespace Molecule.ControlPlane.A2a;

/// <summary>Calls that wait for a busy agent, first come first served within a priority (spec/control-plane.md 6.5).</summary>
public static class A2aQueue
{
    /// <summary>Attempts before a call is given up.</summary>
    public const int MostAttempts = 5;

    /// <summary>Adds a call; one that waits already, by its message's id, is not added twice.</summary>
    /// <returns>Its id in the queue, and how many wait for that agent.</returns>
    public static async Task<(Guid Id, int Depth)> AddAsync(NpgsqlConnection connection, A2aCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var key = call.MessageId;
        var id = await connection.ExecuteScalarAsync<Guid?>(
            """
            INSERT INTO a2a_queue (workspace_id, caller_id, body, method, idempotency_key) VALUES (@workspace, @caller, @body::jsonb, @method, @key)
            ON CONFLICT (workspace_id, idempotency_key) WHERE status IN ('queued', 'dispatched') DO NOTHING RETURNING id
            """,
            new { workspace = call.Target.Id, caller = call.Caller?.ToString(), body = Encoding.UTF8.GetString(call.Envelope.Body.Span), method = call.Envelope.Method, key });
        id ??= await connection.ExecuteScalarAsync<Guid>(
            "SELECT id FROM a2a_queue WHERE workspace_id = @workspace AND idempotency_key = @key AND status IN ('queued', 'dispatched')", new { workspace = call.Target.Id, key });
        var depth = await connection.ExecuteScalarAsync<int>("SELECT count(*) FROM a2a_queue WHERE workspace_id = @workspace AND status = 'queued'", new { workspace = call.Target.Id });
        return (id.Value, depth);
    }

    /// <summary>Takes the next call of a workspace; null where none waits. Two that take at once take two calls.</summary>
    public static Task<QueuedCall?> TakeAsync(NpgsqlConnection connection, Guid workspace) => connection.QuerySingleOrDefaultAsync<QueuedCall?>(
        """
        UPDATE a2a_queue SET status = 'dispatched', dispatched_at = now(), attempts = attempts + 1
        WHERE id = (
            SELECT id FROM a2a_queue WHERE workspace_id = @workspace AND status = 'queued' AND (expires_at IS NULL OR expires_at > now())
            ORDER BY priority DESC, enqueued_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id AS "Id", caller_id AS "CallerId", body::text AS "Body", attempts AS "Attempts"
        """,
        new { workspace });

    /// <summary>The call was answered.</summary>
    public static Task CompleteAsync(NpgsqlConnection connection, Guid id) =>
        connection.ExecuteAsync("UPDATE a2a_queue SET status = 'completed', completed_at = now(), last_error = NULL WHERE id = @id AND status = 'dispatched'", new { id });

    /// <summary>The call failed: it waits again, or is given up after its last attempt.</summary>
    /// <returns>Whether it was given up.</returns>
    public static async Task<bool> FailAsync(NpgsqlConnection connection, Guid id, string problem) => await connection.ExecuteScalarAsync<bool>(
        """
        UPDATE a2a_queue SET status = CASE WHEN attempts >= @MostAttempts THEN 'failed' ELSE 'queued' END, last_error = @problem WHERE id = @id AND status = 'dispatched'
        RETURNING status = 'failed'
        """,
        new { id, problem, MostAttempts });

    /// <summary>Calls that were on their way when a control plane ended wait again: better asked twice than lost.</summary>
    public static Task RecoverAsync(NpgsqlConnection connection) => connection.ExecuteAsync("UPDATE a2a_queue SET status = 'queued' WHERE status = 'dispatched'");

    /// <summary>Drops what has waited for longer than that many minutes, of one workspace or of all.</summary>
    public static Task<int> DropStaleAsync(NpgsqlConnection connection, int minutes, Guid? workspace) => connection.ExecuteAsync(
        """
        UPDATE a2a_queue SET status = 'dropped', last_error = 'it waited for longer than ' || @minutes || ' minutes'
        WHERE status = 'queued' AND enqueued_at < now() - make_interval(mins => @minutes) AND (@workspace::uuid IS NULL OR workspace_id = @workspace)
        """,
        new { minutes, workspace });
}

/// <summary>A call taken from the queue.</summary>
public sealed record QueuedCall
{
    public Guid Id { get; init; }

    public string? CallerId { get; init; }

    /// <summary>JSON text.</summary>
    public required string Body { get; init; }

    public int Attempts { get; init; }
}

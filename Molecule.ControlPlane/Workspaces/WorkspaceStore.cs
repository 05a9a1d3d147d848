using Dapper;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Wire;
using Npgsql;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>The rows of workspaces. Whoever changes one locks it first, so that two triggers take turns.</summary>
public static class WorkspaceStore
{
    /// <summary>Reads a row without its layout and keeps it locked until the transaction ends; null where there is none.</summary>
    public static Task<WorkspaceRow?> LockAsync(NpgsqlConnection connection, Guid id) =>
        connection.QuerySingleOrDefaultAsync<WorkspaceRow?>($"SELECT {WorkspaceRow.Columns} FROM workspaces w WHERE w.id = @id FOR UPDATE", new { id });

    public static Task<WorkspaceRow?> FindAsync(NpgsqlConnection connection, Guid id) => connection.QuerySingleOrDefaultAsync<WorkspaceRow?>(
        $"""SELECT {WorkspaceRow.Columns}, c.x AS "X", c.y AS "Y", c.collapsed AS "Collapsed" FROM workspaces w LEFT JOIN canvas_layouts c ON c.workspace_id = w.id WHERE w.id = @id""",
        new { id });

    /// <summary>All but the removed ones, oldest first.</summary>
    public static Task<IEnumerable<WorkspaceRow>> ListAsync(NpgsqlConnection connection) => connection.QueryAsync<WorkspaceRow>(
        $"""
        SELECT {WorkspaceRow.Columns}, c.x AS "X", c.y AS "Y", c.collapsed AS "Collapsed" FROM workspaces w LEFT JOIN canvas_layouts c ON c.workspace_id = w.id
        WHERE w.status <> 'removed' ORDER BY w.created_at, w.id
        """);

    /// <summary>Applies a trigger to a locked row: the state changes and its event is recorded, or nothing happens.</summary>
    /// <param name="payload">The event's payload.</param>
    public static async Task<Transition> ApplyAsync(NpgsqlConnection connection, WorkspaceRow locked, WorkspaceTrigger trigger, WireMap? payload = null)
    {
        ArgumentNullException.ThrowIfNull(locked);
        var transition = WorkspaceTransitions.Apply(locked.Status, trigger);
        var isStart = transition is { To: WorkspaceStatus.Provisioning, Event: not null };
        if (transition.To is { } to && (to != locked.Status || isStart))
        {
            await connection.ExecuteAsync(
                "UPDATE workspaces SET status = @status::workspace_status, start_wanted = start_wanted + @starts, updated_at = now() WHERE id = @id",
                new { locked.Id, status = to.ToWire(), starts = isStart ? 1 : 0 });
        }

        if (transition.Event is { } name)
        {
            await RecordAsync(connection, locked.Id, name, payload);
        }

        return transition;
    }

    /// <summary>Appends to the event log and tells whoever listens (spec/control-plane.md 7).</summary>
    public static async Task RecordAsync(NpgsqlConnection connection, Guid workspace, string name, WireMap? payload)
    {
        await connection.ExecuteAsync(
            "INSERT INTO structure_events (event_type, workspace_id, payload) VALUES (@name, @workspace, @payload::jsonb)",
            new { name, workspace, payload = System.Text.Encoding.UTF8.GetString(WireJson.Serialize(payload ?? []).Span) });
        await EventNotices.PublishAsync(connection, name, workspace, payload);
    }

    /// <summary>A workspace and all below it, the lowest first.</summary>
    public static async Task<IReadOnlyList<Guid>> SubtreeAsync(NpgsqlConnection connection, Guid id) => [.. await connection.QueryAsync<Guid>(
        """
        WITH RECURSIVE tree AS (
            SELECT id, 0 AS depth FROM workspaces WHERE id = @id
            UNION ALL
            SELECT w.id, tree.depth + 1 FROM workspaces w JOIN tree ON w.parent_id = tree.id WHERE w.status <> 'removed' AND tree.depth < 32)
        SELECT id FROM tree ORDER BY depth DESC, id
        """,
        new { id })];
}

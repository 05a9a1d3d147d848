using Dapper;
using Npgsql;

namespace Molecule.ControlPlane.Memories;

/// <summary>The rows of agent_memories.</summary>
public static class MemoryStore
{
    public static Task<Guid> AddAsync(NpgsqlConnection connection, Guid workspace, string content, string scope, string space) => connection.ExecuteScalarAsync<Guid>(
        "INSERT INTO agent_memories (workspace_id, content, scope, namespace) VALUES (@workspace, @content, @scope, @space) RETURNING id", new { workspace, content, scope, space });

    /// <summary>What a workspace may read, newest first, or best match first where a search is made.</summary>
    /// <param name="scope">LOCAL, TEAM or GLOBAL; null: its own rows of every scope (spec/control-plane.md 3.5).</param>
    /// <param name="words">Searched for by words where it has two characters or more, else as a part of the text (9.2).</param>
    public static Task<IEnumerable<MemoryRow>> ListAsync(NpgsqlConnection connection, Guid workspace, string? scope, string? words, string? space, int limit)
    {
        var reach = scope switch
        {
            null => "m.workspace_id = @workspace",
            "LOCAL" => "m.scope = 'LOCAL' AND m.workspace_id = @workspace",
            "TEAM" => """
                m.scope = 'TEAM' AND m.workspace_id IN (
                    SELECT w.id FROM workspaces w, (SELECT COALESCE(parent_id, id) AS root FROM workspaces WHERE id = @workspace) team
                    WHERE w.status <> 'removed' AND (w.id = team.root OR w.parent_id = team.root))
                """,
            MemoryRow.Global => "m.scope = 'GLOBAL'",
            _ => "false",
        };
        var (search, order) = words switch
        {
            null => ("true", "m.created_at DESC"),
            { Length: > 1 } => ("m.content_tsv @@ plainto_tsquery('english', @words)", "ts_rank(m.content_tsv, plainto_tsquery('english', @words)) DESC, m.created_at DESC"),
            _ => ("position(lower(@words) in lower(m.content)) > 0", "m.created_at DESC"),
        };
        return connection.QueryAsync<MemoryRow>(
            $"""
            SELECT m.id AS "Id", m.workspace_id AS "WorkspaceId", m.content AS "Content", m.scope AS "Scope", m.namespace AS "Namespace", m.created_at AS "CreatedAt"
            FROM agent_memories m WHERE ({reach}) AND ({search}) AND (@space::text IS NULL OR m.namespace = @space) ORDER BY {order}, m.id LIMIT @limit
            """,
            new { workspace, words, space, limit });
    }

    /// <summary>False where the workspace has no such memory of its own.</summary>
    public static async Task<bool> DeleteAsync(NpgsqlConnection connection, Guid workspace, Guid id) =>
        await connection.ExecuteAsync("DELETE FROM agent_memories WHERE id = @id AND workspace_id = @workspace", new { id, workspace }) == 1;
}

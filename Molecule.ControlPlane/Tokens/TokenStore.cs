using Dapper;
using Npgsql;

namespace Molecule.ControlPlane.Tokens;

/// <summary>Workspace tokens (spec/control-plane.md 2.1). A token is live until it is revoked or its workspace removed.</summary>
public static class TokenStore
{
    private const string Live = "t.revoked_at IS NULL AND EXISTS (SELECT 1 FROM workspaces w WHERE w.id = t.workspace_id AND w.status <> 'removed')";

    /// <summary>Makes a token for a workspace. The plain text is nowhere else.</summary>
    public static async Task<string> MintAsync(NpgsqlConnection connection, Guid workspace)
    {
        var token = TokenHash.NewToken();
        await connection.ExecuteAsync(
            "INSERT INTO workspace_auth_tokens (workspace_id, token_hash, prefix) VALUES (@workspace, @hash, @prefix)",
            new { workspace, hash = TokenHash.Of(token), prefix = token[..8] });
        return token;
    }

    public static Task<bool> AnyLiveAsync(NpgsqlConnection connection) =>
        connection.ExecuteScalarAsync<bool>($"SELECT EXISTS (SELECT 1 FROM workspace_auth_tokens t WHERE {Live})");

    public static Task<bool> HasLiveAsync(NpgsqlConnection connection, Guid workspace) =>
        connection.ExecuteScalarAsync<bool>($"SELECT EXISTS (SELECT 1 FROM workspace_auth_tokens t WHERE t.workspace_id = @workspace AND {Live})", new { workspace });

    /// <summary>Whether the token is live, whichever workspace it belongs to.</summary>
    public static Task<bool> IsLiveAsync(NpgsqlConnection connection, string token) =>
        connection.ExecuteScalarAsync<bool>($"SELECT EXISTS (SELECT 1 FROM workspace_auth_tokens t WHERE t.token_hash = @hash AND {Live})", new { hash = TokenHash.Of(token) });

    /// <summary>Whether the token is live and the workspace's own; notes its use.</summary>
    public static async Task<bool> BelongsToAsync(NpgsqlConnection connection, string token, Guid workspace) =>
        await connection.ExecuteAsync(
            $"UPDATE workspace_auth_tokens t SET last_used_at = now() WHERE t.token_hash = @hash AND t.workspace_id = @workspace AND {Live}",
            new { hash = TokenHash.Of(token), workspace }) == 1;

    /// <summary>Whether the token was the workspace's own and has been revoked.</summary>
    public static Task<bool> WasRevokedAsync(NpgsqlConnection connection, string token, Guid workspace) => connection.ExecuteScalarAsync<bool>(
        "SELECT EXISTS (SELECT 1 FROM workspace_auth_tokens WHERE token_hash = @hash AND workspace_id = @workspace AND revoked_at IS NOT NULL)",
        new { hash = TokenHash.Of(token), workspace });

    /// <summary>The live tokens of a workspace, newest first, without their text.</summary>
    public static async Task<IReadOnlyList<TokenRow>> ListAsync(NpgsqlConnection connection, Guid workspace) => [.. await connection.QueryAsync<TokenRow>(
        $"""
        SELECT t.id AS "Id", t.prefix AS "Prefix", t.created_at AS "CreatedAt", t.last_used_at AS "LastUsedAt"
        FROM workspace_auth_tokens t WHERE t.workspace_id = @workspace AND {Live} ORDER BY t.created_at DESC, t.id
        """,
        new { workspace })];

    /// <summary>Revokes one token of a workspace; false where it has no live one of that id.</summary>
    public static async Task<bool> RevokeOneAsync(NpgsqlConnection connection, Guid workspace, Guid id) => await connection.ExecuteAsync(
        "UPDATE workspace_auth_tokens SET revoked_at = now() WHERE id = @id AND workspace_id = @workspace AND revoked_at IS NULL", new { id, workspace }) == 1;

    /// <summary>Revokes all tokens of workspaces.</summary>
    public static Task RevokeAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> workspaces) => connection.ExecuteAsync(
        "UPDATE workspace_auth_tokens SET revoked_at = now() WHERE workspace_id = ANY(@ids) AND revoked_at IS NULL", new { ids = workspaces.ToArray() });
}

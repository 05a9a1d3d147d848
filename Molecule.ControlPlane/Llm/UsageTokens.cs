using Dapper;
using Molecule.ControlPlane.Tokens;
using Npgsql;

namespace Molecule.ControlPlane.Llm;

/// <summary>The platform arm's usage tokens: one per start of a workspace, hashed, good only while the workspace lives (spec/runtimes-and-providers.md 3.8).</summary>
public static class UsageTokens
{
    /// <summary>Makes a token; those of earlier starts end.</summary>
    public static async Task<string> MintAsync(NpgsqlConnection connection, Guid workspace)
    {
        var token = TokenHash.NewToken();
        await RevokeAsync(connection, [workspace]);
        await connection.ExecuteAsync(
            "INSERT INTO workspace_usage_tokens (token_hash, workspace_id) VALUES (@hash, @workspace)", new { hash = TokenHash.Of(token), workspace });
        return token;
    }

    /// <summary>Whose a token is; null where it is good for nobody.</summary>
    public static Task<UsageOwner?> OwnerAsync(NpgsqlConnection connection, string token) => connection.QuerySingleOrDefaultAsync<UsageOwner?>(
        """
        SELECT t.workspace_id AS Workspace, w.provider AS Provider FROM workspace_usage_tokens t JOIN workspaces w ON w.id = t.workspace_id
        WHERE t.token_hash = @hash AND t.revoked_at IS NULL AND w.status <> 'removed'
        """,
        new { hash = TokenHash.Of(token) });

    public static Task RevokeAsync(NpgsqlConnection connection, IReadOnlyCollection<Guid> workspaces) => connection.ExecuteAsync(
        "UPDATE workspace_usage_tokens SET revoked_at = now() WHERE workspace_id = ANY(@ids) AND revoked_at IS NULL", new { ids = workspaces.ToArray() });
}

/// <summary>A usage token's owner.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Provider">Its arm.</param>
public sealed record UsageOwner(Guid Workspace, string? Provider);

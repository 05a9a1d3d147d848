using Dapper;
using Npgsql;

namespace Molecule.ControlPlane.Tokens;

/// <summary>Org API tokens: as good as the admin token, revocable one by one (spec/control-plane.md 2.1).</summary>
public static class OrgTokenStore
{
    /// <summary>Makes a token. The plain text is nowhere else.</summary>
    public static async Task<(Guid Id, string Token)> MintAsync(NpgsqlConnection connection, string? name)
    {
        var token = TokenHash.NewToken();
        var id = await connection.ExecuteScalarAsync<Guid>(
            "INSERT INTO org_api_tokens (token_hash, prefix, name, created_by) VALUES (@hash, @prefix, @name, 'admin') RETURNING id",
            new { hash = TokenHash.Of(token), prefix = token[..8], name });
        return (id, token);
    }

    /// <summary>Whether the token is live; notes its use.</summary>
    public static async Task<bool> IsLiveAsync(NpgsqlConnection connection, string token) => await connection.ExecuteAsync(
        "UPDATE org_api_tokens SET last_used_at = now() WHERE token_hash = @hash AND revoked_at IS NULL", new { hash = TokenHash.Of(token) }) == 1;

    /// <summary>What a live token is known by; null where it is none.</summary>
    public static Task<string?> PrefixAsync(NpgsqlConnection connection, string token) => connection.QuerySingleOrDefaultAsync<string?>(
        "SELECT prefix FROM org_api_tokens WHERE token_hash = @hash AND revoked_at IS NULL", new { hash = TokenHash.Of(token) });

    /// <summary>The live tokens, newest first, without their text.</summary>
    public static async Task<IReadOnlyList<TokenRow>> ListAsync(NpgsqlConnection connection) => [.. await connection.QueryAsync<TokenRow>(
        """
        SELECT id AS "Id", prefix AS "Prefix", name AS "Name", created_at AS "CreatedAt", last_used_at AS "LastUsedAt"
        FROM org_api_tokens WHERE revoked_at IS NULL ORDER BY created_at DESC, id
        """)];

    /// <summary>Revokes a token; false where there is no live one of that id.</summary>
    public static async Task<bool> RevokeAsync(NpgsqlConnection connection, Guid id) =>
        await connection.ExecuteAsync("UPDATE org_api_tokens SET revoked_at = now() WHERE id = @id AND revoked_at IS NULL", new { id }) == 1;
}

/// <summary>A token as it is listed.</summary>
public sealed record TokenRow
{
    public Guid Id { get; init; }

    public required string Prefix { get; init; }

    public string? Name { get; init; }

    public DateTime CreatedAt { get; init; }

    public DateTime? LastUsedAt { get; init; }
}

using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Memories;

/// <summary>A workspace's scratchpad: JSON values by key, with versions and an end (spec/control-plane.md 3.5).</summary>
public static class KeyValueEndpoints
{
    private const string Columns = """key AS "Key", value::text AS "Value", version AS "Version", expires_at AS "ExpiresAt", updated_at AS "UpdatedAt" """;

    public static void MapKeyValues(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/memory", ListAsync).RequireWorkspace();
        routes.MapPost("/workspaces/{id}/memory", SaveAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/memory/{key}", GetAsync).RequireWorkspace();
        routes.MapDelete("/workspaces/{id}/memory/{key}", DeleteAsync).RequireWorkspace();
    }

    private static async Task<IResult> ListAsync(string id, MoleculeDatabase database, TimeProvider time, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.Ok(Array.Empty<object>());
        }

        var rows = await database.QueryAsync(
            connection => connection.QueryAsync<Pair>(
                $"SELECT {Columns} FROM workspace_memory WHERE workspace_id = @workspace AND (expires_at IS NULL OR expires_at > @now) ORDER BY key", new { workspace, now = time.GetUtcNow() }),
            cancellation);
        return Reply.Ok(rows.Select(static row => row.ToItem()).ToArray());
    }

    private static async Task<IResult> GetAsync(string id, string key, MoleculeDatabase database, TimeProvider time, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace) && await database.QueryAsync(connection => FindAsync(connection, workspace, key, time.GetUtcNow()), cancellation) is { } pair
            ? Reply.Ok(pair.ToItem())
            : Reply.Error(StatusCodes.Status404NotFound, "key not found");

    private static async Task<IResult> SaveAsync(string id, HttpContext context, MoleculeDatabase database, TimeProvider time)
    {
        if (await RequestBody.ReadObjectAsync<PairBody>(context.Request, context.RequestAborted) is not { Key: { Length: > 0 } key, Value: { } value } body
            || body is { TtlSeconds: <= 0 } or { IfMatchVersion: < 0 })
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        return await database.TransactAsync(
            async connection =>
            {
                // The lock makes those that write at once take turns, so that a version is given once.
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is null)
                {
                    return Reply.WorkspaceNotFound();
                }

                var now = time.GetUtcNow();
                var current = (await FindAsync(connection, workspace, key, now))?.Version ?? 0;
                if (body.IfMatchVersion is { } expected && expected != current)
                {
                    return Reply.Json(
                        StatusCodes.Status409Conflict, new WireMap { ["error"] = "version mismatch", ["expected_version"] = expected, ["current_version"] = current });
                }

                var version = await connection.ExecuteScalarAsync<long>(
                    """
                    INSERT INTO workspace_memory (workspace_id, key, value, version, expires_at) VALUES (@workspace, @key, @json::jsonb, @version, @until)
                    ON CONFLICT (workspace_id, key) DO UPDATE SET value = EXCLUDED.value, version = EXCLUDED.version, expires_at = EXCLUDED.expires_at, updated_at = now()
                    RETURNING version
                    """,
                    new { workspace, key, json = value.GetRawText(), version = current + 1, until = body.TtlSeconds is { } seconds ? now.AddSeconds(seconds) : (DateTimeOffset?)null });
                return Reply.Ok(new WireMap { ["status"] = "ok", ["key"] = key, ["version"] = version });
            },
            context.RequestAborted);
    }

    private static async Task<IResult> DeleteAsync(string id, string key, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (Guid.TryParse(id, out var workspace))
        {
            await database.QueryAsync(connection => connection.ExecuteAsync("DELETE FROM workspace_memory WHERE workspace_id = @workspace AND key = @key", new { workspace, key }), cancellation);
        }

        return Reply.Ok(new WireMap { ["status"] = "deleted" });
    }

    // An expired pair is as if it were not there.
    private static Task<Pair?> FindAsync(NpgsqlConnection connection, Guid workspace, string key, DateTimeOffset now) => connection.QuerySingleOrDefaultAsync<Pair?>(
        $"SELECT {Columns} FROM workspace_memory WHERE workspace_id = @workspace AND key = @key AND (expires_at IS NULL OR expires_at > @now)", new { workspace, key, now });

    private sealed record PairBody(string? Key, JsonElement? Value, int? TtlSeconds, long? IfMatchVersion);

    private sealed record Pair
    {
        public required string Key { get; init; }

        public required string Value { get; init; }

        public long Version { get; init; }

        public DateTime? ExpiresAt { get; init; }

        public DateTime UpdatedAt { get; init; }

        public WireMap ToItem()
        {
            var item = new WireMap { ["key"] = Key, ["value"] = JsonElement.Parse(Value), ["version"] = Version, ["updated_at"] = UpdatedAt };
            if (ExpiresAt is { } end)
            {
                item["expires_at"] = end;
            }

            return item;
        }
    }
}

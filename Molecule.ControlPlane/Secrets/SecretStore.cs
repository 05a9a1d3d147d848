using System.Collections.Immutable;
using System.Text;
using Dapper;
using Molecule.ControlPlane.Secrets.Managed;
using Molecule.ControlPlane.Wire;
using Npgsql;

namespace Molecule.ControlPlane.Secrets;

/// <summary>The secrets of workspaces and the global ones below them (spec/control-plane.md 9.1).</summary>
public sealed class SecretStore(SecretCipher cipher, ManagedSecrets managed)
{
    // The encryption version of what the secrets manager holds: the row has a reference to it (docs/decisions/0025).
    private const int Held = 2;

    /// <summary>Writes secrets of a workspace; existing ones are replaced. Where they go to the secrets manager, all or none do.</summary>
    /// <exception cref="SecretTooLargeException">One is larger than the secrets manager takes; nothing has been written.</exception>
    /// <exception cref="Aws.AwsException">The secrets manager did not take them.</exception>
    public async Task SaveAsync(NpgsqlConnection connection, Guid workspace, IReadOnlyDictionary<string, string> values, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(values);
        var wish = values.GetValueOrDefault(ManagedSecrets.Delivery) ?? await WishAsync(connection, workspace);
        foreach (var (key, value) in values.Where(pair => managed.Takes(pair.Key, pair.Value, wish)))
        {
            ManagedSecrets.EnsureFits(key, value);
        }

        var isGranted = false;
        foreach (var (key, value) in values)
        {
            if (!managed.Takes(key, value, wish))
            {
                await SaveAsync(connection, workspace, key, value);
                continue;
            }

            if (!isGranted)
            {
                await managed.GrantAsync(workspace, cancellation);
                isGranted = true;
            }

            await managed.WriteAsync(workspace, key, value, cancellation);
            await WriteAsync(connection, workspace, key, Encoding.UTF8.GetBytes(ManagedSecrets.ReferenceTo(workspace, key)), Held);
        }
    }

    /// <summary>Writes a secret that the control plane itself has to read; an existing one is replaced.</summary>
    public Task SaveAsync(NpgsqlConnection connection, Guid workspace, string key, string value)
    {
        var (stored, version) = cipher.Encrypt(value);
        return WriteAsync(connection, workspace, key, stored, version);
    }

    /// <summary>Deletes what the secrets manager may have taken of a workspace that was not created after all. Ends with what went wrong, or null.</summary>
    public async Task<string?> AbandonAsync(Guid workspace, IEnumerable<string> keys)
    {
        try
        {
            await managed.ForgetAsync(workspace, keys, CancellationToken.None);
            return null;
        }
        catch (Aws.AwsException e)
        {
            return e.Message;
        }
    }

    private async Task<string?> WishAsync(NpgsqlConnection connection, Guid workspace) =>
        await connection.QuerySingleOrDefaultAsync<StoredSecret>(
            "SELECT key, encrypted_value AS Stored, encryption_version AS Version, true AS IsOwn FROM workspace_secrets WHERE workspace_id = @workspace AND key = @key",
            new { workspace, key = ManagedSecrets.Delivery }) is { } row
            ? cipher.Decrypt(row.Stored, row.Version)
            : null;

    private static Task<int> WriteAsync(NpgsqlConnection connection, Guid workspace, string key, byte[] stored, int version) =>
        connection.ExecuteAsync(
            """
            INSERT INTO workspace_secrets (workspace_id, key, encrypted_value, encryption_version) VALUES (@workspace, @key, @stored, @version)
            ON CONFLICT (workspace_id, key) DO UPDATE SET encrypted_value = EXCLUDED.encrypted_value, encryption_version = EXCLUDED.encryption_version, updated_at = now()
            """,
            new { workspace, key, stored, version });

    /// <summary>Deletes a workspace's secret, at the secrets manager too where that holds it; false where there was none.</summary>
    /// <exception cref="Aws.AwsException">The secrets manager did not delete it; neither must the caller then.</exception>
    public async Task<bool> DeleteAsync(NpgsqlConnection connection, Guid workspace, string key, CancellationToken cancellation)
    {
        var version = await connection.QuerySingleOrDefaultAsync<int?>(
            "DELETE FROM workspace_secrets WHERE workspace_id = @workspace AND key = @key RETURNING encryption_version", new { workspace, key });
        if (version is Held)
        {
            await managed.DeleteAsync(workspace, key, cancellation);
        }

        return version is not null;
    }

    /// <summary>Deletes all that the secrets manager holds of a workspace which is gone.</summary>
    /// <exception cref="Aws.AwsException">Some of it is still there.</exception>
    public async Task ForgetHeldAsync(NpgsqlConnection connection, Guid workspace, CancellationToken cancellation)
    {
        var keys = (await connection.QueryAsync<string>("DELETE FROM workspace_secrets WHERE workspace_id = @workspace AND encryption_version = @Held RETURNING key", new { workspace, Held })).ToList();
        if (keys.Count > 0)
        {
            await managed.ForgetAsync(workspace, keys, cancellation);
        }
    }

    /// <summary>The keys of a workspace with those of the global secrets that it does not override.</summary>
    public static async Task<IReadOnlyList<SecretKey>> ListAsync(NpgsqlConnection connection, Guid workspace) => [.. await connection.QueryAsync<SecretKey>(
        """
        SELECT key, 'workspace' AS scope, created_at AS CreatedAt, updated_at AS UpdatedAt FROM workspace_secrets WHERE workspace_id = @workspace
        UNION ALL
        SELECT key, 'global', created_at, updated_at FROM global_secrets g
        WHERE NOT EXISTS (SELECT 1 FROM workspace_secrets s WHERE s.workspace_id = @workspace AND s.key = g.key)
        ORDER BY key
        """,
        new { workspace })];

    /// <summary>Writes a global secret; an existing one is replaced.</summary>
    public Task SaveGlobalAsync(NpgsqlConnection connection, string key, string value)
    {
        var (stored, version) = cipher.Encrypt(value);
        return connection.ExecuteAsync(
            """
            INSERT INTO global_secrets (key, encrypted_value, encryption_version) VALUES (@key, @stored, @version)
            ON CONFLICT (key) DO UPDATE SET encrypted_value = EXCLUDED.encrypted_value, encryption_version = EXCLUDED.encryption_version, updated_at = now()
            """,
            new { key, stored, version });
    }

    /// <summary>Deletes a global secret; false where there was none.</summary>
    public static async Task<bool> DeleteGlobalAsync(NpgsqlConnection connection, string key) =>
        await connection.ExecuteAsync("DELETE FROM global_secrets WHERE key = @key", new { key }) > 0;

    /// <summary>The keys of the global secrets.</summary>
    public static async Task<IReadOnlyList<SecretKey>> ListGlobalAsync(NpgsqlConnection connection) => [.. await connection.QueryAsync<SecretKey>(
        "SELECT key, 'global' AS scope, created_at AS CreatedAt, updated_at AS UpdatedAt FROM global_secrets ORDER BY key")];

    /// <summary>The names of the global secrets.</summary>
    public static async Task<ImmutableHashSet<string>> GlobalKeysAsync(NpgsqlConnection connection) =>
        [.. await connection.QueryAsync<string>("SELECT key FROM global_secrets")];

    /// <summary>The values that a workspace sees.</summary>
    public async Task<SecretValues> ReadAsync(NpgsqlConnection connection, Guid workspace)
    {
        var rows = await connection.QueryAsync<StoredSecret>(
            """
            SELECT key, encrypted_value AS Stored, encryption_version AS Version, false AS IsOwn FROM global_secrets
            UNION ALL
            SELECT key, encrypted_value, encryption_version, true FROM workspace_secrets WHERE workspace_id = @workspace
            ORDER BY 4
            """,
            new { workspace });

        // The workspace's own come last and so override the global ones.
        var values = ImmutableSortedDictionary.CreateBuilder<string, SecretValue>(StringComparer.Ordinal);
        var failed = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            failed.Remove(row.Key);
            values.Remove(row.Key);
            if (row.Version is Held)
            {
                values[row.Key] = new SecretValue(Encoding.UTF8.GetString(row.Stored), row.IsOwn) { IsHeld = true };
            }
            else if (cipher.Decrypt(row.Stored, row.Version) is { } value)
            {
                values[row.Key] = new SecretValue(value, row.IsOwn);
            }
            else
            {
                failed.Add(row.Key);
            }
        }

        return new SecretValues(values.ToImmutable(), failed.ToImmutable());
    }

    private sealed record StoredSecret(string Key, byte[] Stored, int Version, bool IsOwn);
}

/// <summary>A secret without its value.</summary>
public sealed record SecretKey(string Key, string Scope, DateTime CreatedAt, DateTime UpdatedAt)
{
    /// <summary>As it is listed (spec/control-plane.md 3.7).</summary>
    public WireMap ToItem() => new()
    {
        ["key"] = Key,
        ["has_value"] = true,
        ["scope"] = Scope,
        ["created_at"] = CreatedAt,
        ["updated_at"] = UpdatedAt,
    };
}

/// <summary>Body of a write.</summary>
internal sealed record SecretBody(string? Key, string? Value)
{
    public override string ToString() => nameof(SecretBody);
}

/// <summary>A secret's value.</summary>
/// <param name="Value">Plain text.</param>
/// <param name="IsOwn">The workspace's own, not a global one.</param>
public sealed record SecretValue(string Value, bool IsOwn)
{
    /// <summary>The secrets manager holds it: <see cref="Value"/> is a reference, which its workspace alone can follow.</summary>
    public bool IsHeld { get; init; }

    public override string ToString() => $"SecretValue {{ IsOwn = {IsOwn} }}";
}

/// <summary>The secrets that a workspace sees.</summary>
/// <param name="Values">By name.</param>
/// <param name="Failed">Names of those that could not be decrypted.</param>
public sealed record SecretValues(ImmutableSortedDictionary<string, SecretValue> Values, ImmutableSortedSet<string> Failed);

using System.Text;
using Dapper;
using Molecule.ControlPlane.Workspaces;
using Npgsql;

namespace Molecule.ControlPlane.Files;

/// <summary>The platform's copy of a workspace's /configs. config.yaml is there from the start, made of the row (spec/control-plane.md 5.1), until somebody writes another.</summary>
public static class FileStore
{
    private const string ConfigFile = "config.yaml";

    /// <summary>A file's text; null where there is none.</summary>
    public static async Task<string?> ReadAsync(NpgsqlConnection connection, WorkspaceRow row, string path)
    {
        ArgumentNullException.ThrowIfNull(row);
        return await connection.ExecuteScalarAsync<string?>("SELECT content FROM workspace_files WHERE workspace_id = @Id AND path = @path", new { row.Id, path })
            ?? (path == ConfigFile ? Config(row) : null);
    }

    /// <summary>All files by path, with their size in bytes.</summary>
    public static async Task<IReadOnlyList<(string Path, int Size)>> ListAsync(NpgsqlConnection connection, WorkspaceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        var files = (await connection.QueryAsync<(string Path, int Size)>(
            """SELECT path, octet_length(content) FROM workspace_files WHERE workspace_id = @Id ORDER BY path COLLATE "C" """, new { row.Id })).ToList();
        if (!files.Exists(static file => file.Path == ConfigFile))
        {
            files.Add((ConfigFile, Encoding.UTF8.GetByteCount(Config(row))));
        }

        return files;
    }

    public static Task WriteAsync(NpgsqlConnection connection, Guid workspace, string path, string content) => connection.ExecuteAsync(
        """
        INSERT INTO workspace_files (workspace_id, path, content) VALUES (@workspace, @path, @content)
        ON CONFLICT (workspace_id, path) DO UPDATE SET content = EXCLUDED.content, updated_at = now()
        """,
        new { workspace, path, content });

    /// <summary>False where there was no such file.</summary>
    public static async Task<bool> DeleteAsync(NpgsqlConnection connection, Guid workspace, string path) =>
        await connection.ExecuteAsync("DELETE FROM workspace_files WHERE workspace_id = @workspace AND path = @path", new { workspace, path }) == 1;

    public static Task ClearAsync(NpgsqlConnection connection, Guid workspace) =>
        connection.ExecuteAsync("DELETE FROM workspace_files WHERE workspace_id = @workspace", new { workspace });

    private static string Config(WorkspaceRow row)
    {
        var text = new StringBuilder();
        text.Append("name: ").Append(Quoted(row.Name)).Append('\n');
        text.Append("description: ").Append(Quoted(row.Role ?? "")).Append('\n');
        text.Append("version: \"1.0.0\"\n");
        text.Append("tier: ").Append(row.Tier).Append('\n');
        text.Append("runtime: ").Append(row.Runtime).Append('\n');
        if (row.Model is { } model)
        {
            text.Append("model: ").Append(Quoted(model)).Append('\n');
        }

        return text.Append("runtime_config:\n  timeout: 0\n").ToString();
    }

    // YAML's double-quoted form is JSON's (https://yaml.org/spec/1.2.2/#732-flow-style).
    private static string Quoted(string text) => Encoding.UTF8.GetString(Wire.WireJson.Serialize(text).Span);
}

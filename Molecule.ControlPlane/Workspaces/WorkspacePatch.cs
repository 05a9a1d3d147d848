using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Wire;
using Npgsql;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>Body of PATCH /workspaces/:id: what is named changes, null clears where that is allowed, all else is ignored (spec/control-plane.md 3.2).</summary>
public sealed class WorkspacePatch
{
    private readonly Dictionary<string, object?> _columns = [];
    private readonly Dictionary<string, object> _layout = [];

    private WorkspacePatch()
    {
    }

    /// <summary>Reads a body.</summary>
    /// <param name="body">The JSON object.</param>
    /// <param name="problem">The error text where a field is wrong.</param>
    public static WorkspacePatch? Read(JsonElement body, out string? problem)
    {
        var patch = new WorkspacePatch();
        problem = body.ValueKind is JsonValueKind.Object ? patch.Fill(body) : "invalid request body";
        return problem is null ? patch : null;
    }

    /// <summary>Writes the changes of a locked row.</summary>
    /// <returns>Whether the workspace has to be restarted to see them.</returns>
    public async Task<bool> ApplyAsync(NpgsqlConnection connection, WorkspaceRow locked)
    {
        ArgumentNullException.ThrowIfNull(locked);
        if (_columns.Count > 0)
        {
            var values = new DynamicParameters(_columns);
            values.Add("id", locked.Id);
            await connection.ExecuteAsync(
                $"UPDATE workspaces SET {string.Join(", ", _columns.Keys.Select(static c => $"{c} = @{c}"))}, updated_at = now() WHERE id = @id", values);
        }

        if (_layout.Count > 0)
        {
            var values = new DynamicParameters(_layout);
            values.Add("id", locked.Id);
            await connection.ExecuteAsync(
                $"""
                INSERT INTO canvas_layouts (workspace_id, {string.Join(", ", _layout.Keys)}) VALUES (@id, {string.Join(", ", _layout.Keys.Select(static c => "@" + c))})
                ON CONFLICT (workspace_id) DO UPDATE SET {string.Join(", ", _layout.Keys.Select(static c => $"{c} = EXCLUDED.{c}"))}
                """,
                values);
        }

        return _columns.TryGetValue("workspace_dir", out var folder) && (string?)folder != locked.WorkspaceDir;
    }

    // The names of columns are written here and nowhere taken from the body.
    private string? Fill(JsonElement body)
    {
        foreach (var member in body.EnumerateObject())
        {
            var (name, value) = (member.Name, member.Value);
            var problem = name switch
            {
                "name" => Text(value, "name", 255, CreateRequest.IsPlain, isRequired: true),
                "role" => Text(value, "role", 1000, CreateRequest.IsPlain, isRequired: false),
                "runtime" => Text(value, "runtime", 100, CreateRequest.IsLine, isRequired: true),
                "tier" => value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out var tier) ? Set("tier", tier) : "tier must be a number",
                "parent_id" => value.ValueKind is JsonValueKind.Null ? Set("parent_id", null)
                    : value.ValueKind is JsonValueKind.String && value.TryGetGuid(out var parent) ? Set("parent_id", parent) : "parent_id must be a workspace ID or null",
                "workspace_dir" => value.ValueKind is JsonValueKind.Null ? Set("workspace_dir", null)
                    : value.ValueKind is JsonValueKind.String && CreateRequest.IsAllowedFolder(value.GetString()!) ? Set("workspace_dir", value.GetString()) : "invalid workspace directory",
                "collapsed" => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? Place("collapsed", value.GetBoolean()) : "collapsed must be true or false",
                "x" or "y" => value.ValueKind is JsonValueKind.Number && double.IsFinite(value.GetDouble()) ? Place(name, value.GetDouble()) : $"{name} must be a number",
                _ => null,
            };
            if (problem is not null)
            {
                return problem;
            }
        }

        return _layout.ContainsKey("x") == _layout.ContainsKey("y") ? null : "x and y go together";
    }

    private string? Text(JsonElement value, string column, int longest, Func<string?, int, bool> isRight, bool isRequired) => value switch
    {
        { ValueKind: JsonValueKind.Null } when !isRequired => Set(column, null),
        { ValueKind: JsonValueKind.String } when value.GetString() is { } text && isRight(text, longest) && (!isRequired || text.Length > 0) => Set(column, text),
        _ => $"invalid {column}",
    };

    private string? Set(string column, object? value)
    {
        _columns[column] = value;
        return null;
    }

    private string? Place(string column, object value)
    {
        _layout[column] = value;
        return null;
    }
}

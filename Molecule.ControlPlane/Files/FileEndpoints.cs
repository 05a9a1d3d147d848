using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Files;

/// <summary>A workspace's configuration files (spec/control-plane.md 3.8).</summary>
public static class FileEndpoints
{
    private const int MostFiles = 200;
    private const int DeepestList = 5;

    public static void MapFiles(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{id}/files", ListAsync).RequireWorkspace();
        routes.MapPut("/workspaces/{id}/files", ReplaceAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/files/{*path}", ReadAsync).RequireWorkspace();
        routes.MapPut("/workspaces/{id}/files/{*path}", WriteAsync).RequireWorkspace();
        routes.MapDelete("/workspaces/{id}/files/{*path}", DeleteAsync).RequireWorkspace();
    }

    private static async Task<IResult> ListAsync(string id, HttpRequest request, MoleculeDatabase database, CancellationToken cancellation)
    {
        var root = request.Query["root"].ToString() is { Length: > 0 } said ? said : FilePath.Roots[0];
        if (!FilePath.Roots.Contains(root))
        {
            return BadRequest($"root must be one of: {string.Join(", ", FilePath.Roots)}");
        }

        var depth = request.Query["depth"].ToString() is { Length: > 0 } text ? int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0 : 1;
        if (depth is < 1 or > DeepestList)
        {
            return BadRequest($"depth must be between 1 and {DeepestList}");
        }

        var under = "";
        if (request.Query["path"].ToString() is { Length: > 0 } path)
        {
            if (FilePath.Read(path.TrimEnd('/')) is { Problem: { } problem })
            {
                return BadRequest(problem);
            }

            under = path.TrimEnd('/') + "/";
        }

        // What the agent itself keeps lies on its node and is not shown here.
        var files = root == FilePath.Roots[0] && Guid.TryParse(id, out var workspace)
            ? await database.QueryAsync(
                async connection => await WorkspaceStore.FindAsync(connection, workspace) is { Status: not WorkspaceStatus.Removed } row ? await FileStore.ListAsync(connection, row) : [], cancellation)
            : [];
        return Reply.Ok(Entries(files, under, depth).Select(static entry => new WireMap { ["path"] = entry.Key, ["size"] = entry.Value ?? 0, ["dir"] = entry.Value is null }).ToArray());
    }

    // Folders are what files lie in: each is listed once, down to the asked depth.
    private static SortedDictionary<string, int?> Entries(IReadOnlyList<(string Path, int Size)> files, string under, int depth)
    {
        var entries = new SortedDictionary<string, int?>(StringComparer.Ordinal);
        foreach (var (path, size) in files.Where(file => file.Path.StartsWith(under, StringComparison.Ordinal)))
        {
            var parts = path[under.Length..].Split('/');
            for (var n = 1; n <= Math.Min(parts.Length, depth); n++)
            {
                entries[under + string.Join('/', parts[..n])] = n == parts.Length ? size : null;
            }
        }

        return entries;
    }

    private static async Task<IResult> ReadAsync(string id, string path, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (FilePath.Read(path) is { Problem: { } problem })
        {
            return BadRequest(problem);
        }

        var content = Guid.TryParse(id, out var workspace)
            ? await database.QueryAsync(
                async connection => await WorkspaceStore.FindAsync(connection, workspace) is { Status: not WorkspaceStatus.Removed } row ? await FileStore.ReadAsync(connection, row, path) : null, cancellation)
            : null;
        return content is null
            ? Reply.Error(StatusCodes.Status404NotFound, "file not found (container offline, no template)")
            : Reply.Ok(new WireMap { ["path"] = path, ["content"] = content, ["size"] = Encoding.UTF8.GetByteCount(content) });
    }

    private static async Task<IResult> WriteAsync(string id, string path, HttpContext context, MoleculeDatabase database)
    {
        if (FilePath.Read(path) is { Problem: { } problem })
        {
            return BadRequest(problem);
        }

        if (await RequestBody.ReadObjectAsync<FileBody>(context.Request, context.RequestAborted) is not { Content: { } content })
        {
            return BadRequest("invalid request body");
        }

        return await ChangeAsync(id, database, async (connection, workspace) =>
        {
            await FileStore.WriteAsync(connection, workspace, path, content);
            return Reply.Ok(new WireMap { ["status"] = "saved", ["path"] = path });
        }, context.RequestAborted);
    }

    private static async Task<IResult> ReplaceAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        if (await RequestBody.ReadObjectAsync<FilesBody>(context.Request, context.RequestAborted) is not { Files: { } files } || files.Values.Any(static content => content is null))
        {
            return BadRequest("invalid request body");
        }

        if (files.Count > MostFiles)
        {
            return BadRequest($"at most {MostFiles} files");
        }

        foreach (var path in files.Keys)
        {
            if (FilePath.Read(path) is { Problem: { } problem })
            {
                return BadRequest($"{problem}: {path}");
            }
        }

        return await ChangeAsync(id, database, async (connection, workspace) =>
        {
            await FileStore.ClearAsync(connection, workspace);
            foreach (var (path, content) in files)
            {
                await FileStore.WriteAsync(connection, workspace, path, content);
            }

            return Reply.Ok(new WireMap { ["status"] = "replaced", ["workspace"] = workspace, ["files"] = files.Count, ["source"] = "volume" });
        }, context.RequestAborted);
    }

    // The product answers every delete with 400, a defect (14.1, item 3).
    private static async Task<IResult> DeleteAsync(string id, string path, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (FilePath.Read(path) is { Problem: { } problem })
        {
            return BadRequest(problem);
        }

        return await ChangeAsync(id, database, async (connection, workspace) => await FileStore.DeleteAsync(connection, workspace, path)
            ? Reply.Ok(new WireMap { ["status"] = "deleted", ["path"] = path })
            : Reply.Error(StatusCodes.Status404NotFound, "file not found"), cancellation);
    }

    private static Task<IResult> ChangeAsync(string id, MoleculeDatabase database, Func<Npgsql.NpgsqlConnection, Guid, Task<IResult>> change, CancellationToken cancellation) =>
        database.TransactAsync(
            async connection => Guid.TryParse(id, out var workspace) && await WorkspaceStore.LockAsync(connection, workspace) is { Status: not WorkspaceStatus.Removed }
                ? await change(connection, workspace)
                : Reply.WorkspaceNotFound(),
            cancellation);

    private static IResult BadRequest(string problem) => Reply.Error(StatusCodes.Status400BadRequest, problem);

    private sealed record FileBody(string? Content);

    private sealed record FilesBody(ImmutableDictionary<string, string>? Files);
}

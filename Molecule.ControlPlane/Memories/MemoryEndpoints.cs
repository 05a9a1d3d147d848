using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Molecule.ControlPlane.Activity;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Memories;

/// <summary>What agents remember: for themselves, their team, or all (spec/control-plane.md 3.5, 9.2).</summary>
public static class MemoryEndpoints
{
    private const int Most = 50;
    private const int LongestNamespace = 50;

    private static readonly string[] Scopes = ["LOCAL", "TEAM", MemoryRow.Global];

    public static void MapMemories(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/memories", AddAsync).RequireWorkspace();
        routes.MapGet("/workspaces/{id}/memories", ListAsync).RequireWorkspace();
        routes.MapDelete("/workspaces/{id}/memories/{memory}", DeleteAsync).RequireWorkspace();
    }

    private static async Task<IResult> AddAsync(string id, HttpContext context, MoleculeDatabase database)
    {
        if (await RequestBody.ReadObjectAsync<MemoryBody>(context.Request, context.RequestAborted) is not { Content: { Length: > 0 } content, Scope: { Length: > 0 } scope } body)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        if (!Scopes.Contains(scope))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "scope must be LOCAL, TEAM, or GLOBAL");
        }

        var space = string.IsNullOrEmpty(body.Namespace) ? "general" : body.Namespace;
        if (space.Length > LongestNamespace)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, $"namespace must be at most {LongestNamespace} characters");
        }

        return await database.TransactAsync(
            async connection =>
            {
                if (!Guid.TryParse(id, out var workspace) || await WorkspaceStore.LockAsync(connection, workspace) is not { } row)
                {
                    return Reply.WorkspaceNotFound();
                }

                if (scope == MemoryRow.Global && row.ParentId is not null)
                {
                    return Reply.Error(StatusCodes.Status403Forbidden, "only a root workspace may write GLOBAL memories");
                }

                var kept = MemoryRow.Keep(content);
                var memory = await MemoryStore.AddAsync(connection, workspace, kept, scope, space);
                if (scope == MemoryRow.Global)
                {
                    await ActivityStore.AddAsync(connection, Audit(workspace, memory, space, kept));
                }

                return Reply.Created(new WireMap { ["id"] = memory, ["scope"] = scope, ["namespace"] = space });
            },
            context.RequestAborted);
    }

    // All read it: who wrote what is on record, without the text itself (9.2).
    private static ActivityRow Audit(Guid workspace, Guid memory, string space, string kept) => new()
    {
        WorkspaceId = workspace,
        ActivityType = "memory_write_global",
        SourceId = workspace.ToString(),
        Summary = $"GLOBAL memory {memory}",
        RequestBody = Encoding.UTF8.GetString(WireJson.Serialize(new WireMap
        {
            ["memory_id"] = memory,
            ["namespace"] = space,
            ["content_sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(kept))),
        }).Span),
        Status = "ok",
    };

    private static async Task<IResult> ListAsync(string id, HttpRequest request, MoleculeDatabase database, CancellationToken cancellation)
    {
        if (!Guid.TryParse(id, out var workspace))
        {
            return Reply.Ok(Array.Empty<object>());
        }

        var limit = int.TryParse(request.Query["limit"], CultureInfo.InvariantCulture, out var asked) && asked > 0 ? Math.Min(asked, Most) : Most;
        var rows = await database.QueryAsync(
            connection => MemoryStore.ListAsync(connection, workspace, Text(request, "scope"), Text(request, "q"), Text(request, "namespace"), limit), cancellation);
        return Reply.Ok(rows.Select(static row => row.ToItem()).ToArray());
    }

    private static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    private static async Task<IResult> DeleteAsync(string id, string memory, MoleculeDatabase database, CancellationToken cancellation) =>
        Guid.TryParse(id, out var workspace) && Guid.TryParse(memory, out var which)
            && await database.QueryAsync(connection => MemoryStore.DeleteAsync(connection, workspace, which), cancellation)
            ? Reply.Ok(new WireMap { ["status"] = "deleted" })
            : Reply.Error(StatusCodes.Status404NotFound, "memory not found");

    private sealed record MemoryBody(string? Content, string? Scope, string? Namespace);
}

using System.Text;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Instructions;

/// <summary>What the platform tells all agents, or one workspace's (spec/control-plane.md 3.5).</summary>
public static class InstructionEndpoints
{
    private const string Columns =
        """
        SELECT id AS "Id", scope AS "Scope", scope_target AS "ScopeTarget", title AS "Title", content AS "Content", priority AS "Priority", enabled AS "Enabled", created_at AS "CreatedAt", updated_at AS "UpdatedAt"
        FROM platform_instructions
        """;

    public static void MapInstructions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instructions", ListAsync).RequireAdmin();
        routes.MapPost("/instructions", AddAsync).RequireAdmin();
        routes.MapPut("/instructions/{instruction}", ChangeAsync).RequireAdmin();
        routes.MapDelete("/instructions/{instruction}", DeleteAsync).RequireAdmin();
        routes.MapGet("/workspaces/{id}/instructions/resolve", ResolveAsync).RequireWorkspace();
    }

    private static async Task<IResult> ListAsync(HttpRequest request, MoleculeDatabase database, CancellationToken cancellation)
    {
        var scope = request.Query["scope"].ToString();
        var rows = await database.QueryAsync(
            connection => connection.QueryAsync<Instruction>($"{Columns} WHERE @scope = '' OR scope = @scope ORDER BY scope, priority DESC, created_at, id", new { scope }), cancellation);
        return Reply.Ok(rows.Select(static row => row.ToItem()).ToArray());
    }

    private static async Task<IResult> AddAsync(HttpContext context, MoleculeDatabase database)
    {
        var body = await RequestBody.ReadObjectAsync<InstructionBody>(context.Request, context.RequestAborted);
        if ((body is null ? "invalid request body" : body.Problem(isWhole: true)) is { } problem)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, problem);
        }

        var id = await database.QueryAsync(
            connection => connection.ExecuteScalarAsync<Guid>(
                """
                INSERT INTO platform_instructions (scope, scope_target, title, content, priority, enabled)
                VALUES (@Scope, @ScopeTarget, @Title, @Content, COALESCE(@Priority, 0), COALESCE(@Enabled, true)) RETURNING id
                """,
                body),
            context.RequestAborted);
        return Reply.Created(new WireMap { ["id"] = id });
    }

    private static async Task<IResult> ChangeAsync(string instruction, HttpContext context, MoleculeDatabase database)
    {
        var body = await RequestBody.ReadObjectAsync<InstructionBody>(context.Request, context.RequestAborted);
        if ((body is null ? "invalid request body" : body.Problem(isWhole: false)) is { } problem)
        {
            return Reply.Error(StatusCodes.Status400BadRequest, problem);
        }

        var isChanged = Guid.TryParse(instruction, out var id) && await database.QueryAsync(
            connection => connection.ExecuteAsync(
                """
                UPDATE platform_instructions SET title = COALESCE(@Title, title), content = COALESCE(@Content, content), priority = COALESCE(@Priority, priority),
                    enabled = COALESCE(@Enabled, enabled), updated_at = now()
                WHERE id = @id
                """,
                new { body!.Title, body.Content, body.Priority, body.Enabled, id }),
            context.RequestAborted) == 1;
        return isChanged ? Reply.Ok(new WireMap { ["status"] = "updated" }) : NotFound();
    }

    private static async Task<IResult> DeleteAsync(string instruction, MoleculeDatabase database, CancellationToken cancellation) =>
        Guid.TryParse(instruction, out var id)
            && await database.QueryAsync(connection => connection.ExecuteAsync("DELETE FROM platform_instructions WHERE id = @id", new { id }), cancellation) == 1
            ? Reply.Ok(new WireMap { ["status"] = "deleted" })
            : NotFound();

    // Global ones first: what is said of one workspace has the last word.
    private static async Task<IResult> ResolveAsync(string id, MoleculeDatabase database, CancellationToken cancellation)
    {
        var rows = await database.QueryAsync(
            connection => connection.QueryAsync<Instruction>(
                $"{Columns} WHERE enabled AND (scope = 'global' OR (scope = 'workspace' AND scope_target = @id)) ORDER BY scope, priority DESC, created_at, id", new { id }),
            cancellation);
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            text.Append(text.Length > 0 ? "\n" : "").Append("## ").Append(row.Title).Append("\n\n").Append(row.Content).Append('\n');
        }

        return Reply.Ok(new WireMap { ["workspace_id"] = id, ["instructions"] = text.ToString() });
    }

    private static IResult NotFound() => Reply.Error(StatusCodes.Status404NotFound, "instruction not found");

    private sealed record InstructionBody
    {
        private const int LongestTitle = 200;
        private const int LongestContent = 8192;

        public string? Scope { get; init; }

        public string? ScopeTarget { get; init; }

        public string? Title { get; init; }

        public string? Content { get; init; }

        public int? Priority { get; init; }

        public bool? Enabled { get; init; }

        /// <param name="isWhole">Whether all that a new one needs must be there.</param>
        public string? Problem(bool isWhole) => this switch
        {
            _ when isWhole && Scope is not ("global" or "workspace") => "scope must be 'global' or 'workspace'",
            { Scope: "workspace", ScopeTarget: null or "" } when isWhole => "scope_target is required for scope 'workspace'",
            _ when isWhole && (string.IsNullOrEmpty(Title) || string.IsNullOrEmpty(Content)) => "title and content are required",
            { Title.Length: > LongestTitle } => $"title must be at most {LongestTitle} characters",
            { Content.Length: > LongestContent } => $"content must be at most {LongestContent} characters",
            _ => null,
        };
    }

    private sealed record Instruction
    {
        public Guid Id { get; init; }

        public required string Scope { get; init; }

        public string? ScopeTarget { get; init; }

        public required string Title { get; init; }

        public required string Content { get; init; }

        public int Priority { get; init; }

        public bool Enabled { get; init; }

        public DateTime CreatedAt { get; init; }

        public DateTime UpdatedAt { get; init; }

        public WireMap ToItem() => new()
        {
            ["id"] = Id,
            ["scope"] = Scope,
            ["scope_target"] = ScopeTarget,
            ["title"] = Title,
            ["content"] = Content,
            ["priority"] = Priority,
            ["enabled"] = Enabled,
            ["created_at"] = CreatedAt,
            ["updated_at"] = UpdatedAt,
        };
    }
}

using System.Text.Json;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Events;

/// <summary>The recorded events, newest first (spec/control-plane.md 3.8).</summary>
public static class EventEndpoints
{
    private const int Most = 100;

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/events", static (MoleculeDatabase database, CancellationToken cancellation) => ListAsync(database, null, cancellation)).RequireAdmin();
        routes.MapGet("/events/{workspace}", static (string workspace, MoleculeDatabase database, CancellationToken cancellation) => Guid.TryParse(workspace, out var id)
            ? ListAsync(database, id, cancellation)
            : Task.FromResult(Reply.Ok(Array.Empty<object>()))).RequireAdmin();
    }

    private static async Task<IResult> ListAsync(MoleculeDatabase database, Guid? workspace, CancellationToken cancellation)
    {
        var rows = await database.QueryAsync(
            connection => connection.QueryAsync<EventRow>(
                """
                SELECT id AS "Id", event_type AS "Type", workspace_id AS "WorkspaceId", payload::text AS "Payload", created_at AS "CreatedAt" FROM structure_events
                WHERE @workspace::uuid IS NULL OR workspace_id = @workspace ORDER BY created_at DESC, id LIMIT @Most
                """,
                new { workspace, Most }),
            cancellation);
        return Reply.Ok(rows.Select(static row => new WireMap
        {
            ["id"] = row.Id,
            ["event_type"] = row.Type,
            ["workspace_id"] = row.WorkspaceId,
            ["payload"] = JsonElement.Parse(row.Payload ?? "{}"),
            ["created_at"] = row.CreatedAt,
        }).ToArray());
    }

    private sealed record EventRow
    {
        public Guid Id { get; init; }

        public required string Type { get; init; }

        public Guid? WorkspaceId { get; init; }

        public string? Payload { get; init; }

        public DateTime CreatedAt { get; init; }
    }
}

using System.Globalization;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.A2a;

/// <summary>The way to an agent, and the queue before it (spec/control-plane.md 3.1, 6).</summary>
public static class A2aEndpoints
{
    private const int DefaultMinutes = 60;

    public static void MapA2a(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/workspaces/{id}/a2a", static (string id, HttpContext context, A2aProxy proxy) => proxy.ForwardAsync(id, context));
        routes.MapPost("/admin/a2a-queue/drop-stale", DropStaleAsync).RequireAdmin();
    }

    private static async Task<IResult> DropStaleAsync(HttpRequest request, MoleculeDatabase database, CancellationToken cancellation)
    {
        var text = request.Query["max_age_minutes"].ToString();
        var minutes = DefaultMinutes;
        if (text.Length > 0 && (!int.TryParse(text, CultureInfo.InvariantCulture, out minutes) || minutes <= 0))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "max_age_minutes must be a positive integer");
        }

        var of = request.Query["workspace_id"].ToString();
        Guid? workspace = null;
        if (of.Length > 0)
        {
            if (!Guid.TryParse(of, out var id))
            {
                return Reply.InvalidWorkspaceId();
            }

            workspace = id;
        }

        return Reply.Ok(new WireMap { ["dropped"] = await database.QueryAsync(connection => A2aQueue.DropStaleAsync(connection, minutes, workspace), cancellation) });
    }
}

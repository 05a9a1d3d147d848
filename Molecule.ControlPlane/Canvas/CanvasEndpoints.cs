using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Canvas;

/// <summary>What part of the canvas is looked at: one for all (spec/control-plane.md 3.8).</summary>
public static class CanvasEndpoints
{
    public static void MapCanvas(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/canvas/viewport", GetAsync);
        routes.MapPut("/canvas/viewport", PutAsync).RequireCanvasOrBearer();
    }

    private static async Task<IResult> GetAsync(MoleculeDatabase database, CancellationToken cancellation)
    {
        var saved = await database.QueryAsync(
            static connection => connection.QuerySingleOrDefaultAsync<Viewport>("""SELECT x AS "X", y AS "Y", zoom AS "Zoom" FROM canvas_viewport"""), cancellation);
        var (x, y, zoom) = saved is null ? (0d, 0d, 1d) : (saved.X, saved.Y, saved.Zoom);
        return Reply.Ok(new WireMap { ["x"] = x, ["y"] = y, ["zoom"] = zoom });
    }

    private static async Task<IResult> PutAsync(HttpContext context, MoleculeDatabase database)
    {
        if (await RequestBody.ReadObjectAsync<Viewport>(context.Request, context.RequestAborted) is not { } view || !double.IsFinite(view.X + view.Y + view.Zoom))
        {
            return Reply.Error(StatusCodes.Status400BadRequest, "invalid request body");
        }

        await database.QueryAsync(
            connection => connection.ExecuteAsync(
                """
                INSERT INTO canvas_viewport (x, y, zoom) VALUES (@X, @Y, @Zoom)
                ON CONFLICT (id) DO UPDATE SET x = EXCLUDED.x, y = EXCLUDED.y, zoom = EXCLUDED.zoom, saved_at = now()
                """,
                view),
            context.RequestAborted);
        return Reply.Ok(new WireMap { ["status"] = "saved" });
    }

    private sealed record Viewport
    {
        public double X { get; init; }

        public double Y { get; init; }

        public double Zoom { get; init; } = 1;
    }
}

namespace Molecule.ControlPlane.A2a;

/// <summary>The way to an agent (spec/control-plane.md 6).</summary>
public static class A2aEndpoints
{
    public static void MapA2a(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/workspaces/{id}/a2a", static (string id, HttpContext context, A2aProxy proxy) => proxy.ForwardAsync(id, context));
}

namespace Molecule.ControlPlane.Tokens;

/// <summary>Puts a rule before a route.</summary>
public static class AccessRuleFilters
{
    public static RouteHandlerBuilder RequireAdmin(this RouteHandlerBuilder route) => route.Require(static (rules, context) => rules.AdminAsync(context));

    public static RouteHandlerBuilder RequireWorkspace(this RouteHandlerBuilder route) => route.Require(static (rules, context) => rules.WorkspaceAsync(context));

    public static RouteHandlerBuilder RequireOwn(this RouteHandlerBuilder route) => route.Require(static (rules, context) => rules.OwnAsync(context));

    public static RouteHandlerBuilder RequireCanvasOrBearer(this RouteHandlerBuilder route) => route.Require(static (rules, context) => rules.CanvasOrBearerAsync(context));

    private static RouteHandlerBuilder Require(this RouteHandlerBuilder route, Func<AccessRules, HttpContext, Task<IResult?>> rule) =>
        route.AddEndpointFilter(async (invocation, next) =>
            await rule(invocation.HttpContext.RequestServices.GetRequiredService<AccessRules>(), invocation.HttpContext) ?? await next(invocation));
}

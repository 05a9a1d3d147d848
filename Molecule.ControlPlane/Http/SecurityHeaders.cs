namespace Molecule.ControlPlane.Http;

/// <summary>The security headers of every reply that gets past rate limit and tenant guard (spec/control-plane.md 1.1).</summary>
public static class SecurityHeaders
{
    private const string ApiPolicy = "default-src 'self'";

    private const string CanvasPolicy =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:";

    private static readonly string[] ApiPaths =
    [
        "/workspaces", "/registry", "/health", "/admin", "/metrics", "/settings", "/bundles", "/org", "/orgs", "/templates", "/plugins", "/webhooks", "/channels", "/ws", "/events", "/approvals",
    ];

    /// <summary>The middleware.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin";
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()";
        headers.StrictTransportSecurity = "max-age=31536000; includeSubDomains";
        headers.ContentSecurityPolicy = Array.Exists(ApiPaths, path => context.Request.Path.Value?.StartsWith(path, StringComparison.Ordinal) is true) ? ApiPolicy : CanvasPolicy;
        return next(context);
    }
}

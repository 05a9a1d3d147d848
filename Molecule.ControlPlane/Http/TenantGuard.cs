using Molecule.ControlPlane.Sessions;

namespace Molecule.ControlPlane.Http;

/// <summary>Where MOLECULE_ORG_ID is set, only requests of that organisation are served; all others get a bare 404 (spec/control-plane.md 2.4).</summary>
public sealed class TenantGuard(Settings settings)
{
    private static readonly string[] Open = ["/health", "/metrics", "/registry/register", "/registry/heartbeat"];

    /// <summary>The middleware.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        if (settings.OrgId.Length == 0 || IsOurs(context.Request))
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private bool IsOurs(HttpRequest request) =>
        request.Headers["X-Molecule-Org-Id"] is [{ } org, ..] && org == settings.OrgId
        || IsReplayed(request)
        || (settings.Sessions.HasCanvas && SameOriginCanvas.Asks(request))
        || Open.Contains(request.Path.Value, StringComparer.Ordinal)
        || request.Path.Value?.StartsWith("/cp/", StringComparison.Ordinal) is true;

    // "instance=abc;region=fra;state=<org>;t=1": Fly's own header, https://fly.io/docs/networking/dynamic-request-routing/
    private bool IsReplayed(HttpRequest request) =>
        request.Headers["Fly-Replay-Src"] is [{ } source, ..] && source.Split(';', StringSplitOptions.TrimEntries).Contains($"state={settings.OrgId}", StringComparer.Ordinal);
}

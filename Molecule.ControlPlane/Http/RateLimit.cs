using System.Globalization;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Http;

/// <summary>The limit per client address and minute, and the smaller one of POST /org/tokens (spec/control-plane.md 1.2). Forwarded headers are not trusted.</summary>
public sealed class RateLimit(Settings settings, TimeProvider time)
{
    private const int OrgTokensAnHour = 10;

    private readonly RequestWindows _all = new(settings.RateLimit, TimeSpan.FromMinutes(1), time);
    private readonly RequestWindows _orgTokens = new(OrgTokensAnHour, TimeSpan.FromHours(1), time);

    /// <summary>The middleware.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var headers = context.Response.Headers;
        if (settings.IsDevMode)
        {
            headers["X-RateLimit-Limit"] = "unlimited";
            return next(context);
        }

        var count = _all.Count(Address(context));
        headers["X-RateLimit-Limit"] = Text(count.Limit);
        headers["X-RateLimit-Remaining"] = Text(count.Remaining);
        headers["X-RateLimit-Reset"] = Text(count.ResetSeconds);
        return count.IsOver ? TooMany(count).ExecuteAsync(context) : next(context);
    }

    /// <summary>Counts a new org token; an answer where it is one too many.</summary>
    public IResult? RefuseOrgToken(HttpContext context) => _orgTokens.Count(Address(context)) is { IsOver: true } count && !settings.IsDevMode ? TooMany(count) : null;

    private static IResult TooMany(WindowCount count) =>
        Reply.RetryLater(StatusCodes.Status429TooManyRequests, count.ResetSeconds, new WireMap { ["error"] = "rate limit exceeded" });

    private static string Address(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

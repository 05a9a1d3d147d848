namespace Molecule.ControlPlane.Sessions;

/// <summary>Requests of the canvas that is served from the control plane's own origin (spec/control-plane.md 2.3).</summary>
public static class SameOriginCanvas
{
    /// <summary>Whether a page of the request's own host asks: its Referer or Origin names the host that it was sent to.</summary>
    /// <remarks>Any client can write these headers: it tells pages apart, not people, and only where CANVAS_PROXY_URL is set.</remarks>
    public static bool Asks(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Host.Value is { Length: > 0 } host && (Names(request.Headers.Referer, host) || Names(request.Headers.Origin, host));
    }

    // "http://localhost:8080/canvas?x=1" is of "localhost:8080"; "null" and a text that is no URL are of nobody.
    private static bool Names(IReadOnlyList<string?> header, string host) =>
        header is [{ } text, ..] && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Authority.Equals(host, StringComparison.OrdinalIgnoreCase);
}

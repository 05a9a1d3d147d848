using System.Collections.Frozen;

namespace Molecule.ControlPlane.Llm;

/// <summary>Which headers pass the proxy. Credentials and what belongs to one connection stay behind; the trace context is carried by the HTTP client itself.</summary>
internal static class LlmHeaders
{
    // Hop-by-hop: RFC 9110, 7.6.1.
    private static readonly FrozenSet<string> Connection = Set(
        "Connection", "Proxy-Connection", "Keep-Alive", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Proxy-Authenticate", "Proxy-Authorization");

    // Accept-Encoding too: a compressed answer could not be metered.
    private static readonly FrozenSet<string> StaysHere = Set(
        "Host", "Content-Length", "Content-Type", "Accept-Encoding", "Authorization", "x-api-key", "x-goog-api-key", "api-key", "Cookie", "ChatGPT-Account-Id",
        "OpenAI-Organization", "OpenAI-Project", "X-Workspace-ID", "traceparent", "tracestate", "baggage", "Request-Id", "Correlation-Context", "Forwarded", "Via", "Expect");

    private static readonly FrozenSet<string> StaysThere = Set(
        "Content-Length", "Content-Type", "Set-Cookie", "Server", "Date", "Alt-Svc", "Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options",
        "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy");

    public static void CopyTo(HttpRequest from, HttpRequestMessage to)
    {
        var named = Named(from.Headers.Connection);
        foreach (var (name, values) in from.Headers)
        {
            if (!Connection.Contains(name) && !StaysHere.Contains(name) && !named.Contains(name)
                && !name.StartsWith("X-Molecule-", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase))
            {
                to.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }
    }

    public static void CopyTo(HttpResponseMessage from, HttpResponse to)
    {
        var named = Named(from.Headers.Connection);
        foreach (var (name, values) in from.Headers.Concat(from.Content.Headers))
        {
            if (!Connection.Contains(name) && !StaysThere.Contains(name) && !named.Contains(name)
                && !name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase))
            {
                to.Headers[name] = values.ToArray();
            }
        }

        if (from.Content.Headers.ContentType is { } type)
        {
            to.ContentType = type.ToString();
        }
    }

    private static HashSet<string> Named(IEnumerable<string?> connection) =>
        connection.SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)).ToHashSet(StringComparer.OrdinalIgnoreCase);

    private static FrozenSet<string> Set(params IEnumerable<string> names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}

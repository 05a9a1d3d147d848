using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Molecule.ControlPlane.Http;

/// <summary>Counts requests for GET /metrics, in Prometheus's text format under the product's names (spec/control-plane.md 3.1).</summary>
/// <remarks>The go_ figures are the nearest ones of this runtime: dashboards of the product ask for them by name.</remarks>
public sealed class RequestMetrics(TimeProvider time)
{
    // Paths that no route has would be as many as their senders like.
    private const string Unrouted = "";

    private readonly ConcurrentDictionary<(string Method, string Path, int Status), long> _requests = new();
    private readonly ConcurrentDictionary<(string Method, string Path), long> _ticks = new();
    private int _webSockets;

    /// <summary>The middleware; outside of routing, so that refused requests are counted too.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var started = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var method = HttpMethods.IsGet(context.Request.Method) || Known(context.Request.Method) ? context.Request.Method : "OTHER";
            var path = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? Unrouted;
            _requests.AddOrUpdate((method, path, context.Response.StatusCode), 1, static (_, n) => n + 1);
            _ticks.AddOrUpdate((method, path), static (_, elapsed) => elapsed, static (_, sum, elapsed) => sum + elapsed, time.GetElapsedTime(started).Ticks);
        }
    }

    /// <summary>Counts a WebSocket for as long as the result is not disposed of.</summary>
    public IDisposable OpenWebSocket()
    {
        Interlocked.Increment(ref _webSockets);
        return new Closing(this);
    }

    /// <summary>The text of GET /metrics.</summary>
    public string Render()
    {
        var text = new StringBuilder();
        Gauge(text, "go_goroutines", ThreadPool.ThreadCount);
        Gauge(text, "go_memstats_alloc_bytes", GC.GetTotalMemory(forceFullCollection: false));
        Gauge(text, "go_memstats_sys_bytes", Environment.WorkingSet);
        text.AppendLine("# TYPE molecule_http_requests_total counter");
        foreach (var ((method, path, status), count) in Snapshot(_requests))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"molecule_http_requests_total{{method=\"{method}\",path=\"{Label(path)}\",status=\"{status}\"}} {count}");
        }

        text.AppendLine("# TYPE molecule_http_request_duration_seconds_total counter");
        foreach (var ((method, path), ticks) in Snapshot(_ticks))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"molecule_http_request_duration_seconds_total{{method=\"{method}\",path=\"{Label(path)}\"}} {TimeSpan.FromTicks(ticks).TotalSeconds}");
        }

        Gauge(text, "molecule_websocket_connections_active", Volatile.Read(ref _webSockets));
        return text.ToString();
    }

    // The dictionary's own ToArray: LINQ's ordering asks for its length first and copies it then, and it may have grown in between.
    private static IEnumerable<KeyValuePair<TKey, long>> Snapshot<TKey>(ConcurrentDictionary<TKey, long> counted)
        where TKey : notnull => counted.ToArray().OrderBy(static one => one.Key);

    private static bool Known(string method) => method is "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "HEAD";

    // The product's templates name parameters with a colon: /workspaces/:id.
    private static string Label(string path) => path.Replace("{", ":", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal);

    private static void Gauge(StringBuilder text, string name, long value) =>
        text.AppendLine(CultureInfo.InvariantCulture, $"# TYPE {name} gauge").AppendLine(CultureInfo.InvariantCulture, $"{name} {value}");

    private sealed class Closing(RequestMetrics metrics) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref metrics._webSockets);
    }
}

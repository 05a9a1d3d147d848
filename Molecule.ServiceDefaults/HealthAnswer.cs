using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>The body of a health answer: <c>{"run":"...","status":"ok"}</c>, or the failing checks by name.</summary>
internal static class HealthAnswer
{
    public static Task WriteAsync(HttpContext context, HealthReport report, string? run)
    {
        var body = new SortedDictionary<string, object?>(StringComparer.Ordinal)
        {
            ["status"] = report.Status is HealthStatus.Healthy ? "ok" : "unhealthy",
        };
        if (run is not null)
        {
            body["run"] = run;
        }

        if (report.Status is not HealthStatus.Healthy)
        {
            body["failing"] = report.Entries.Where(static e => e.Value.Status is not HealthStatus.Healthy)
                .ToDictionary(static e => e.Key, static e => e.Value.Description ?? e.Value.Exception?.Message ?? "");
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(JsonSerializer.Serialize(body), context.RequestAborted);
    }
}

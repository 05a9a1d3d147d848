using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Runs the health checks of every running resource, and says once a run that it is ready.</summary>
internal sealed class HealthMonitor(
    ResourceNotificationService notifications,
    IDistributedApplicationEventing eventing,
    HealthCheckService checks,
    IServiceProvider services,
    TimeProvider time,
    ILogger<HealthMonitor> logger)
{
    private static readonly TimeSpan AtFirst = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AtMostWhileUnhealthy = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan WhileHealthy = TimeSpan.FromSeconds(5);

    /// <summary>Follows the resources until the application stops.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var runs = new Dictionary<string, (DateTime? Started, CancellationTokenSource Cancel)>(StringComparer.OrdinalIgnoreCase);
        try
        {
            await foreach (var change in notifications.WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                var running = change.Snapshot.State?.Text == KnownResourceStates.Running;
                if (runs.TryGetValue(change.ResourceId, out var run) && (!running || run.Started != change.Snapshot.StartTimeStamp))
                {
                    await run.Cancel.CancelAsync().ConfigureAwait(false);
                    runs.Remove(change.ResourceId);
                }

                if (running && !runs.ContainsKey(change.ResourceId))
                {
                    var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                    runs[change.ResourceId] = (change.Snapshot.StartTimeStamp, cancel);
                    _ = MonitorAsync(change.Resource, change.ResourceId, cancel.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The application is stopping.
        }
        finally
        {
            foreach (var (_, cancel) in runs.Values)
            {
                await cancel.CancelAsync().ConfigureAwait(false);
                cancel.Dispose();
            }
        }
    }

    private async Task MonitorAsync(IResource resource, string resourceId, CancellationToken cancellationToken)
    {
        try
        {
            var keys = resource.TryGetAnnotationsIncludingAncestorsOfType<HealthCheckAnnotation>(out var annotations)
                ? annotations.Select(static a => a.Key).ToHashSet(StringComparer.Ordinal)
                : [];
            var ready = false;
            var pause = AtFirst;
            while (true)
            {
                var healthy = keys.Count == 0 || await CheckAsync(resource, resourceId, keys, cancellationToken).ConfigureAwait(false);
                if (healthy && !ready)
                {
                    ready = true;
                    var handlers = eventing.PublishAsync(new ResourceReadyEvent(resource, services), cancellationToken);
                    await notifications.PublishUpdateAsync(resource, resourceId, s => s with { Ready = new ReadyRun(handlers) }).ConfigureAwait(false);
                    _ = ObserveAsync(resource, handlers);
                }

                if (keys.Count == 0)
                {
                    return;
                }

                pause = healthy ? WhileHealthy : pause >= WhileHealthy ? AtFirst : TimeSpan.FromTicks(Math.Min(pause.Ticks * 5 / 4, AtMostWhileUnhealthy.Ticks));
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run has ended.
        }
        catch (Exception e)
        {
            // Nobody awaits a monitor: what is broken here would be a wait without end.
            logger.LogCritical(e, "The health of resource '{Resource}' is no longer watched.", resource.Name);
        }
    }

    // Whoever waits for the resource is told; perhaps nobody does.
    private async Task ObserveAsync(IResource resource, Task handlers)
    {
        await handlers.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (handlers.Exception is { } e)
        {
            logger.LogError(e.GetBaseException(), "A handler of the readiness of resource '{Resource}' failed.", resource.Name);
        }
    }

    private async Task<bool> CheckAsync(IResource resource, string resourceId, HashSet<string> keys, CancellationToken cancellationToken)
    {
        var report = await checks.CheckHealthAsync(r => keys.Contains(r.Name), cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var now = time.GetUtcNow().UtcDateTime;
        ImmutableArray<HealthReportSnapshot> reports =
        [
            .. keys.Select(key => report.Entries.TryGetValue(key, out var entry)
                ? new HealthReportSnapshot(key, entry.Status, entry.Description ?? entry.Exception?.Message, entry.Exception?.ToString()) { LastRunAt = now }
                : new HealthReportSnapshot(key, HealthStatus.Unhealthy, $"No health check is registered under '{key}'.", null) { LastRunAt = now }),
        ];
        await notifications.PublishUpdateAsync(
            resource, resourceId, s => s.State?.Text == KnownResourceStates.Running ? s with { HealthReports = reports } : s).ConfigureAwait(false);
        return reports.All(static r => r.Status == HealthStatus.Healthy);
    }
}

/// <summary>GET of a path of an endpoint.</summary>
internal sealed class HttpEndpointHealthCheck(Func<Uri?> address, int statusCode) : IHealthCheck
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, PooledConnectionLifetime = TimeSpan.FromMinutes(1) })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (address() is not { } url)
        {
            return HealthCheckResult.Unhealthy("The endpoint has no address yet.");
        }

        try
        {
            using var response = await Client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            return (int)response.StatusCode == statusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"GET {url} answered {(int)response.StatusCode} and not {statusCode}.");
        }
        catch (HttpRequestException e)
        {
            return HealthCheckResult.Unhealthy($"GET {url}: {e.Message}");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"GET {url}: no answer within {Client.Timeout.TotalSeconds} s.");
        }
    }
}

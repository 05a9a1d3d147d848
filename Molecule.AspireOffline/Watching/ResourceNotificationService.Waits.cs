using System.Text;
using Aspire.Hosting.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

public partial class ResourceNotificationService
{
    private const int LinesInAnError = 12;

    /// <summary>Waits for a state; null for running.</summary>
    public async Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        await WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken).ConfigureAwait(false);

    /// <summary>Waits for one of some states, and says which.</summary>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        string[] states = [.. targetStates];
        var reached = await WaitAsync(
            resourceName,
            e => e.Snapshot.State?.Text is { } state && states.Contains(state, StringComparer.OrdinalIgnoreCase),
            $"reach {string.Join(" or ", states)}",
            cancellationToken).ConfigureAwait(false);
        return reached.Snapshot.State!.Text;
    }

    /// <summary>Waits for a snapshot that satisfies a condition.</summary>
    public Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default) =>
        WaitAsync(resourceName, predicate, "satisfy the condition", cancellationToken);

    /// <summary>Waits until a resource runs, is healthy, and the handlers of its ResourceReadyEvent have returned.</summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, DefaultBehavior, cancellationToken);

    /// <summary>Waits until a resource runs, is healthy, and the handlers of its ResourceReadyEvent have returned.</summary>
    /// <exception cref="DistributedApplicationException">There is no such resource; or it has ended, and <paramref name="waitBehavior"/> says to stop then.</exception>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(
        string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        if (_services.GetService<DistributedApplicationModel>() is { } model && !model.Resources.TryGetByName(resourceName, out _)
            && !TryGetCurrentState(resourceName, out _))
        {
            throw new DistributedApplicationException(
                $"The resource '{resourceName}' was not found. There are: {string.Join(", ", model.Resources.Select(static r => r.Name))}.");
        }

        var reached = await WaitAsync(
            resourceName,
            e => IsHealthyAndAnnounced(e) || (waitBehavior == WaitBehavior.StopOnResourceUnavailable && HasFailed(e)),
            "become healthy",
            cancellationToken).ConfigureAwait(false);
        if (!IsHealthyAndAnnounced(reached))
        {
            throw new DistributedApplicationException(
                $"Stopped waiting for resource '{resourceName}' to become healthy because it failed to start. {Describe(reached)}");
        }

        await reached.Snapshot.Ready!.Handlers.WaitAsync(cancellationToken).ConfigureAwait(false);
        return reached;
    }

    /// <summary>Waits for everything that a resource has been told to wait for.</summary>
    /// <exception cref="DistributedApplicationException">One of them has failed.</exception>
    public async Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (!resource.TryGetAnnotationsOfType<WaitAnnotation>(out var waits))
        {
            return;
        }

        WaitAnnotation[] dependencies = [.. waits.Where(static w => w.Resource is not IResourceWithoutLifetime).DistinctBy(static w => (w.Resource, w.WaitType))];
        var open = dependencies.Select(static w => w.Resource.Name).ToList();
        await ShowWaitingAsync().ConfigureAwait(false);
        await Task.WhenAll(dependencies.Select(WaitForOneAsync)).ConfigureAwait(false);

        async Task WaitForOneAsync(WaitAnnotation wait)
        {
            await WaitForAsync(resource, wait, cancellationToken).ConfigureAwait(false);
            lock (open)
            {
                open.Remove(wait.Resource.Name);
            }

            await ShowWaitingAsync().ConfigureAwait(false);
        }

        Task ShowWaitingAsync()
        {
            string names;
            lock (open)
            {
                names = string.Join(", ", open);
            }

            return PublishUpdateAsync(resource, s => s with
            {
                State = KnownResourceStates.Waiting,
                Properties = s.Properties.Set(PropertyNames.WaitingFor, names),
            });
        }
    }

    private async Task WaitForAsync(IResource resource, WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var stops = (wait.WaitBehavior ?? DefaultBehavior) == WaitBehavior.StopOnResourceUnavailable;
        _logs.GetLogger(resource).LogWaiting(name, wait.WaitType);
        var reached = await WaitAsync(
            name,
            e => Reached(e, wait.WaitType) || (stops && HasFailed(e)),
            wait.WaitType == WaitType.WaitForCompletion ? "complete" : wait.WaitType == WaitType.WaitUntilStarted ? "start" : "become healthy",
            cancellationToken).ConfigureAwait(false);
        var why = wait.WaitType switch
        {
            WaitType.WaitForCompletion when Ended(reached) && reached.Snapshot.ExitCode is { } code && code != wait.ExitCode =>
                $"because it ended with exit code {code} and not {wait.ExitCode}",
            WaitType.WaitForCompletion when reached.Snapshot.State?.Text == KnownResourceStates.FailedToStart => "because it failed to start",
            _ when !Reached(reached, wait.WaitType) => "because it failed to start",
            _ => null,
        };
        if (why is not null)
        {
            throw new DistributedApplicationException(
                $"Resource '{resource.Name}' stopped waiting for dependency resource '{name}' {why}. {Describe(reached)}");
        }

        if (wait.WaitType == WaitType.WaitUntilHealthy)
        {
            await reached.Snapshot.Ready!.Handlers.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool Reached(ResourceEvent e, WaitType type) => type switch
    {
        WaitType.WaitForCompletion => Ended(e),
        WaitType.WaitUntilStarted => e.Snapshot.State?.Text == KnownResourceStates.Running,
        _ => IsHealthyAndAnnounced(e),
    };

    private static bool Ended(ResourceEvent e) => e.Snapshot.ExitCode is not null || KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text);

    private static bool IsHealthyAndAnnounced(ResourceEvent e) => e.Snapshot is { HealthStatus: HealthStatus.Healthy, Ready: not null };

    private static bool HasFailed(ResourceEvent e) =>
        e.Snapshot.State?.Text is { } state && (KnownResourceStates.TerminalStates.Contains(state) || state == KnownResourceStates.RuntimeUnhealthy);

    private async Task<ResourceEvent> WaitAsync(
        string resourceName, Func<ResourceEvent, bool> predicate, string aim, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(resourceName);
        try
        {
            await foreach (var change in WatchAsync(cancellationToken).ConfigureAwait(false))
            {
                if ((Named(change, resourceName) || string.Equals(change.ResourceId, resourceName, StringComparison.OrdinalIgnoreCase)) && predicate(change))
                {
                    return change;
                }
            }
        }
        catch (OperationCanceledException e)
        {
            var last = TryGetCurrentState(resourceName, out var current) ? Describe(current) : "Nothing was ever published about it.";
            throw new OperationCanceledException(
                $"Gave up waiting for resource '{resourceName}' to {aim}{(cancellationToken.IsCancellationRequested ? "" : ": the application is stopping")}. {last}",
                e,
                e.CancellationToken);
        }

        throw new OperationCanceledException($"The application has ended; resource '{resourceName}' did not {aim}.");
    }

    /// <summary>State, exit code, failing checks and the last lines of the log.</summary>
    private string Describe(ResourceEvent e)
    {
        var (snapshot, text) = (e.Snapshot, new StringBuilder());
        text.Append("State: ").Append(snapshot.State?.Text is { Length: > 0 } state ? state : "none").Append('.');
        if (snapshot.ExitCode is { } code)
        {
            text.Append(" Exit code: ").Append(code).Append('.');
        }

        foreach (var report in snapshot.HealthReports.Where(static r => r.Status != HealthStatus.Healthy))
        {
            text.Append(" Health check '").Append(report.Name).Append("': ").Append(report.Status?.ToString() ?? "not run yet");
            text.Append(report.Description is { Length: > 0 } why ? $" ({why})" : "").Append('.');
        }

        if (snapshot.Properties.FirstOrDefault(static p => p.Name == PropertyNames.WaitingFor)?.Value is string { Length: > 0 } waiting)
        {
            text.Append(" Waiting for: ").Append(waiting).Append('.');
        }

        foreach (var line in _logs.Last(e.Resource, LinesInAnError))
        {
            text.AppendLine().Append("  ").Append(line.Content);
        }

        return text.ToString();
    }
}

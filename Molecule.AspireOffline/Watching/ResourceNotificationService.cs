using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>How waits behave.</summary>
public sealed class ResourceNotificationServiceOptions
{
    /// <summary>What a waiting resource does once the awaited one has failed.</summary>
    public WaitBehavior DefaultWaitBehavior { get; set; }
}

/// <summary>The states of the resources: published, watched and waited for.</summary>
public partial class ResourceNotificationService : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];
    private readonly CancellationTokenSource _disposing = new();
    private readonly ILogger<ResourceNotificationService> _logger;
    private readonly IServiceProvider _services;
    private readonly ResourceLoggerService _logs;
    private readonly CancellationToken _stopping;

    /// <summary>Makes a service without a state.</summary>
    public ResourceNotificationService(
        ILogger<ResourceNotificationService> logger,
        IHostApplicationLifetime hostApplicationLifetime,
        IServiceProvider serviceProvider,
        ResourceLoggerService resourceLoggerService)
    {
        ArgumentNullException.ThrowIfNull(hostApplicationLifetime);
        _logger = logger;
        _services = serviceProvider;
        _logs = resourceLoggerService;
        _stopping = hostApplicationLifetime.ApplicationStopping;
    }

    private WaitBehavior DefaultBehavior =>
        _services.GetService<IOptions<ResourceNotificationServiceOptions>>()?.Value.DefaultWaitBehavior ?? WaitBehavior.StopOnResourceUnavailable;

    /// <summary>Changes a resource's snapshot; one that stays the same is not published.</summary>
    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        return PublishUpdateAsync(resource, resource.InstanceId(), stateFactory);
    }

    /// <summary>Changes the snapshot of one instance of a resource.</summary>
    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        ArgumentNullException.ThrowIfNull(resource);
        ArgumentNullException.ThrowIfNull(stateFactory);
        lock (_lock)
        {
            var known = _current.TryGetValue(resourceId, out var current);
            var before = known ? current!.Snapshot : FirstSnapshot(resource);
            var after = WithCommands(resource, stateFactory(before));
            if (known && after == before)
            {
                return Task.CompletedTask;
            }

            var change = new ResourceEvent(resource, resourceId, after);
            _current[resourceId] = change;
            _watchers.ForEach(w => w.Writer.TryWrite(change));
            if (after.State != before.State)
            {
                _logger.LogDebug("Resource {Resource}/{ResourceId} changed state: {Before} -> {After}", resource.Name, resourceId, before.State?.Text, after.State?.Text);
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>The last snapshot, by id or name.</summary>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            return _current.TryGetValue(resourceId, out resourceEvent)
                || (resourceEvent = _current.Values.LastOrDefault(e => Named(e, resourceId))) is not null;
        }
    }

    /// <summary>The last snapshot of each resource, then every change, until the application stops.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<ResourceEvent>(new UnboundedChannelOptions { SingleReader = true });
        lock (_lock)
        {
            foreach (var current in _current.Values)
            {
                channel.Writer.TryWrite(current);
            }

            _watchers.Add(channel);
        }

        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping, _disposing.Token);
        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(linked.Token).ConfigureAwait(false))
            {
                yield return change;
            }
        }
        finally
        {
            lock (_lock)
            {
                _watchers.Remove(channel);
            }
        }
    }

    /// <summary>Ends every watch.</summary>
    public void Dispose()
    {
        _disposing.Cancel();
        GC.SuppressFinalize(this);
    }

    private static bool Named(ResourceEvent change, string name) => string.Equals(change.Resource.Name, name, StringComparison.OrdinalIgnoreCase);

    // The same array where nothing has changed: snapshots are compared by it.
    private CustomResourceSnapshot WithCommands(IResource resource, CustomResourceSnapshot snapshot)
    {
        ImmutableArray<ResourceCommandSnapshot> commands =
        [
            .. resource.Annotations.OfType<ResourceCommandAnnotation>().Select(c => new ResourceCommandSnapshot(
                c.Name, c.UpdateState(new UpdateCommandStateContext { ResourceSnapshot = snapshot, Services = _services }), c.DisplayName,
                c.DisplayDescription, null, c.ConfirmationMessage, c.IconName, c.IconVariant, c.IsHighlighted)),
        ];
        return commands.SequenceEqual(snapshot.Commands) ? snapshot : snapshot with { Commands = commands };
    }

    // Checks that have not run yet stand in the first snapshot already, lest it count as healthy.
    private static CustomResourceSnapshot FirstSnapshot(IResource resource)
    {
        var snapshot = resource.TryGetLastAnnotation<ResourceSnapshotAnnotation>(out var said)
            ? said.InitialSnapshot
            : new CustomResourceSnapshot
            {
                ResourceType = resource switch
                {
                    ProjectResource => "Project",
                    ExecutableResource => "Executable",
                    ContainerResource => "Container",
                    ParameterResource => "Parameter",
                    _ => resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal),
                },
                Properties = [],
            };
        return snapshot.WithUnrunChecks(resource);
    }
}

internal static class HealthReports
{
    public static CustomResourceSnapshot WithUnrunChecks(this CustomResourceSnapshot snapshot, IResource resource) =>
        resource.TryGetAnnotationsIncludingAncestorsOfType<HealthCheckAnnotation>(out var checks)
            ? snapshot with { HealthReports = [.. checks.Select(static c => new HealthReportSnapshot(c.Key, null, null, null))], Ready = null }
            : snapshot with { Ready = null };
}

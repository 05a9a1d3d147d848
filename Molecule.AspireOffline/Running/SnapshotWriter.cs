using System.Collections.Immutable;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Publishes the states that the engine gives to resources, and to the children that live and die with them.</summary>
internal sealed class SnapshotWriter(
    ResourceNotificationService notifications,
    IDistributedApplicationEventing eventing,
    DistributedApplicationModel model,
    IServiceProvider services,
    TimeProvider time)
{
    public DateTime Now => time.GetUtcNow().UtcDateTime;

    public async Task PublishAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        await notifications.PublishUpdateAsync(resource, change).ConfigureAwait(false);
        if (!notifications.TryGetCurrentState(resource.InstanceId(), out var current))
        {
            return;
        }

        foreach (var child in ChildrenOf(resource))
        {
            await PublishAsync(child, s => (s.State?.Text == KnownResourceStates.Running && current.Snapshot.State?.Text != KnownResourceStates.Running
                ? s.WithUnrunChecks(child)
                : s) with
            {
                State = current.Snapshot.State,
                StartTimeStamp = current.Snapshot.StartTimeStamp,
                StopTimeStamp = current.Snapshot.StopTimeStamp,
            }).ConfigureAwait(false);
        }
    }

    /// <summary>Publishes a state that ends a run, and the event of it.</summary>
    public async Task PublishEndAsync(IResource resource, ResourceStateSnapshot state, int? exitCode, CancellationToken cancellationToken)
    {
        await PublishAsync(resource, s => s.WithUnrunChecks(resource) with
        {
            State = state,
            ExitCode = exitCode,
            StopTimeStamp = Now,
            Urls = [.. s.Urls.Select(static u => u with { IsInactive = true })],
        }).ConfigureAwait(false);
        foreach (var ended in ChildrenOf(resource).Prepend(resource))
        {
            if (notifications.TryGetCurrentState(ended.InstanceId(), out var last))
            {
                await eventing.PublishAsync(new ResourceStoppedEvent(ended, services, last), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says that a connection string can be asked for, the children's included.</summary>
    public async Task ConnectionStringAvailableAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (resource is IResourceWithConnectionString)
        {
            await eventing.PublishAsync(new ConnectionStringAvailableEvent(resource, services), cancellationToken).ConfigureAwait(false);
        }

        foreach (var child in ChildrenOf(resource))
        {
            await ConnectionStringAvailableAsync(child, cancellationToken).ConfigureAwait(false);
        }
    }

    private IEnumerable<IResource> ChildrenOf(IResource resource) =>
        model.Resources.Where(r => r is IResourceWithParent child && ReferenceEquals(child.Parent, resource) && !r.IsStartedByEngine());
}

internal static class PropertyList
{
    public static ImmutableArray<ResourcePropertySnapshot> Set(
        this ImmutableArray<ResourcePropertySnapshot> properties, string name, object? value, bool sensitive = false)
    {
        var property = new ResourcePropertySnapshot(name, value) { IsSensitive = sensitive };
        var old = properties.FirstOrDefault(p => p.Name == name);
        return old is null ? properties.Add(property) : old == property ? properties : properties.Replace(old, property);
    }
}

internal static partial class WaitingLog
{
    [LoggerMessage(LogLevel.Information, "Waiting for resource '{Name}' ({Aim}).")]
    public static partial void LogWaiting(this ILogger logger, string name, WaitType aim);
}

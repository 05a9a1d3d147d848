using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Brings a resource from "not there" to "running", follows it to its end, and stops and starts it on command.</summary>
internal sealed class ResourceStarter(
    ProcessLauncher processes,
    ContainerLauncher containers,
    DistributedApplicationModel model,
    DistributedApplicationExecutionContext context,
    IDistributedApplicationEventing eventing,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    SnapshotWriter snapshots,
    IServiceProvider services,
    IHostApplicationLifetime lifetime,
    ILogger<ResourceStarter> logger)
{
    private readonly ConcurrentDictionary<IResource, Slot> _slots = new(ReferenceEqualityComparer.Instance);

    /// <summary>Starts a resource once all it waits for is there. It never throws for the resource's own failure: that is a state.</summary>
    public Task StartAsync(IResource resource, CancellationToken cancellationToken) =>
        HeldAsync(resource, slot => StartHeldAsync(resource, slot, cancellationToken), cancellationToken);

    /// <summary>Starts a resource on command: one that runs is stopped first, one that waits for others starts without them.</summary>
    public Task StartAgainAsync(IResource resource, CancellationToken cancellationToken)
    {
        var skipped = SlotOf(resource).TrySkipWait();
        return HeldAsync(
            resource,
            async slot =>
            {
                if (!skipped)
                {
                    await StopHeldAsync(resource, slot).ConfigureAwait(false);
                    await StartHeldAsync(resource, slot, cancellationToken).ConfigureAwait(false);
                }
            },
            cancellationToken);
    }

    /// <summary>Stops a resource on command; returns when it has ended.</summary>
    /// <exception cref="InvalidOperationException">It waits for others, so there is nothing to stop.</exception>
    public Task StopAsync(IResource resource, CancellationToken cancellationToken) =>
        SlotOf(resource).IsWaiting
            ? throw new InvalidOperationException($"Resource '{resource.Name}' has not been started: it waits for others.")
            : HeldAsync(resource, slot => StopHeldAsync(resource, slot), cancellationToken);

    /// <summary>Waits for everything that a resource has been told to wait for, or until it is started by hand.</summary>
    public async Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        using var skip = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var slot = SlotOf(resource);
        slot.BeginWait(skip);
        try
        {
            await notifications.WaitForDependenciesAsync(resource, skip.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (skip.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            logs.WriteLine(resource, "Started by hand, without what it waits for.", isError: false);
        }
        finally
        {
            slot.EndWait();
        }
    }

    private Slot SlotOf(IResource resource) => _slots.GetOrAdd(resource, static _ => new Slot());

    private async Task HeldAsync(IResource resource, Func<Slot, Task> action, CancellationToken cancellationToken)
    {
        var slot = SlotOf(resource);
        await slot.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await action(slot).ConfigureAwait(false);
        }
        finally
        {
            slot.Gate.Release();
        }
    }

    private async Task StopHeldAsync(IResource resource, Slot slot)
    {
        if (slot.Launched is { Exited.IsCompleted: false } launched)
        {
            slot.StopsOnCommand = true;
            await snapshots.PublishAsync(resource, static s => s with { State = KnownResourceStates.Stopping }).ConfigureAwait(false);
            await launched.StopAsync().ConfigureAwait(false);
        }

        await slot.Followed.ConfigureAwait(false);
    }

    private async Task StartHeldAsync(IResource resource, Slot slot, CancellationToken cancellationToken)
    {
        try
        {
            slot.StopsOnCommand = false;
            await snapshots.ConnectionStringAvailableAsync(resource, cancellationToken).ConfigureAwait(false);
            await snapshots.PublishAsync(resource, static s => s with { State = KnownResourceStates.Starting }).ConfigureAwait(false);
            await eventing.PublishAsync(new BeforeResourceStartedEvent(resource, services), cancellationToken).ConfigureAwait(false);
            await snapshots.PublishAsync(resource, static s => s with
            {
                State = KnownResourceStates.Starting,
                ExitCode = null,
                Properties = [.. s.Properties.Where(static p => p.Name != PropertyNames.WaitingFor)],
            }).ConfigureAwait(false);

            var configuration = await ResourceConfiguration.ResolveAsync(resource, model, context, logs.GetLogger(resource), cancellationToken).ConfigureAwait(false);
            ILauncher launcher = resource.IsContainer() ? containers : processes;
            var launched = await launcher.LaunchAsync(resource, configuration, cancellationToken).ConfigureAwait(false);
            await snapshots.PublishAsync(resource, s => s.WithUnrunChecks(resource) with
            {
                State = new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
                StartTimeStamp = snapshots.Now,
                StopTimeStamp = null,
                EnvironmentVariables = configuration.ShownVariables,
                Urls = [.. s.Urls.Select(static u => u with { IsInactive = false })],
                Properties = launched.Properties.Aggregate(s.Properties, static (all, p) => all.Set(p.Name, p.Value)),
            }).ConfigureAwait(false);
            slot.Launched = launched;
            slot.Followed = FollowAsync(resource, slot, launched);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // A resource that fails is a state and not an error of the engine: whoever waits for it is told the reason.
            logs.WriteLine(resource, $"Failed to start: {e.Message}", isError: true);
            logger.LogError("Resource '{Resource}' failed to start. {Reason}", resource.Name, e.Message);
            var state = e is ContainerEngineUnavailableException ? KnownResourceStates.RuntimeUnhealthy : KnownResourceStates.FailedToStart;
            await snapshots.PublishEndAsync(
                resource, new ResourceStateSnapshot(state, KnownResourceStateStyles.Error), null, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(IResource resource, Slot slot, ILaunched launched)
    {
        var code = await launched.Exited.ConfigureAwait(false);
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return;
        }

        if (code != 0 && !slot.StopsOnCommand)
        {
            logger.LogWarning("Resource '{Resource}' ended with exit code {ExitCode}.{Lines}", resource.Name, code, LastLines(resource));
        }

        try
        {
            await snapshots.PublishEndAsync(
                resource,
                new ResourceStateSnapshot(launched.EndState, code == 0 || slot.StopsOnCommand ? KnownResourceStateStyles.Info : KnownResourceStateStyles.Error),
                code,
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Nobody awaits the end of a process: a handler of ResourceStoppedEvent that throws would go unseen.
            logger.LogError(e, "A handler of the end of resource '{Resource}' failed.", resource.Name);
        }
    }

    private string LastLines(IResource resource) =>
        string.Concat(logs.Last(resource, 12).Select(static l => $"{Environment.NewLine}  {l.Content}"));

    /// <summary>One resource's present run; whoever holds the gate starts or stops it.</summary>
    private sealed class Slot
    {
        private readonly Lock _lock = new();
        private CancellationTokenSource? _waiting;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        public ILaunched? Launched { get; set; }

        public Task Followed { get; set; } = Task.CompletedTask;

        public bool StopsOnCommand { get; set; }

        public bool IsWaiting
        {
            get
            {
                lock (_lock)
                {
                    return _waiting is not null;
                }
            }
        }

        public void BeginWait(CancellationTokenSource wait)
        {
            lock (_lock)
            {
                _waiting = wait;
            }
        }

        public void EndWait()
        {
            lock (_lock)
            {
                _waiting = null;
            }
        }

        public bool TrySkipWait()
        {
            lock (_lock)
            {
                _waiting?.Cancel();
                return _waiting is not null;
            }
        }
    }
}

using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Starts the application's resources in the order of the API (spec 10), and stops them.</summary>
internal sealed class Orchestrator(
    DistributedApplicationModel model,
    DistributedApplicationExecutionContext context,
    IDistributedApplicationEventing eventing,
    ResourceNotificationService notifications,
    ResourceLoggerService logs,
    SnapshotWriter snapshots,
    ResourceStarter starter,
    ProcessRoots roots,
    ContainerLauncher containers,
    HealthMonitor health,
    PortReservations ports,
    IConfiguration configuration,
    IServiceProvider services,
    ILogger<Orchestrator> logger) : IHostedService, IAsyncDisposable
{
    private const string SuffixLetters = "abcdefghijklmnopqrstuvwxyz";

    private readonly CancellationTokenSource _stopping = new();
    private Task _monitoring = Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        eventing.Subscribe<BeforeResourceStartedEvent>((e, ct) => starter.WaitForDependenciesAsync(e.Resource, ct));
        var resources = model.Resources.ToArray();
        foreach (var resource in resources.Where(static r => r.IsStartedByEngine()))
        {
            resource.Annotations.Add(new InstanceAnnotation(string.Concat(Random.Shared.GetItems<char>(SuffixLetters, 8))));
            logs.Alias(resource.InstanceId(), resource.Name);
            LifeCycleCommands.AddTo(resource, starter);
        }

        foreach (var parameter in resources.OfType<ParameterResource>())
        {
            await ShowParameterAsync(parameter, cancellationToken).ConfigureAwait(false);
        }

        foreach (var resource in resources.Where(static r => r is not ParameterResource))
        {
            await ShowFirstAsync(resource).ConfigureAwait(false);
        }

        _monitoring = health.RunAsync(_stopping.Token);
        foreach (var resource in resources)
        {
            _ = InitializeAsync(resource);
        }

        var randomize = configuration.GetValue("DcpPublisher:RandomizePorts", false);
        foreach (var resource in resources.Where(static r => r.IsStartedByEngine()))
        {
            EndpointAllocation.Allocate(resource, ports, randomize);
        }

        foreach (var resource in resources)
        {
            var urls = await EndpointAllocation.UrlsAsync(resource, context, cancellationToken).ConfigureAwait(false);
            await notifications.PublishUpdateAsync(resource, s => s with { Urls = [.. s.Urls, .. urls] }).ConfigureAwait(false);
            if (resource.IsStartedByEngine())
            {
                await eventing.PublishAsync(new ResourceEndpointsAllocatedEvent(resource, services), cancellationToken).ConfigureAwait(false);
            }
        }

        await Task.WhenAll(resources
            .Where(static r => r.IsStartedByEngine() && !r.HasAnnotationOfType<ExplicitStartupAnnotation>())
            .Select(r => Task.Run(() => starter.StartAsync(r, cancellationToken), cancellationToken))).ConfigureAwait(false);
        await eventing.PublishAsync(new AfterResourcesCreatedEvent(services, model), cancellationToken).ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_stopping.IsCancellationRequested)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(roots.StopAsync(), containers.StopAllAsync()).ConfigureAwait(false);
        await _monitoring.ConfigureAwait(false);
    }

    // A start that was given up is never stopped by the host.
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private Task ShowFirstAsync(IResource resource) => notifications.PublishUpdateAsync(resource, s => s with
    {
        State = s.State ?? resource switch
        {
            // It runs already, whatever this application does.
            ExternalServiceResource => new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success),
            _ when resource.IsStartedByEngine() => KnownResourceStates.NotStarted,
            _ => null,
        },
        CreationTimeStamp = s.CreationTimeStamp ?? snapshots.Now,
        Relationships =
        [
            .. s.Relationships,
            .. resource.Annotations.OfType<ResourceRelationshipAnnotation>().Select(static r => new RelationshipSnapshot(r.Resource.Name, r.Type)).Distinct(),
        ],
        Properties = (resource as IResourceWithParent)?.Parent.Name is { } parent ? s.Properties.Set(PropertyNames.ParentName, parent) : s.Properties,
    });

    private async Task ShowParameterAsync(ParameterResource parameter, CancellationToken cancellationToken)
    {
        var (state, value) = (new ResourceStateSnapshot(KnownResourceStates.Running, KnownResourceStateStyles.Success), "");
        try
        {
            value = await parameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MissingParameterValueException e)
        {
            // Whoever needs it fails, with the same words; a parameter that nobody needs may go without.
            logs.WriteLine(parameter, e.Message, isError: true);
            logger.LogError("{Message}", e.Message);
            state = new ResourceStateSnapshot(KnownResourceStates.ValueMissing, KnownResourceStateStyles.Error);
        }

        await notifications.PublishUpdateAsync(parameter, s => s with
        {
            State = state,
            Properties = s.Properties.Set("Value", parameter.Secret && value is { Length: > 0 } ? "********" : value, sensitive: parameter.Secret),
        }).ConfigureAwait(false);
    }

    private async Task InitializeAsync(IResource resource)
    {
        try
        {
            await Task.Yield();
            await eventing.PublishAsync(new InitializeResourceEvent(resource, eventing, logs, notifications, services), _stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The application is stopping.
        }
        catch (Exception e)
        {
            // The resource's own life has failed: that is a state, and whoever waits for it is told.
            logs.WriteLine(resource, e.Message, isError: true);
            logger.LogError(e, "Resource '{Resource}' failed.", resource.Name);
            await snapshots.PublishEndAsync(
                resource, new ResourceStateSnapshot(KnownResourceStates.FailedToStart, KnownResourceStateStyles.Error), null, CancellationToken.None).ConfigureAwait(false);
        }
    }
}

using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Running;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <inheritdoc cref="IDistributedApplicationBuilder"/>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly EntryPointRun? _test = EntryPointRun.Current;
    private bool _built;

    /// <summary>Makes a builder.</summary>
    public DistributedApplicationBuilder(string[] args)
        : this(new DistributedApplicationOptions { Args = args })
    {
    }

    /// <summary>Makes a builder.</summary>
    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var settings = new HostApplicationBuilderSettings { Args = options.Args };
        _test?.OnConstructing(options, settings);
        _host = new HostApplicationBuilder(settings);

        AppHostAssembly = options.AssemblyName is { } name ? Assembly.Load(name) : Assembly.GetEntryAssembly();
        AppHostDirectory = options.ProjectDirectory ?? AssemblyFacts.AppHostDirectory(AppHostAssembly) ?? _host.Environment.ContentRootPath;
        AppHostPath = Path.Combine(AppHostDirectory, AppHostAssembly?.GetName().Name ?? _host.Environment.ApplicationName);
        Configuration.AddInMemoryCollection(
        [
            new("AppHost:Directory", AppHostDirectory),
            new("AppHost:Path", AppHostPath),
            new("AppHost:DashboardApplicationName", options.DashboardApplicationName ?? _host.Environment.ApplicationName),
        ]);
        ExecutionContext = new DistributedApplicationExecutionContext(
            string.Equals(Configuration["AppHost:Operation"], "publish", StringComparison.OrdinalIgnoreCase) || Configuration["Publishing:Publisher"] is not null
                ? DistributedApplicationOperation.Publish
                : DistributedApplicationOperation.Run);

        // Both write at every poll of a check that fails; the report is in the resource's snapshot.
        _host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        _host.Logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);

        Services.AddHealthChecks();
        Services.AddSingleton(options);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Eventing);
        Services.AddSingleton(new DistributedApplicationModel(Resources));
        Services.AddSingleton<ResourceLoggerService>();
        Services.AddSingleton<ResourceNotificationService>();
        // Nothing can be started again without a dashboard: waiting on for a resource that has failed would never end.
        Services.Configure<ResourceNotificationServiceOptions>(static o => o.DefaultWaitBehavior = WaitBehavior.StopOnResourceUnavailable);
        Services.TryAddSingleton(TimeProvider.System);
        Services.AddSingleton(static services => new AppHostIdentity(services.GetRequiredService<IDistributedApplicationBuilder>()));
        Services.AddSingleton<IDistributedApplicationBuilder>(this);
        Services.AddSingleton<PortReservations>();
        Services.AddSingleton<ProcessRoots>();
        Services.AddSingleton<SnapshotWriter>();
        Services.AddSingleton<ProcessLauncher>();
        Services.AddSingleton<ContainerEngine>();
        Services.AddSingleton<ContainerHost>();
        Services.AddSingleton<ContainerLauncher>();
        Services.AddSingleton<ResourceStarter>();
        Services.AddSingleton(static services => new ResourceCommandService(
            services.GetRequiredService<ResourceNotificationService>(), services.GetRequiredService<ResourceLoggerService>(), services));
        Services.AddSingleton<HealthMonitor>();
        Services.AddHostedService<StartAnnouncer>();
        Services.AddHostedService<ResourceLogForwarder>();
        Services.AddHostedService<Orchestrator>();
        if (_test is not null)
        {
            // For CreateHttpClient.
            Services.AddHttpClient();
        }
    }

    /// <inheritdoc/>
    public ConfigurationManager Configuration => _host.Configuration;

    /// <inheritdoc/>
    public string AppHostDirectory { get; }

    /// <summary>The AppHost's folder and name.</summary>
    public string AppHostPath { get; }

    /// <inheritdoc/>
    public Assembly? AppHostAssembly { get; }

    /// <inheritdoc/>
    public IHostEnvironment Environment => _host.Environment;

    /// <inheritdoc/>
    public IServiceCollection Services => _host.Services;

    /// <inheritdoc/>
    public IDistributedApplicationEventing Eventing { get; } = new DistributedApplicationEventing();

    /// <inheritdoc/>
    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <inheritdoc/>
    public IResourceCollection Resources { get; } = new ResourceCollection();

    /// <inheritdoc/>
    public IResourceBuilder<T> AddResource<T>(T resource)
        where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (Resources.TryGetByName(resource.Name, out var other))
        {
            throw new DistributedApplicationException(
                $"Cannot add resource of type '{resource.GetType().Name}' with name '{resource.Name}' because resource of type '{other.GetType().Name}' "
                + "with that name already exists. Resource names are case-insensitive.");
        }

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    /// <inheritdoc/>
    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
        where T : IResource => new ResourceBuilder<T>(this, resource);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It has been built already.</exception>
    public DistributedApplication Build()
    {
        _test?.OnBuilding(this);
        if (Interlocked.Exchange(ref _built, true))
        {
            throw new InvalidOperationException("Build can only be called once.");
        }

        var application = new DistributedApplication(_host.Build());
        ExecutionContext.Services = application.Services;
        _test?.OnBuilt(application);
        return application;
    }
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>The lines that people look for, and which engine it is.</summary>
internal sealed class StartAnnouncer(AppHostIdentity appHost, ILogger<DistributedApplication> logger) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        logger.LogInformation("Aspire (offline engine, API {Api})", AssemblyFacts.Api);
        logger.LogInformation("Aspire AppHost version: {Version}", AssemblyFacts.Api);
        logger.LogInformation("Distributed application starting.");
        logger.LogInformation("Application host directory is: {Directory}", appHost.Directory);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        logger.LogInformation("Distributed application started. Press Ctrl+C to shut down.");
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

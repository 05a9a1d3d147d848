using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Molecule.Contracts.Runs;
using Molecule.Processes;

namespace Microsoft.Extensions.Hosting;

/// <summary>Ends this service when the process that holds its run's lifeline has gone. Without MOLECULE_LIFELINE it stands alone.</summary>
internal sealed class LifelineService(IConfiguration configuration, IHostApplicationLifetime lifetime, ILogger<LifelineService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (configuration[RunEnvironment.Lifeline] is not { Length: > 0 } path)
        {
            return;
        }

        try
        {
            await using var lifeline = await Lifeline.AttachAsync(path, stoppingToken).ConfigureAwait(false);
            await lifeline.Lost.WaitAsync(stoppingToken).ConfigureAwait(false);
            logger.LogWarning("The holder of the lifeline {Path} has gone; stopping.", path);
        }
        catch (IOException e)
        {
            logger.LogError("{Message} Stopping.", e.Message);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return;
        }

        lifetime.StopApplication();
        _ = ExitIfStillRunningAsync();
    }

    // A service that does not stop in time would be an orphan: nobody is left to kill it.
    private static async Task ExitIfStillRunningAsync()
    {
        await Task.Delay(ServiceDefaultsExtensions.ShutdownTimeout + TimeSpan.FromSeconds(1), CancellationToken.None).ConfigureAwait(false);
        Environment.Exit(70);
    }
}

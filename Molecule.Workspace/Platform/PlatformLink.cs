using Molecule.Workspace.A2A;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Secrets;
using Molecule.Workspace.Turns;

namespace Molecule.Workspace.Platform;

/// <summary>Sets the agent up, registers, then beats: at the interval and whenever a turn comes or goes (spec/runtimes-and-providers.md 1.1, 1.3).</summary>
public sealed class PlatformLink(
    WorkspaceSettings settings,
    SecretsKeeper secrets,
    AgentCard card,
    AdvertisedAddress address,
    PlatformClient platform,
    TurnQueue turns,
    TurnRunner runner,
    Wedge wedge,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<PlatformLink> logger) : BackgroundService
{
    private readonly SemaphoreSlim _beat = new(0);
    private readonly long _started = time.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Only a server that listens has an address.
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(listening.SetResult);
        await listening.Task.WaitAsync(stoppingToken).ConfigureAwait(false);

        await secrets.SetUpAsync(stoppingToken).ConfigureAwait(false);
        var registered = card.ToJson();
        await platform.RegisterAsync(address.Url, registered, stoppingToken).ConfigureAwait(false);
        var report = new CardReport(platform, registered);
        turns.Changed += RequestBeat;
        runner.Changed += RequestBeat;
        secrets.Changed += RequestBeat;
        while (true)
        {
            await BeatAsync(report, stoppingToken).ConfigureAwait(false);
            using var interval = new CancellationTokenSource(settings.HeartbeatInterval, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(interval.Token, stoppingToken);
            try
            {
                await _beat.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // The interval is over.
            }
        }
    }

    private void RequestBeat()
    {
        if (_beat.CurrentCount is 0)
        {
            _beat.Release();
        }
    }

    private async Task BeatAsync(CardReport report, CancellationToken cancellationToken)
    {
        var heartbeat = new Heartbeat(turns.Active, runner.CurrentTask, wedge.Reason, (long)time.GetElapsedTime(_started).TotalSeconds);
        try
        {
            var status = await platform.HeartbeatAsync(heartbeat, cancellationToken).ConfigureAwait(false);
            if ((int)status >= 400)
            {
                logger.LogWarning("{Platform} answers the heartbeat with {Status}.", settings.PlatformUrl, (int)status);
            }

            await report.SendIfChangedAsync(card.ToJson(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException)
        {
            logger.LogWarning("No heartbeat to {Platform}: {Message}", settings.PlatformUrl, e.Message);
        }
    }

    public override void Dispose()
    {
        turns.Changed -= RequestBeat;
        runner.Changed -= RequestBeat;
        secrets.Changed -= RequestBeat;
        _beat.Dispose();
        base.Dispose();
    }
}

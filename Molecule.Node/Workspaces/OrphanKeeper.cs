using Molecule.Processes;

namespace Molecule.Node.Workspaces;

/// <summary>
/// Makes the node a subreaper, so that what a workspace leaves behind comes to the node, and looks after it: ended ones are
/// collected, and one that carries no running workspace's mark is killed. When the node stops, everything stops.
/// </summary>
public sealed class OrphanKeeper(WorkspaceFleet fleet, OwnChildren children, TimeProvider time, ILogger<OrphanKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        Subreaper.Enable();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(false);
            foreach (var orphan in children.CollectAdopted())
            {
                if (!fleet.Owns(orphan.Key.Id))
                {
                    logger.LogWarning("Killing {Process} ({Name}): an orphan of no running workspace.", orphan.Key.Id, orphan.Name);
                    ProcessTable.Kill(orphan.Key);
                }
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await fleet.StopAllAsync().ConfigureAwait(false);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await ProcessTree.KillAsync(static rows => ProcessTable.Descendants(rows, Environment.ProcessId), cancellationToken).ConfigureAwait(false);
        children.CollectAdopted();
    }
}

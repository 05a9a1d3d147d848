using Molecule.Processes;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Turns;

namespace Molecule.Workspace.Boot;

/// <summary>
/// Keeps the agent's descendants below this workspace: as a subreaper it adopts what its agent leaves behind, so that the
/// node finds everything that belongs to the workspace below its process. When the workspace stops it ends the agent, then
/// whatever the agent has left running. The snapshot is written before, while the agent still knows its conversation.
/// </summary>
public sealed class OrphanCollector(AgentSlot slot, AgentSnapshot snapshot, TurnRunner turns, OwnChildren children, TimeProvider time, ILogger<OrphanCollector> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsLinux())
        {
            Subreaper.Enable();
        }

        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (OperatingSystem.IsLinux())
        {
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(false);
            children.CollectAdopted();
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (slot.Ready?.Session is { } session)
        {
            await snapshot.WriteAsync(session, turns.Interrupted, CancellationToken.None).ConfigureAwait(false);
        }

        await slot.DisposeAsync().ConfigureAwait(false);
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var killed = await ProcessTree.KillAsync(static rows => ProcessTable.Descendants(rows, Environment.ProcessId), cancellationToken).ConfigureAwait(false);
        if (killed > 0)
        {
            logger.LogInformation("Ended {Count} processes that the agent had left running.", killed);
        }

        children.CollectAdopted();
    }
}

using System.Data.Common;
using System.Text;
using System.Threading.Channels;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Delegations;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.A2a;

/// <summary>Sends one waiting call for each heartbeat of an agent with a free hand (spec/control-plane.md 6.5).</summary>
public sealed partial class QueueDrain(
    MoleculeDatabase database, DatabaseMigration migration, EventFeed feed, A2aCourier courier, DelegationStore delegations, ILogger<QueueDrain> logger)
    : BackgroundService
{
    private readonly Channel<Guid> _offers = Channel.CreateUnbounded<Guid>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>An agent has a free hand.</summary>
    public void Offer(Guid workspace) => _offers.Writer.TryWrite(workspace);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();
        try
        {
            await migration.Done.WaitAsync(stoppingToken);
            await feed.Listening.WaitAsync(stoppingToken);
            await database.QueryAsync(static async connection => { await A2aQueue.RecoverAsync(connection); return true; }, stoppingToken);
            await foreach (var workspace in _offers.Reader.ReadAllAsync(stoppingToken))
            {
                running.RemoveAll(static task => task.IsCompleted);
                running.Add(SendOneAsync(workspace, stoppingToken));
            }
        }
        catch (Exception e) when (e is OperationCanceledException || migration.Done.IsFaulted)
        {
            // This process ends; what is on its way is recovered by the next one.
            await Task.WhenAll(running);
        }
    }

    private async Task SendOneAsync(Guid workspace, CancellationToken stopping)
    {
        await Task.Yield();
        try
        {
            var (target, queued) = await database.TransactAsync(
                async connection => await WorkspaceStore.FindAsync(connection, workspace) is { Url.Length: > 0, Status: WorkspaceStatus.Online or WorkspaceStatus.Degraded } row
                    ? (row, await A2aQueue.TakeAsync(connection, workspace))
                    : default,
                stopping);
            if (target is not null && queued is not null)
            {
                await SendAsync(target, queued, stopping);
            }
        }
        catch (Exception e) when (e is DbException || (e is OperationCanceledException && stopping.IsCancellationRequested))
        {
            LogLeft(logger, workspace, e.Message);
        }
    }

    private async Task SendAsync(WorkspaceRow target, QueuedCall queued, CancellationToken stopping)
    {
        var envelope = A2aEnvelope.Read(Encoding.UTF8.GetBytes(queued.Body))!;
        var call = new A2aCall(target, Guid.TryParse(queued.CallerId, out var caller) ? caller : null, envelope);
        var (_, outcome, problem) = await courier.CarryAsync(call, CancellationToken.None, stopping);
        await database.TransactAsync(
            async connection =>
            {
                if (problem is null)
                {
                    await A2aQueue.CompleteAsync(connection, queued.Id);
                }
                else if (!await A2aQueue.FailAsync(connection, queued.Id, problem))
                {
                    return true;
                }

                // A delegation that had to wait is over when its message is answered or given up (6.5).
                await delegations.FinishByMessageAsync(connection, call.Caller, call.MessageId, outcome, problem ?? outcome?.Error);
                return true;
            },
            CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call that waits for workspace {Workspace} was not sent: {Problem}")]
    private static partial void LogLeft(ILogger logger, Guid workspace, string problem);
}

using System.Data.Common;
using System.Text;
using System.Threading.Channels;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.A2a;

/// <summary>Sends one waiting call for each heartbeat of an agent with a free hand (spec/control-plane.md 6.5).</summary>
public sealed partial class QueueDrain(
    MoleculeDatabase database, DatabaseMigration migration, EventFeed feed, A2aTransport transport, A2aBooks books, WorkspacePulse pulse, Settings settings, TimeProvider time, ILogger<QueueDrain> logger)
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
        using var watch = pulse.Listen(target.Id, target.IdleTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : settings.AgentIdleTimeout);
        var started = time.GetTimestamp();
        var delivery = await transport.PostAsync(target.Url!, envelope.Body, watch.Silent, stopping);
        var (outcome, problem) = delivery switch
        {
            Delivery.Answered { Status: < 300 } answer => (A2aOutcome.Read(answer.Body), null),
            Delivery.Answered refused => (A2aOutcome.Read(refused.Body), $"workspace agent answered {refused.Status}"),
            Delivery.Streaming streaming => await ReadAsync(streaming.Stream, target.Id, watch.Silent, stopping),
            Delivery.Interrupted interrupted => (null, interrupted.Problem),
            Delivery.Unreachable unreachable => (null, unreachable.Problem),
            _ => throw new InvalidOperationException($"{delivery} is no delivery."),
        };
        await database.QueryAsync(
            async connection =>
            {
                await (problem is null ? A2aQueue.CompleteAsync(connection, queued.Id) : A2aQueue.FailAsync(connection, queued.Id, problem));
                return true;
            },
            CancellationToken.None);
        await books.WriteAsync(call.ToActivity(time.GetElapsedTime(started), outcome, problem ?? outcome?.Error), call.Caller, call.Charge(outcome));
    }

    // Who asked for a stream has long been told to come back for it: what counts is how it ends.
    private async Task<(A2aOutcome? Outcome, string? Problem)> ReadAsync(AgentStream stream, Guid workspace, CancellationToken overdue, CancellationToken stopping)
    {
        using (stream)
        {
            var answer = new StreamedAnswer();
            while (true)
            {
                var (whole, end) = await stream.NextAsync(overdue, stopping);
                if (whole.IsEmpty)
                {
                    return (answer.ToOutcome(), answer.IsFinal ? null : end?.Problem ?? (answer.IsUnfinished ? StreamedAnswer.Unfinished : null));
                }

                pulse.Beat(workspace);
                answer.Take(whole.Span);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A call that waits for workspace {Workspace} was not sent: {Problem}")]
    private static partial void LogLeft(ILogger logger, Guid workspace, string problem);
}

using System.Data.Common;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Molecule.ControlPlane.A2a;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Registry;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Delegations;

/// <summary>Sends delegations in the background (spec/control-plane.md 6.5): pending, dispatched, then completed, failed, or queued before a busy agent.</summary>
public sealed partial class DelegationWorker(
    MoleculeDatabase database, DatabaseMigration migration, DelegationStore delegations, A2aCourier courier, Settings settings, TimeProvider time, ILogger<DelegationWorker> logger)
    : BackgroundService
{
    /// <summary>Between the two attempts at an agent that cannot be reached.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(8);

    private const int Attempts = 2;

    private readonly Channel<Delegation> _queue = Channel.CreateUnbounded<Delegation>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Has a stored delegation sent, soon.</summary>
    public void Enqueue(Delegation delegation) => _queue.Writer.TryWrite(delegation);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();
        try
        {
            await migration.Done.WaitAsync(stoppingToken);
            foreach (var row in await database.QueryAsync(delegations.UnfinishedAsync, stoppingToken))
            {
                // Pending since a control plane ended before it had sent it.
                Enqueue(row.ToDelegation());
            }

            await foreach (var delegation in _queue.Reader.ReadAllAsync(stoppingToken))
            {
                running.RemoveAll(static task => task.IsCompleted);
                running.Add(RunAsync(delegation, stoppingToken));
            }
        }
        catch (Exception e) when (e is OperationCanceledException || migration.Done.IsFaulted)
        {
            await Task.WhenAll(running);
        }
    }

    private async Task RunAsync(Delegation delegation, CancellationToken stopping)
    {
        await Task.Yield();
        try
        {
            using var ceiling = new CancellationTokenSource(A2aProxy.AgentCeiling, time);
            await SendAsync(delegation, ceiling.Token, stopping);
        }
        catch (Exception e) when (e is DbException || (e is OperationCanceledException && stopping.IsCancellationRequested))
        {
            LogLeft(logger, delegation.Id, e.Message);
        }
    }

    private async Task SendAsync(Delegation delegation, CancellationToken overdue, CancellationToken stopping)
    {
        for (var attempt = 1; ; attempt++)
        {
            var (target, refusal) = await FindTargetAsync(delegation, stopping);
            if (target is null)
            {
                await FinishAsync(delegation, null, refusal, stopping);
                return;
            }

            if (attempt == 1 && !await database.TransactAsync(connection => delegations.MoveAsync(connection, delegation.Source, delegation.Id, "dispatched"), stopping))
            {
                return;
            }

            var call = new A2aCall(target, delegation.Source, Envelope(delegation));
            var (delivery, outcome, problem) = await courier.CarryAsync(call, overdue, stopping);
            switch (delivery)
            {
                case Delivery.Unreachable when attempt < Attempts:
                    await Task.Delay(Pause, time, stopping);
                    continue;

                // It may have taken the message, or is at another: it is not sent twice but waits (6.2).
                case Delivery.Interrupted when !target.KeepsSessions && !overdue.IsCancellationRequested:
                    await database.TransactAsync(
                        async connection =>
                        {
                            await A2aQueue.AddAsync(connection, call);
                            return await delegations.MoveAsync(connection, delegation.Source, delegation.Id, "queued");
                        },
                        stopping);
                    return;

                default:
                    await FinishAsync(delegation, outcome?.Text, problem ?? outcome?.Error, stopping);
                    return;
            }
        }
    }

    private async Task<(WorkspaceRow? Target, string? Refusal)> FindTargetAsync(Delegation delegation, CancellationToken cancellation)
    {
        var id = Guid.Parse(delegation.Target);
        var (row, isAllowed) = await database.QueryAsync(
            async connection => (await WorkspaceStore.FindAsync(connection, id), await Hierarchy.MayTalkAsync(connection, delegation.Source, id)), cancellation);
        return row switch
        {
            null or { Status: WorkspaceStatus.Removed } => (null, "workspace not found"),
            _ when !isAllowed => (null, "access denied: workspaces cannot communicate per hierarchy rules"),
            { BudgetLimit: { } limit } when row.MonthlySpend >= limit => (null, "workspace budget limit exceeded"),
            { Url: null or "" } => (null, "workspace has no URL"),
            _ => await AgentUrl.MayCallAsync(row.Url, settings, cancellation) ? (row, null) : (null, "workspace URL is not publicly routable"),
        };
    }

    private Task<bool> FinishAsync(Delegation delegation, string? answer, string? error, CancellationToken cancellation) =>
        database.TransactAsync(connection => delegations.FinishAsync(connection, delegation.Source, delegation.Id, answer, error), cancellation);

    private static A2aEnvelope Envelope(Delegation delegation) => A2aEnvelope.Read(WireJson.Serialize<JsonNode>(new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["id"] = delegation.Id,
        ["method"] = "message/send",
        ["params"] = new JsonObject
        {
            ["message"] = new JsonObject
            {
                ["kind"] = "message",
                ["role"] = "user",
                ["messageId"] = delegation.Id,
                ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = delegation.Task }),
                ["metadata"] = new JsonObject { ["delegation_id"] = delegation.Id },
            },
        },
    }))!;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Delegation {Delegation} was left as it stands: {Problem}")]
    private static partial void LogLeft(ILogger logger, string delegation, string problem);
}

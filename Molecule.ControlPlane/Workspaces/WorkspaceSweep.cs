using System.Data.Common;
using Dapper;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Provisioning;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.Workspaces;

/// <summary>
/// Looks for workspaces that say nothing any more (spec/control-plane.md 4.3): a managed one silent for 180 s or an external one for 90 s is offline,
/// one that never came up is failed, and one that a crash of this process left without an instance is started after all.
/// </summary>
public sealed partial class WorkspaceSweep(MoleculeDatabase database, DatabaseMigration migration, Provisioner provisioner, Settings settings, TimeProvider time, ILogger<WorkspaceSweep> logger)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(180);

    private readonly WallClock _clock = new(time);

    // A workspace that fell silent before its clock was set back would else pass for alive until that moment comes again.
    private const string NothingIsOfTheFuture = """
        UPDATE workspaces SET last_heartbeat_at = LEAST(last_heartbeat_at, now()), updated_at = LEAST(updated_at, now())
        WHERE last_heartbeat_at > now() OR updated_at > now()
        """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await migration.Done.WaitAsync(stoppingToken);
            using var timer = new PeriodicTimer(Interval, time);
            await StartForgottenAsync(stoppingToken);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException || migration.Done.IsFaulted)
        {
            // This process ends.
        }
    }

    /// <summary>One look at all of them.</summary>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        try
        {
            if (_clock.Jumped() is { } jump)
            {
                LogJump(logger, jump.TotalSeconds, Silence.TotalSeconds);
                await database.QueryAsync(static connection => connection.ExecuteAsync(NothingIsOfTheFuture), cancellation);
            }

            // Every workspace would look silent since the jump: each has as long to say something as it always has.
            if (_clock.SinceJump() < Silence)
            {
                return;
            }

            await SilentAsync(cancellation);
            await NeverCameUpAsync(cancellation);
        }
        catch (DbException e)
        {
            // The database is away; the next tick looks again.
            LogSkipped(logger, e.Message);
        }
    }

    // A start that was asked for and not made was in hand when this process, or the one before it, ended: a first one or a restart.
    private async Task StartForgottenAsync(CancellationToken cancellation)
    {
        foreach (var id in await database.QueryAsync(
            static connection => connection.QueryAsync<Guid>("SELECT id FROM workspaces WHERE status = 'provisioning' AND start_wanted > start_done AND provider IS NOT NULL ORDER BY created_at"), cancellation))
        {
            LogForgotten(logger, id);
            provisioner.Enqueue(id);
        }
    }

    private async Task SilentAsync(CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var silent = await database.QueryAsync(
            connection => connection.QueryAsync<Guid>(
                """
                SELECT id FROM workspaces WHERE status IN ('online', 'degraded')
                AND COALESCE(last_heartbeat_at, updated_at) < CASE WHEN runtime = 'external' THEN @external::timestamptz ELSE @managed::timestamptz END
                """,
                new { external = now - settings.ExternalSilence, managed = now - Silence }),
            cancellation);
        foreach (var id in silent)
        {
            var isLost = await database.TransactAsync(
                async connection => await WorkspaceStore.LockAsync(connection, id) is { Status: WorkspaceStatus.Online or WorkspaceStatus.Degraded } row
                    && (await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.LivenessLost, new WireMap { ["reason"] = "no heartbeat" })).Event is not null,
                cancellation);
            if (isLost)
            {
                await provisioner.RestartAsync(id, cancellation);
            }
        }
    }

    private async Task NeverCameUpAsync(CancellationToken cancellation)
    {
        var deadline = time.GetUtcNow();
        var rows = (await database.QueryAsync(WorkspaceStore.ListAsync, cancellation)).Where(static row => row.Status is WorkspaceStatus.Provisioning && row.Provider is not null);
        foreach (var row in rows)
        {
            var limit = settings.ProvisionTimeout ?? (row.Runtime == "hermes" ? TimeSpan.FromMinutes(30) : TimeSpan.FromMinutes(10));

            // While a restart is being made the instance known here is the one that was stopped for it.
            var problem = row.UpdatedAt < (deadline - limit).UtcDateTime ? $"it was not online within {limit.TotalMinutes:0} minutes"
                : !row.AwaitsStart && await provisioner.HasEndedAsync(row, cancellation) ? "its process ended before it registered"
                : null;
            if (problem is null)
            {
                continue;
            }

            await database.TransactAsync(
                async connection =>
                {
                    if (await WorkspaceStore.LockAsync(connection, row.Id) is { } now && now.InstanceId == row.InstanceId && now.StartWanted == row.StartWanted
                        && (await WorkspaceStore.ApplyAsync(connection, now, WorkspaceTrigger.ProvisionFailed, new WireMap { ["source"] = "provision_timeout_sweep", ["error"] = problem })).Event is not null)
                    {
                        await connection.ExecuteAsync("UPDATE workspaces SET last_sample_error = @problem WHERE id = @Id", new { problem, row.Id });
                    }

                    return true;
                },
                cancellation);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clock was set by {Seconds:0} s, or this machine slept; for {Grace:0} s no workspace is taken for silent.")]
    private static partial void LogJump(ILogger logger, double seconds, double grace);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sweep was skipped: {Problem}")]
    private static partial void LogSkipped(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Workspace {Workspace} was being started when the control plane ended; starting it again.")]
    private static partial void LogForgotten(ILogger logger, Guid workspace);
}

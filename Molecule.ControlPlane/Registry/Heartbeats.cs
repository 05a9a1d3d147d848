using System.Collections.Immutable;
using Dapper;
using Molecule.ControlPlane.A2a;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Events;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.Registry;

/// <summary>Body of POST /registry/heartbeat (spec/control-plane.md 3.3); numbers that are left out are 0.</summary>
public sealed record Heartbeat
{
    public string? WorkspaceId { get; init; }

    public double ErrorRate { get; init; }

    public string? SampleError { get; init; }

    public int ActiveTasks { get; init; }

    public int UptimeSeconds { get; init; }

    public string? CurrentTask { get; init; }

    /// <summary>US cents.</summary>
    public long MonthlySpend { get; init; }

    /// <summary>Empty or <c>wedged</c>.</summary>
    public string? RuntimeState { get; init; }

    public Metadata? RuntimeMetadata { get; init; }

    public sealed record Metadata(ImmutableDictionary<string, bool>? Capabilities, int? IdleTimeoutSeconds);

    /// <summary>What the beat is to the workspace's state (spec/control-plane.md 4.2). An adapter that manages its own status is not judged by its error rate.</summary>
    public WorkspaceTrigger Trigger()
    {
        var judgesItself = RuntimeMetadata?.Capabilities?.GetValueOrDefault("status_mgmt") is true;
        var hasState = !string.IsNullOrEmpty(RuntimeState);
        return this switch
        {
            { RuntimeState: "wedged" } => WorkspaceTrigger.HeartbeatFailing,
            { ErrorRate: >= 0.5 } when !judgesItself => WorkspaceTrigger.HeartbeatFailing,
            _ when !hasState && (judgesItself || ErrorRate < 0.1) => WorkspaceTrigger.HeartbeatWell,
            _ => WorkspaceTrigger.HeartbeatSteady,
        };
    }
}

/// <summary>Takes heartbeats: figures are stored, the state may change, and the beat is told, which keeps calls in flight alive.</summary>
public sealed class Heartbeats(MoleculeDatabase database, WorkspacePulse pulse, QueueDrain drain)
{
    /// <summary>10^12 cents (spec/control-plane.md 3.3).</summary>
    private const long SpendCap = 1_000_000_000_000;

    /// <summary>Takes a beat.</summary>
    /// <param name="workspace">Whose it says it is.</param>
    /// <param name="beat">The beat.</param>
    /// <param name="bearer">The token that it came with.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>
    /// False for a beat with a revoked token: it is the last one of a start that has been ended, and would put a workspace online that is
    /// being started again. Looked up under the row's lock, for the restart may have come a moment ago.
    /// </returns>
    public async Task<bool> TakeAsync(Guid workspace, Heartbeat beat, string? bearer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(beat);
        var (isStale, hasFreeHand) = await database.TransactAsync(
            async connection =>
            {
                if (await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed } row)
                {
                    return (false, false);
                }

                if (bearer is not null && await TokenStore.WasRevokedAsync(connection, bearer, workspace))
                {
                    return (true, false);
                }

                await connection.ExecuteAsync(
                    """
                    UPDATE workspaces SET last_heartbeat_at = now(), updated_at = now(), last_error_rate = @ErrorRate, last_sample_error = @SampleError,
                        active_tasks = @ActiveTasks, uptime_seconds = @UptimeSeconds, current_task = @CurrentTask,
                        monthly_spend = CASE WHEN @MonthlySpend > 0 THEN LEAST(@MonthlySpend, @SpendCap) ELSE monthly_spend END,
                        idle_timeout_seconds = COALESCE(@idle, idle_timeout_seconds), keeps_sessions = COALESCE(@keepsSessions, keeps_sessions)
                    WHERE id = @workspace
                    """,
                    new
                    {
                        beat.ErrorRate,
                        SampleError = beat.SampleError ?? "",
                        beat.ActiveTasks,
                        beat.UptimeSeconds,
                        CurrentTask = beat.CurrentTask ?? "",
                        beat.MonthlySpend,
                        SpendCap,
                        idle = beat.RuntimeMetadata?.IdleTimeoutSeconds is > 0 and var seconds ? seconds : (int?)null,
                        keepsSessions = beat.RuntimeMetadata?.Capabilities is { } declared ? declared.GetValueOrDefault("session") : (bool?)null,
                        workspace,
                    });
                await WorkspaceStore.ApplyAsync(
                    connection,
                    row,
                    beat.Trigger(),
                    row.Status is WorkspaceStatus.Provisioning ? new WireMap { ["recovered_from"] = row.Status.ToWire() } : null);
                await EventNotices.PublishAsync(connection, "WORKSPACE_HEARTBEAT", workspace, new WireMap { ["active_tasks"] = beat.ActiveTasks, ["uptime_seconds"] = beat.UptimeSeconds });
                if ((row.CurrentTask ?? "") != (beat.CurrentTask ?? ""))
                {
                    await EventNotices.PublishAsync(connection, "TASK_UPDATED", workspace, new WireMap { ["current_task"] = beat.CurrentTask ?? "" });
                }

                return (false, beat.ActiveTasks < row.MaxConcurrentTasks);
            },
            cancellation);
        if (isStale)
        {
            return false;
        }

        // At once for the calls of this control plane; those of another one hear it by the feed.
        pulse.Beat(workspace);
        if (hasFreeHand)
        {
            drain.Offer(workspace);
        }

        return true;
    }
}

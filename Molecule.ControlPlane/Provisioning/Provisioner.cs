using System.Collections.Concurrent;
using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Molecule.Contracts.Provisioning;
using Molecule.ControlPlane.CodexAuth;
using Molecule.ControlPlane.Database;
using Molecule.ControlPlane.Llm;
using Molecule.ControlPlane.Secrets;
using Molecule.ControlPlane.Secrets.Managed;
using Molecule.ControlPlane.Tokens;
using Molecule.ControlPlane.Wire;
using Molecule.ControlPlane.Workspaces;
using Molecule.Registry;

namespace Molecule.ControlPlane.Provisioning;

/// <summary>Starts and stops workspaces through the node, in the background, one thing at a time per workspace (spec/control-plane.md 5.2).</summary>
/// <remarks>Without a node nothing is started: a row stays as it is until somebody registers (14.3).</remarks>
public sealed partial class Provisioner(
    MoleculeDatabase database, SecretStore secrets, ManagedSecrets managed, ProviderRegistry registry, Settings settings, PlatformAddress platform, NodeClient node, CodexAuthRefresh codexAuth, TimeProvider time, ILogger<Provisioner> logger)
    : BackgroundService
{
    /// <summary>The whole of one start (spec/control-plane.md 5.1).</summary>
    public static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    /// <summary>The stop of one workspace (spec/control-plane.md 4.6).</summary>
    public static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long changes are collected before the restart that they cause.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    private const string ResetVariable = "WORKSPACE_RESET_SESSION";

    // Shorter values are words that a message may well hold.
    private const int ShortestSecret = 8;

    private readonly ConcurrentDictionary<Guid, bool> _resets = new();

    private readonly Channel<(Guid Workspace, bool Settles)> _queue = Channel.CreateUnbounded<(Guid, bool)>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Whether there is a node that starts anything.</summary>
    public bool IsThere => settings.NodeUrl is not null;

    /// <summary>Has a workspace in state provisioning started, soon.</summary>
    /// <param name="resetSession">Its conversations are forgotten first (spec/control-plane.md 4.4).</param>
    public void Enqueue(Guid workspace, bool resetSession = false)
    {
        if (resetSession)
        {
            _resets[workspace] = true;
        }

        _queue.Writer.TryWrite((workspace, false));
    }

    /// <summary>Restarts a workspace on the platform's own account (spec/control-plane.md 4.4); one that is not to be is left alone.</summary>
    /// <param name="settles">More of the same may follow at once: one restart answers all of a burst.</param>
    public async Task RestartAsync(Guid workspace, CancellationToken cancellation, bool settles = false)
    {
        if (settings.NodeUrl is null)
        {
            return;
        }

        var restarted = await database.TransactAsync(
            async connection =>
            {
                if (await WorkspaceStore.LockAsync(connection, workspace) is not { Provider: not null } row)
                {
                    return false;
                }

                if (row.AwaitsStart)
                {
                    // It is about to start; if it has read its secrets already, it starts once more.
                    await connection.ExecuteAsync("UPDATE workspaces SET start_wanted = start_wanted + 1, updated_at = now() WHERE id = @workspace", new { workspace });
                }
                else if ((await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.AutoRestart)).IsRefused)
                {
                    return false;
                }

                // The product forgets this (14.1, item 9): the next incarnation would have to bring a token that it may not hold.
                await TokenStore.RevokeAsync(connection, [workspace]);
                return true;
            },
            cancellation);
        if (restarted)
        {
            _queue.Writer.TryWrite((workspace, settles));
        }
    }

    /// <summary>Whether the incarnation is known to have ended. A node that does not answer tells nothing.</summary>
    public async Task<bool> HasEndedAsync(WorkspaceRow row, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (settings.NodeUrl is null || row.InstanceId is not { } instance)
        {
            return false;
        }

        try
        {
            return await node.FindAsync(row.Id, instance, cancellation) is null or { State: "stopped" };
        }
        catch (NodeException e)
        {
            LogUnknown(logger, row.Id, e.Message);
            return false;
        }
    }

    /// <summary>Stops a workspace's incarnation, if it has one. Ends with what went wrong, or null.</summary>
    public async Task<string?> StopAsync(WorkspaceRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (settings.NodeUrl is null || row.InstanceId is not { } instance)
        {
            return null;
        }

        using var timeout = new CancellationTokenSource(StopTimeout);
        try
        {
            await node.StopAsync(row.Id, instance, timeout.Token);
            return null;
        }
        catch (NodeException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException)
        {
            return $"the node did not stop it within {StopTimeout.TotalSeconds:0} s";
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new Dictionary<Guid, Task>();
        try
        {
            await foreach (var (workspace, settles) in _queue.Reader.ReadAllAsync(stoppingToken))
            {
                foreach (var done in running.Where(static entry => entry.Value.IsCompleted).Select(static entry => entry.Key).ToArray())
                {
                    running.Remove(done);
                }

                running[workspace] = StartAfterAsync(running.GetValueOrDefault(workspace, Task.CompletedTask), workspace, settles, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(running.Values);
        }
    }

    private async Task StartAfterAsync(Task before, Guid workspace, bool settles, CancellationToken stopping)
    {
        await before;
        await Task.Yield();
        if (settings.NodeUrl is null)
        {
            return;
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            if (settles && await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), stopping) is { AwaitsStart: true })
            {
                await Task.Delay(Settling, time, stopping);
            }

            timeout.CancelAfter(StartTimeout);
            await StartAsync(workspace, timeout.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The row stays provisioning; this process ends.
        }
        catch (OperationCanceledException)
        {
            await FailAsync(workspace, $"the start took longer than {StartTimeout.TotalMinutes:0} minutes");
        }
        catch (Exception e) when (e is NodeException or DbException or MissingEndpointVariableException or CodexAuthException)
        {
            await FailAsync(workspace, e.Message);
        }
    }

    private async Task StartAsync(Guid workspace, CancellationToken cancellation)
    {
        var asked = await database.QueryAsync(connection => WorkspaceStore.FindAsync(connection, workspace), cancellation);
        if (asked is { AwaitsStart: true })
        {
            await codexAuth.EnsureFreshAsync(workspace, asked.Provider);
        }

        var (row, request, problem) = await database.TransactAsync(connection => PrepareAsync(connection, workspace), cancellation);
        if (row is null)
        {
            return;
        }

        if (request is null)
        {
            await FailAsync(workspace, problem!);
            return;
        }

        if (await StopAsync(row) is { } failure)
        {
            throw new NodeException($"its earlier incarnation could not be stopped: {failure}");
        }

        InstanceStatus instance;
        try
        {
            instance = await node.ProvisionAsync(request, cancellation);
        }
        catch (NodeException e)
        {
            // The text is kept and shown; a node that quotes its request must not carry a secret there.
            throw new NodeException(request.Env.Values.Where(static value => value.Length >= ShortestSecret).Aggregate(e.Message, static (text, value) => text.Replace(value, "[hidden]", StringComparison.Ordinal)));
        }

        // From here on it runs: whatever happens, it must be known or stopped.
        var kept = await database.TransactAsync(
            async connection =>
            {
                if (await WorkspaceStore.LockAsync(connection, workspace) is not { Status: not WorkspaceStatus.Removed })
                {
                    return false;
                }

                await connection.ExecuteAsync(
                    """
                    UPDATE workspaces SET instance_id = @InstanceId, start_done = @StartWanted, updated_at = now(),
                        start_recreates = start_recreates AND start_wanted > @StartWanted, start_restores = CASE WHEN start_wanted > @StartWanted THEN start_restores END
                    WHERE id = @workspace
                    """,
                    new { instance.InstanceId, row.StartWanted, workspace });
                return true;
            },
            CancellationToken.None);
        if (!kept && await StopAsync(row with { InstanceId = instance.InstanceId }) is { } left)
        {
            LogLeftBehind(logger, workspace, left);
        }
    }

    private async Task<(WorkspaceRow? Row, ProvisionRequest? Request, string? Problem)> PrepareAsync(Npgsql.NpgsqlConnection connection, Guid workspace)
    {
        if (await WorkspaceStore.LockAsync(connection, workspace) is not { AwaitsStart: true, Provider: { } name, Model: { } model } row)
        {
            return default;
        }

        if (registry.FindProvider(name) is not { } provider)
        {
            return (row, null, $"the registry has no provider '{name}' any more");
        }

        var (values, failed) = await secrets.ReadAsync(connection, workspace);
        if (!failed.IsEmpty)
        {
            return (row, null, $"secrets that cannot be decrypted: {string.Join(", ", failed)}");
        }

        var token = provider.IsServedByControlPlane ? await UsageTokens.MintAsync(connection, workspace) : null;
        var launch = new Launch(workspace, row.Runtime, model, provider, platform.Url, token);
        var env = managed.Deliver(workspace, WorkspaceEnvironment.Build(launch, values, registry));
        if (_resets.TryRemove(workspace, out _))
        {
            env = env.SetItem(ResetVariable, "1");
        }

        return (row, new ProvisionRequest(settings.OrgId, workspace.ToString(), row.Runtime, row.Tier, platform.Url, env, row.HasDesktop && settings.Desktop.IsEnabled, row.StartRecreates, row.StartRestores), null);
    }

    private async Task FailAsync(Guid workspace, string problem)
    {
        LogFailed(logger, workspace, problem);
        try
        {
            await database.TransactAsync(
                async connection =>
                {
                    if (await WorkspaceStore.LockAsync(connection, workspace) is { } row
                        && await WorkspaceStore.ApplyAsync(connection, row, WorkspaceTrigger.ProvisionFailed, new WireMap { ["error"] = problem }) is { Event: not null })
                    {
                        await connection.ExecuteAsync("UPDATE workspaces SET last_sample_error = @problem, start_recreates = false, start_restores = NULL WHERE id = @workspace", new { problem, workspace });
                    }

                    return true;
                },
                CancellationToken.None);
        }
        catch (DbException e)
        {
            LogUnwritten(logger, workspace, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Workspace {Workspace} could not be started: {Problem}")]
    private static partial void LogFailed(ILogger logger, Guid workspace, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Workspace {Workspace} could not be started, and that could not be written down.")]
    private static partial void LogUnwritten(ILogger logger, Guid workspace, Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether workspace {Workspace} still runs is not known: {Problem}")]
    private static partial void LogUnknown(ILogger logger, Guid workspace, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Workspace {Workspace} was removed while it started and could not be stopped: {Problem}")]
    private static partial void LogLeftBehind(ILogger logger, Guid workspace, string problem);
}

using System.Collections.Immutable;
using System.Globalization;
using Molecule.Contracts.Engines;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.ClaudeCode;

/// <summary>The claude-code runtime: one long-lived program, started anew on the same conversation once it has died (spec 2.1).</summary>
public sealed class ClaudeCodeAgent(
    InstalledEngine engine,
    ClaudeCodeSetup setup,
    AgentFolders folders,
    ImmutableDictionary<string, string> workspaceEnvironment,
    TurnLimits limits,
    TimeProvider time,
    OwnChildren children,
    ILogger<ClaudeCodeAgent> logger) : IAgent
{
    private ClaudeCodeProcess? _claude;
    private string? _session;

    public string Engine => $"{engine.Name} {engine.Version}";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(ConfigFolder());
        try
        {
            _claude = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ClaudeCodeException or TimeoutException)
        {
            throw new AgentSetupException($"claude-code did not start: {e.Message}", e);
        }
    }

    public async Task<TurnReply> RunTurnAsync(string prompt, CancellationToken cancellationToken)
    {
        try
        {
            if (_claude is null or { HasEnded: true })
            {
                await ReleaseAsync().ConfigureAwait(false);
                _claude = await ReconnectAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ClaudeCodeException or TimeoutException or AgentSetupException)
        {
            return new TurnReply(ClaudeCodeResult.ErrorText("subprocess_error", e.Message), null, Failed: true);
        }

        using var silence = new CancellationTokenSource(limits.Silence, time);
        using var total = new CancellationTokenSource(limits.Turn, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, total.Token, cancellationToken);
        try
        {
            var result = await _claude.RunTurnAsync(prompt, () => silence.CancelAfter(limits.Silence), either.Token).ConfigureAwait(false);
            return ClaudeCodeResult.ToReply(result);
        }
        catch (ClaudeCodeException e)
        {
            var tag = _claude.ExitCode is { } code ? $"exit_{code.ToString(CultureInfo.InvariantCulture)}" : "subprocess_error";
            return new TurnReply(ClaudeCodeResult.ErrorText(tag, $"{e.Message}; the next turn starts it again"), null, Failed: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The turn still runs in there: only a new program is certain to be free of it.
            var limit = total.IsCancellationRequested ? limits.Turn : limits.Silence;
            _session = _claude.SessionId ?? _session;
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(
                ClaudeCodeResult.ErrorText("subprocess_error", $"completion stalled: no end within {limit.TotalSeconds:0} s; the agent was restarted"),
                null,
                Failed: true);
        }
        finally
        {
            _session = _claude?.SessionId ?? _session;
        }
    }

    // A conversation that died in its first turn may not have been written down: "No conversation found". A new one is
    // better than failing for ever (issue #488, spec 6).
    private async Task<ClaudeCodeProcess> ReconnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ClaudeCodeException e) when (_session is not null)
        {
            logger.LogWarning("The conversation {Session} cannot be resumed; a new one is begun: {Message}", _session, e.Message);
            _session = null;
            return await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<ClaudeCodeProcess> ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(limits.Start, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await ClaudeCodeProcess.StartAsync(Program(), children, logger, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"claude did not answer within {limits.Start.TotalSeconds:0} s", e);
        }
    }

    private AgentProgram Program()
    {
        ImmutableArray<string> arguments =
        [
            "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose",
            "--strict-mcp-config", "--permission-mode", "bypassPermissions", "--model", setup.Model,
        ];
        return new AgentProgram(
            engine.Path,
            _session is null ? arguments : [.. arguments, "--resume", _session],
            folders.Work,
            AgentEnvironment.Without(workspaceEnvironment, "ANTHROPIC_", "CLAUDE_", "DISABLE_", "KIMI_", "MINIMAX_")
                .SetItem("HOME", folders.Home)
                .SetItem("CLAUDE_CONFIG_DIR", ConfigFolder())
                .SetItem("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
                .SetItem("CLAUDE_CODE_MAX_RETRIES", ClaudeCodeSetup.Retries.ToString(CultureInfo.InvariantCulture))
                .SetItems(Sandbox())
                .SetItems(setup.Variables));
    }

    // The program refuses to bypass permissions as root unless it is told that it stands in a sandbox (driving-the-runtimes.md 1, Root).
    private static ImmutableDictionary<string, string> Sandbox() =>
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? ImmutableDictionary<string, string>.Empty.Add("IS_SANDBOX", "1")
            : ImmutableDictionary<string, string>.Empty;

    private string ConfigFolder() => Path.Combine(folders.Home, ".claude");

    private async ValueTask ReleaseAsync()
    {
        if (_claude is { } claude)
        {
            _claude = null;
            await claude.DisposeAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => ReleaseAsync();
}

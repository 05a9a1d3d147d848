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

    public string? Session => _session;

    public void ContinueFrom(string session) => _session = session;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(ConfigFolder());
        try
        {
            _claude = await ReconnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ClaudeCodeException or TimeoutException)
        {
            throw new AgentStartException($"claude-code did not start: {e.Message}", e);
        }
    }

    public async Task<TurnReply> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken)
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
            return new TurnReply(ClaudeCodeResult.ErrorText("subprocess_error", e.Message), null, Failed: true, Wedged: true);
        }

        using var clock = new TurnClock(limits, time, cancellationToken);
        var text = new ClaudeCodeText(onText);
        try
        {
            var result = await _claude.RunTurnAsync(
                prompt,
                line =>
                {
                    clock.Heard();
                    text.Take(line);
                },
                clock.Token).ConfigureAwait(false);
            return ClaudeCodeResult.ToReply(result);
        }
        catch (ClaudeCodeException e)
        {
            var tag = _claude.ExitCode is { } code ? $"exit_{code.ToString(CultureInfo.InvariantCulture)}" : "subprocess_error";
            return new TurnReply(ClaudeCodeResult.ErrorText(tag, $"{e.Message}; the next turn starts it again"), null, Failed: true);
        }
        catch (Exception e) when (JsonLine.IsOfAnotherShape(e))
        {
            // Who knows where in its protocol it stands: only a new program is certain to be at the beginning of a turn.
            _session = _claude.SessionId ?? _session;
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(ClaudeCodeResult.ErrorText("subprocess_error", $"claude wrote what cannot be read ({e.Message}); the agent was restarted"), null, Failed: true);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await InterruptAsync(_claude).ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException)
        {
            // The turn still runs in there: only a new program is certain to be free of it.
            _session = _claude.SessionId ?? _session;
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(
                ClaudeCodeResult.ErrorText("subprocess_error", $"completion stalled: no end within {clock.Reached.TotalSeconds:0} s; the agent was restarted"),
                null,
                Failed: true,
                Wedged: true);
        }
        finally
        {
            _session = _claude?.SessionId ?? _session;
        }
    }

    private async Task InterruptAsync(ClaudeCodeProcess claude)
    {
        using var grace = new CancellationTokenSource(limits.Interrupt, time);
        try
        {
            await claude.InterruptAsync(grace.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ClaudeCodeException or OperationCanceledException)
        {
            logger.LogWarning("claude did not give the turn up within {Limit} s and is replaced.", limits.Interrupt.TotalSeconds);
            _session = claude.SessionId ?? _session;
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    public async Task ResetSessionAsync(CancellationToken cancellationToken)
    {
        await ReleaseAsync().ConfigureAwait(false);
        _session = null;

        // All of them, as the product does when it heals an overflow (spec 2.1): subagents keep theirs beside the conversation's.
        TranscriptFiles.Remove(ProjectsFolder(), "*.jsonl");
    }

    public async Task<Transcript> TranscriptAsync(CancellationToken cancellationToken)
    {
        var session = _claude?.SessionId ?? _session;
        var file = session is null ? null : TranscriptFiles.Find(ProjectsFolder(), session + ".jsonl").FirstOrDefault();
        return new Transcript(".claude/projects", await TranscriptFiles.ReadAsync(file, cancellationToken).ConfigureAwait(false));
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
            "-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-partial-messages",
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
                .SetItems(CompactionChoice())
                .SetItems(Sandbox())
                .SetItems(setup.Variables));
    }

    // Whether a full conversation is the program's to make room in, or the platform's to begin anew, is for the workspace's owner to say
    // (driving-the-runtimes.md 1, Errors; docs/decisions/0020).
    private Dictionary<string, string> CompactionChoice() =>
        workspaceEnvironment.Where(static v => v.Key is "DISABLE_AUTO_COMPACT" or "DISABLE_COMPACT").ToDictionary(StringComparer.Ordinal);

    // The program refuses to bypass permissions as root unless it is told that it stands in a sandbox (driving-the-runtimes.md 1, Root).
    private static ImmutableDictionary<string, string> Sandbox() =>
        OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess
            ? ImmutableDictionary<string, string>.Empty.Add("IS_SANDBOX", "1")
            : ImmutableDictionary<string, string>.Empty;

    private string ConfigFolder() => Path.Combine(folders.Home, ".claude");

    private string ProjectsFolder() => Path.Combine(ConfigFolder(), "projects");

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

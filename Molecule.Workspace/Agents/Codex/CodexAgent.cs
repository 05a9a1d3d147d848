using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Contracts.Engines;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.Codex;

/// <summary>The codex runtime: one long-lived <c>codex app-server</c>, started anew for the next turn once it has died (spec 2.2).</summary>
public sealed class CodexAgent(
    InstalledEngine engine,
    CodexSetup setup,
    AgentFolders folders,
    ImmutableDictionary<string, string> workspaceEnvironment,
    TurnLimits limits,
    TimeProvider time,
    OwnChildren children,
    ILogger<CodexAgent> logger) : IAgent
{
    // Measured with 0.169.0: a server that refreshes its login in the middle of a turn, after a 401, may find itself without the policy by which it
    // allows connections, and ends the turn with "Fatal error: application network policy is unavailable". One that starts with the new login has it.
    private const string LostPolicy = "application network policy is unavailable";

    private CodexAppServer? _server;
    private string? _thread;
    private CodexTurn? _turn;

    public string Engine => $"{engine.Name} {engine.Version}";

    public string? Session => _thread;

    public void ContinueFrom(string session) => _thread = session;

    /// <summary>The prefix of every error text of this runtime (spec 1.7).</summary>
    public static string ErrorText(string message) => $"[codex error] {message}";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var home = CodexHome();
        Directory.CreateDirectory(home);
        await File.WriteAllTextAsync(Path.Combine(home, "config.toml"), setup.ConfigToml, cancellationToken).ConfigureAwait(false);
        var auth = CodexRotation.FileIn(folders.Home);
        if (setup.AuthJson is null)
        {
            File.Delete(auth);
        }

        // A stale file is overwritten (spec 2.2); one that codex has refreshed since is the only login that still holds.
        else if (!File.Exists(auth) || !CodexRotation.IsOf(setup.AuthJson, await File.ReadAllTextAsync(auth, cancellationToken).ConfigureAwait(false)))
        {
            await SecretFile.WriteAsync(auth, setup.AuthJson, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            _server = await ReconnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is CodexException or TimeoutException)
        {
            throw new AgentStartException($"codex did not start: {e.Message}", e);
        }
    }

    public async Task<TurnReply> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken)
    {
        var heard = false;
        var reply = await OnceAsync(
            prompt,
            piece =>
            {
                heard = true;
                onText(piece);
            },
            cancellationToken).ConfigureAwait(false);
        if (!reply.Failed || heard || !reply.Text.Contains(LostPolicy, StringComparison.Ordinal))
        {
            return reply;
        }

        logger.LogWarning("codex lost its network policy as it refreshed its login; the turn is given to a new server");
        await ReleaseAsync().ConfigureAwait(false);
        return await OnceAsync(prompt, onText, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TurnReply> OnceAsync(string prompt, Action<string> onText, CancellationToken cancellationToken)
    {
        try
        {
            if (_server is null or { HasEnded: true })
            {
                await ReleaseAsync().ConfigureAwait(false);
                _server = await ReconnectAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is CodexException or TimeoutException or AgentSetupException)
        {
            return new TurnReply($"[codex unreachable] {e.Message}", null, Failed: true, Wedged: true);
        }

        using var clock = new TurnClock(limits, time, cancellationToken);
        _turn = null;
        try
        {
            return await TurnAsync(_server, prompt, clock.ToCaller(onText), clock).ConfigureAwait(false);
        }
        catch (CodexException e)
        {
            return new TurnReply(ErrorText(e.Message), null, Failed: true);
        }
        catch (Exception e) when (JsonLine.IsOfAnotherShape(e))
        {
            // Who knows where in its protocol it stands: only a new server is certain to be at the beginning of a turn.
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(ErrorText($"app-server wrote what cannot be read ({e.Message}); the agent was restarted"), null, Failed: true);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await InterruptAsync(_server).ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException)
        {
            // The turn still runs in there: only a new server is certain to be free of it.
            var tooLong = clock.IsOverTime;
            await ReleaseAsync().ConfigureAwait(false);
            return tooLong
                ? new TurnReply($"[codex turn timed out after {limits.Turn.TotalSeconds:0}s]", null, Failed: true, Wedged: true)
                : new TurnReply(ErrorText($"no sign of life for {limits.Silence.TotalSeconds:0}s; the agent was restarted"), null, Failed: true, Wedged: true);
        }
    }

    private async Task<TurnReply> TurnAsync(CodexAppServer server, string prompt, Action<string> onText, TurnClock clock)
    {
        var started = await server.CallAsync(
            "turn/start",
            new JsonObject
            {
                ["threadId"] = server.ThreadId,
                ["input"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = prompt }),
            },
            clock.Token).ConfigureAwait(false);
        var turn = new CodexTurn((string?)started?["turn"]?["id"] ?? throw new CodexException("turn/start answered no turn id"), onText);
        _turn = turn;
        await foreach (var notification in server.Notifications.ReadAllAsync(clock.Token).ConfigureAwait(false))
        {
            clock.Heard();
            turn.Take(notification);
            if (turn.Reply is { } reply)
            {
                return reply;
            }
        }

        throw new CodexException($"app-server ended during the turn ({server.Ending}); the next turn starts a new one");
    }

    // The server answers the call, then reports the turn as completed, interrupted (seen of 0.169.0).
    private async Task InterruptAsync(CodexAppServer server)
    {
        using var grace = new CancellationTokenSource(limits.Interrupt, time);
        try
        {
            if (_turn is not { } turn)
            {
                throw new CodexException("the turn's id is not known yet");
            }

            await server.CallAsync("turn/interrupt", new JsonObject { ["threadId"] = server.ThreadId, ["turnId"] = turn.Id }, grace.Token).ConfigureAwait(false);
            await foreach (var notification in server.Notifications.ReadAllAsync(grace.Token).ConfigureAwait(false))
            {
                turn.Take(notification);
                if (turn.Reply is not null)
                {
                    return;
                }
            }

            throw new CodexException($"app-server ended ({server.Ending})");
        }
        catch (Exception e) when (e is CodexException or OperationCanceledException)
        {
            logger.LogWarning("codex did not give the turn up and is replaced: {Message}", e.Message);
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    public async Task ResetSessionAsync(CancellationToken cancellationToken)
    {
        if (_server is { HasEnded: false } server && _thread is { } thread)
        {
            // The server forgets what its own database knows of the thread, too; one that never ran is unknown to it.
            try
            {
                await server.CallAsync("thread/delete", new JsonObject { ["threadId"] = thread }, cancellationToken).WaitAsync(limits.Start, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is CodexException or TimeoutException)
            {
                logger.LogInformation("codex did not delete the thread {Thread}: {Message}", thread, e.Message);
            }
        }

        await ReleaseAsync().ConfigureAwait(false);
        _thread = null;
        TranscriptFiles.Remove(SessionsFolder(), "rollout-*.jsonl");
    }

    public async Task<Transcript> TranscriptAsync(CancellationToken cancellationToken)
    {
        var file = _thread is { } thread ? TranscriptFiles.Find(SessionsFolder(), $"rollout-*-{thread}.jsonl").FirstOrDefault() : null;
        return new Transcript(".codex/sessions", await TranscriptFiles.ReadAsync(file, cancellationToken).ConfigureAwait(false));
    }

    // A thread without a whole turn may not have been written down: "no rollout found". A new one is better than failing for ever.
    private async Task<CodexAppServer> ReconnectAsync(CancellationToken cancellationToken)
    {
        CodexAppServer server;
        try
        {
            server = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (CodexException e) when (_thread is not null)
        {
            logger.LogWarning("The conversation {Thread} cannot be resumed; a new one is begun: {Message}", _thread, e.Message);
            _thread = null;
            server = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }

        _thread = server.ThreadId;
        return server;
    }

    private async Task<CodexAppServer> ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(limits.Start, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await CodexAppServer.StartAsync(Program(), setup.Model, _thread, children, logger, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"codex app-server did not answer within {limits.Start.TotalSeconds:0} s", e);
        }
    }

    private AgentProgram Program() => new(
        engine.Path,
        ["app-server"],
        folders.Work,
        AgentEnvironment.Without(workspaceEnvironment, "OPENAI_", "CODEX_", "CHATGPT_", "MINIMAX_")
            .SetItem("CODEX_HOME", CodexHome())
            .SetItem("HOME", folders.Home)
            .SetItems(setup.Variables));

    private string CodexHome() => Path.Combine(folders.Home, ".codex");

    private string SessionsFolder() => Path.Combine(CodexHome(), "sessions");

    private async ValueTask ReleaseAsync()
    {
        if (_server is { } server)
        {
            _server = null;
            await server.DisposeAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => ReleaseAsync();
}

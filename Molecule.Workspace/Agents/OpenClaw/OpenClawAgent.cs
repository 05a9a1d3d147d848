using System.Collections.Immutable;
using System.Security.Cryptography;
using Molecule.Contracts.Engines;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.OpenClaw;

/// <summary>The openclaw runtime: one long-lived gateway, started anew on the same conversation once it has died (spec 2.4).</summary>
public sealed class OpenClawAgent(
    InstalledEngine engine,
    OpenClawSetup setup,
    AgentFolders folders,
    ImmutableDictionary<string, string> workspaceEnvironment,
    TurnLimits limits,
    TimeProvider time,
    OwnChildren children,
    ILogger<OpenClawAgent> logger) : IAgent
{
    private const string StateFolder = ".openclaw";
    private const int Attempts = 3;
    private static readonly TimeSpan ProbeLimit = TimeSpan.FromSeconds(20);

    private OpenClawGateway? _gateway;
    private string? _session;
    private int _name;

    public string Engine => $"{engine.Name} {engine.Version}";

    public string? Session => _session;

    public void ContinueFrom(string session) => _session = session;

    /// <summary>The prefix of every error text of this runtime (spec 1.7).</summary>
    public static string ErrorText(string message) => $"OpenClaw error: {message}";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        using (var http = new HttpClient { Timeout = ProbeLimit })
        {
            await OpenClawProbe.AskAsync(setup, workspaceEnvironment.GetValueOrDefault("WORKSPACE_ID") ?? "without a name", http, logger, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            _gateway = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OpenClawException or TimeoutException)
        {
            throw new AgentStartException($"openclaw did not start: {e.Message}", e);
        }
    }

    public async Task<TurnReply> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken)
    {
        try
        {
            if (_gateway is null or { HasEnded: true })
            {
                await ReleaseAsync().ConfigureAwait(false);
                _gateway = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OpenClawException or TimeoutException or AgentSetupException)
        {
            return new TurnReply(ErrorText(e.Message), null, Failed: true, Wedged: true);
        }

        using var clock = new TurnClock(limits, time, cancellationToken);
        var answer = new AnswerStream(onText);
        var mark = _gateway.Mark;
        try
        {
            var (text, tokens) = await UnderTheNextNameAsync(
                _gateway,
                prompt,
                clock.Hear(answer.Add),
                clock.Token).ConfigureAwait(false);
            return new TurnReply(text.Trim() is { Length: > 0 } said ? said : TurnReply.NoText, tokens, Failed: false);
        }
        catch (OpenClawException e)
        {
            _name++;
            var ending = _gateway.HasEnded ? $"; it has ended ({_gateway.Ending}), the next turn starts it again" : "";
            var overflow = _gateway.OverflowSince(mark) is { } told ? $" ({told})" : "";
            return new TurnReply(ErrorText(e.Message + overflow + ending), null, Failed: true);
        }
        catch (Exception e) when (JsonLine.IsOfAnotherShape(e))
        {
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(ErrorText($"the gateway sent what cannot be read ({e.Message}); it was restarted"), null, Failed: true);
        }
        catch (OperationCanceledException)
        {
            // The gateway gives the turn up when its caller has gone; one that does not even answer is replaced.
            await ReplaceIfDeafAsync(_gateway).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return new TurnReply($"OpenClaw timed out after {clock.Reached.TotalSeconds:0}s", null, Failed: true);
        }
    }

    // A name that openclaw leaves alone, since a refusal before this start perhaps, costs no request: the next one is taken at once.
    private async Task<(string Text, Contracts.Journal.TokenCount? Tokens)> UnderTheNextNameAsync(
        OpenClawGateway gateway, string prompt, Action<string> onText, CancellationToken cancellationToken)
    {
        for (var left = OpenClawConfig.Names; ; left--)
        {
            try
            {
                return await Conversation(gateway).RunTurnAsync(prompt, OpenClawConfig.Reference(setup.Model, _name), onText, cancellationToken).ConfigureAwait(false);
            }
            catch (OpenClawException e) when (left > 1 && e.Message.Contains("is temporarily disabled after", StringComparison.Ordinal))
            {
                _name++;
            }
        }
    }

    private async Task ReplaceIfDeafAsync(OpenClawGateway gateway)
    {
        using var grace = new CancellationTokenSource(limits.Interrupt, time);
        try
        {
            if (await gateway.IsAliveAsync(grace.Token).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            logger.LogWarning("openclaw's gateway did not answer within {Limit} s and is replaced.", limits.Interrupt.TotalSeconds);
        }

        await ReleaseAsync().ConfigureAwait(false);
    }

    public async Task ResetSessionAsync(CancellationToken cancellationToken)
    {
        await ReleaseAsync().ConfigureAwait(false);
        _session = null;

        // Where the gateway keeps its conversations: deleting one by its own call leaves the transcript in there (rpc-session-control in its docs).
        foreach (var file in TranscriptFiles.Find(Path.Combine(State(), "agents"), "openclaw-agent.sqlite*").ToList())
        {
            File.Delete(file);
        }
    }

    public async Task<Transcript> TranscriptAsync(CancellationToken cancellationToken)
    {
        // Only the gateway can read its database; one that has died says no more than one that never began.
        var lines = ImmutableArray<string>.Empty;
        if (_gateway is { HasEnded: false } gateway && _session is not null)
        {
            try
            {
                lines = await Conversation(gateway).HistoryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException e)
            {
                logger.LogWarning("The gateway did not give its history: {Message}", e.Message);
            }
        }

        return new Transcript(StateFolder, lines);
    }

    private OpenClawConversation Conversation(OpenClawGateway gateway) => new(gateway, _session ??= Guid.NewGuid().ToString());

    private async Task<OpenClawGateway> ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(limits.Start, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            var gateway = await LaunchAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await gateway.ReadyAsync(either.Token).ConfigureAwait(false);
                if (_session is not null && (await Conversation(gateway).HistoryAsync(either.Token).ConfigureAwait(false)).IsEmpty)
                {
                    logger.LogWarning("The gateway does not know the conversation {Session}; a new one is begun.", _session);
                    _session = null;
                }

                return gateway;
            }
            catch (OpenClawException e) when (attempt < Attempts && e.Message.Contains("EADDRINUSE", StringComparison.Ordinal))
            {
                // Somebody took the port between our asking and the gateway's binding.
                logger.LogWarning("The gateway's port was taken; another is tried.");
                await gateway.DisposeAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                var ending = gateway.Ending;
                await gateway.DisposeAsync().ConfigureAwait(false);
                throw new TimeoutException($"openclaw's gateway was not ready within {limits.Start.TotalSeconds:0} s ({ending})", e);
            }
            catch
            {
                await gateway.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    private async Task<OpenClawGateway> LaunchAsync(CancellationToken cancellationToken)
    {
        var port = OpenClawGateway.FreePort();
        Directory.CreateDirectory(Path.Combine(State(), "workspace"));
        await SecretFile.WriteAsync(Path.Combine(State(), "openclaw.json"), OpenClawConfig.Render(setup, State(), port), cancellationToken).ConfigureAwait(false);
        var token = RandomNumberGenerator.GetHexString(64, lowercase: true);
        return OpenClawGateway.Start(Program(token), port, token, children, logger);
    }

    private AgentProgram Program(string token) => new(
        engine.Node ?? throw new AgentSetupException("The manifest of installed runtimes names no Node.js for openclaw: install the runtimes again."),
        [engine.Path, "gateway", "run"],
        folders.Work,
        AgentEnvironment.Without(workspaceEnvironment, "OPENCLAW_", "NODE_", "GROQ_", "OPENAI_", "MINIMAX_", "MOONSHOT_", "KIMI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_")
            .SetItem("HOME", folders.Home)
            .SetItem("OPENCLAW_GATEWAY_TOKEN", token)
            .SetItem(OpenClawConfig.KeyVariable, setup.Key)

            // One process without a wrapper, and nothing but the agent (driving-the-runtimes.md 3). A compile cache was measured to save nothing.
            .SetItem("OPENCLAW_NO_RESPAWN", "1")
            .SetItem("OPENCLAW_SKIP_CHANNELS", "1")
            .SetItem("OPENCLAW_SKIP_CRON", "1")
            .SetItem("OPENCLAW_DISABLE_BONJOUR", "1")
            .SetItem("OPENCLAW_NO_AUTO_UPDATE", "1")
            .SetItem("NODE_DISABLE_COMPILE_CACHE", "1"));

    private string State() => Path.Combine(folders.Home, StateFolder);

    private async ValueTask ReleaseAsync()
    {
        if (_gateway is { } gateway)
        {
            _gateway = null;
            await gateway.DisposeAsync().ConfigureAwait(false);
            OpenClawLocks.Remove(State());
        }
    }

    public ValueTask DisposeAsync() => ReleaseAsync();
}

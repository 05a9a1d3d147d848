using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.GoogleAdk;

/// <summary>The google-adk runtime: one long-lived script, started anew on the same conversation once it has died (spec 2.5).</summary>
public sealed class GoogleAdkAgent(
    InstalledEngine engine,
    GoogleAdkSetup setup,
    AgentFolders folders,
    ImmutableDictionary<string, string> workspaceEnvironment,
    TurnLimits limits,
    TimeProvider time,
    OwnChildren children,
    ILogger<GoogleAdkAgent> logger) : IAgent
{
    private const string Folder = ".google-adk";
    private const string SessionsFolder = "sessions";
    private const int LongestError = 300;

    // spec 2.5: what a caller sees of a turn that ended without words on this runtime.
    private const string NoText = "(no response)";

    private GoogleAdkProcess? _adk;
    private string? _session;

    public string Engine => $"{engine.Name} {engine.Version}";

    public string? Session => _session;

    public void ContinueFrom(string session) => _session = session;

    /// <summary>The error text of this runtime: its prefix and the message's first line, at most 300 characters of it (spec 2.5).</summary>
    public static string ErrorText(string message)
    {
        var line = message.TrimStart().AsSpan();
        if (line.IndexOfAny('\r', '\n') is var end and >= 0)
        {
            line = line[..end];
        }

        return $"[A2A_ERROR] google-adk runtime error: {line[..Math.Min(line.Length, LongestError)]}";
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Sessions());
        try
        {
            _adk = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GoogleAdkException or TimeoutException)
        {
            throw new AgentStartException($"google-adk did not start: {e.Message}", e);
        }
    }

    public async Task<TurnReply> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken)
    {
        try
        {
            if (_adk is null or { HasEnded: true })
            {
                await ReleaseAsync().ConfigureAwait(false);
                _adk = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is GoogleAdkException or TimeoutException or AgentSetupException)
        {
            return new TurnReply(ErrorText(e.Message), null, Failed: true, Wedged: true);
        }

        using var clock = new TurnClock(limits, time, cancellationToken);
        var answer = new AnswerStream(onText);
        try
        {
            var end = await _adk.RunTurnAsync(
                prompt,
                clock.Hear(answer.Add),
                clock.Token).ConfigureAwait(false);
            return ToReply(end);
        }
        catch (GoogleAdkException e)
        {
            return new TurnReply(ErrorText($"{e.Message}; the next turn starts it again"), null, Failed: true);
        }
        catch (Exception e) when (JsonLine.IsOfAnotherShape(e))
        {
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(ErrorText($"the agent wrote what cannot be read ({e.Message}); it was restarted"), null, Failed: true);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await CancelAsync(_adk).ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException)
        {
            // The turn still runs in there: only a new process is certain to be free of it.
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(ErrorText($"no end within {clock.Reached.TotalSeconds:0} s; the agent was restarted"), null, Failed: true, Wedged: true);
        }
    }

    private static TurnReply ToReply(JsonObject end)
    {
        var tokens = end["tokens"] is JsonObject used ? new TokenCount((long?)used["input"] ?? 0, (long?)used["output"] ?? 0) : null;
        return (string?)end["type"] is "done"
            ? new TurnReply(((string?)end["text"])?.Trim() is { Length: > 0 } text ? text : NoText, tokens, Failed: false)
            : new TurnReply(ErrorText((string?)end["message"] ?? "the turn failed without a reason"), tokens, Failed: true);
    }

    private async Task CancelAsync(GoogleAdkProcess adk)
    {
        using var grace = new CancellationTokenSource(limits.Interrupt, time);
        try
        {
            await adk.CancelTurnAsync(grace.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is GoogleAdkException or OperationCanceledException)
        {
            logger.LogWarning("google-adk did not give the turn up and is replaced: {Message}", e.Message);
            await ReleaseAsync().ConfigureAwait(false);
        }
    }

    public async Task ResetSessionAsync(CancellationToken cancellationToken)
    {
        await ReleaseAsync().ConfigureAwait(false);
        _session = null;
        TranscriptFiles.Remove(Sessions(), "*.jsonl");
    }

    public async Task<Transcript> TranscriptAsync(CancellationToken cancellationToken)
    {
        var file = _session is { } session ? Path.Combine(Sessions(), $"{session}.jsonl") : null;
        return new Transcript($"{Folder}/{SessionsFolder}", await TranscriptFiles.ReadAsync(file, cancellationToken).ConfigureAwait(false));
    }

    private async Task<GoogleAdkProcess> ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(limits.Start, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var adk = await GoogleAdkProcess.StartAsync(Program(), children, logger, either.Token).ConfigureAwait(false);
            _session = adk.Session;
            return adk;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"google-adk was not ready within {limits.Start.TotalSeconds:0} s", e);
        }
    }

    private AgentProgram Program()
    {
        ImmutableArray<string> arguments = [engine.Path, "--wire", setup.Wire, "--model", setup.Model, "--sessions", Sessions()];
        return new AgentProgram(
            engine.Node ?? throw new AgentSetupException("The manifest of installed runtimes names no Node.js for google-adk: install the runtimes again."),
            _session is null ? arguments : [.. arguments, "--session", _session],
            folders.Work,
            AgentEnvironment.Without(workspaceEnvironment, "GOOGLE_", "GEMINI_", "GCE_", "OPENAI_", "NODE_")
                .SetItem("HOME", folders.Home)
                .SetItems(setup.Variables));
    }

    private string Sessions() => Path.Combine(folders.Home, Folder, SessionsFolder);

    private async ValueTask ReleaseAsync()
    {
        if (_adk is { } adk)
        {
            _adk = null;
            await adk.DisposeAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => ReleaseAsync();
}

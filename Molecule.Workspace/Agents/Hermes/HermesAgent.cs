using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.Hermes;

/// <summary>
/// The hermes runtime, driven over its API server: one long-lived gateway with the conversation on its side, started anew for the next turn once it
/// has died (spec/runtimes-and-providers.md 2.3).
/// </summary>
public sealed class HermesAgent(
    HermesSource source,
    HermesSetup? setup,
    AgentFolders folders,
    ImmutableDictionary<string, string> workspaceEnvironment,
    TurnLimits limits,
    TimeProvider time,
    OwnChildren children,
    ILogger<HermesAgent> logger) : IAgent
{
    private const string FolderName = ".hermes";

    private HermesGateway? _gateway;
    private string? _session;
    private bool _isTold;

    public string Engine => source.Engine;

    public string? Session => _session;

    public void ContinueFrom(string session) => (_session, _isTold) = (session, true);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (source.Url is null)
            {
                await WriteHomeAsync(cancellationToken).ConfigureAwait(false);
            }

            _gateway = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HermesException or HttpRequestException or TimeoutException)
        {
            throw new AgentStartException($"hermes did not start: {e.Message}", e);
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
        catch (Exception e) when (e is HermesException or HttpRequestException or TimeoutException or AgentSetupException)
        {
            return Unreachable(e.Message);
        }

        _session ??= Guid.NewGuid().ToString();
        using var clock = new TurnClock(limits, time, cancellationToken);
        try
        {
            return await _gateway.Api.RunTurnAsync(_session, prompt, clock.ToCaller(onText), clock.Heard, clock.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await InterruptAsync(_gateway).ConfigureAwait(false);
            throw;
        }
        catch (OperationCanceledException)
        {
            // The turn may still run in there: only a new gateway is certain to be free of it.
            await ReleaseAsync().ConfigureAwait(false);
            return new TurnReply(HermesTurn.ErrorText(504, $"no reply within {clock.Reached.TotalSeconds:0}s; the agent was restarted"), null, Failed: true, Wedged: true);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            var ending = _gateway.Ending;
            await ReleaseAsync().ConfigureAwait(false);
            return Unreachable($"{e.Message} ({(ending.Length > 0 ? ending : "it runs elsewhere")}); the next turn connects anew");
        }
    }

    public async Task ResetSessionAsync(CancellationToken cancellationToken)
    {
        if (_session is { } session)
        {
            try
            {
                _gateway = _gateway is null or { HasEnded: true } ? await ConnectAsync(cancellationToken).ConfigureAwait(false) : _gateway;
                await _gateway.Api.DeleteAsync(session, cancellationToken).WaitAsync(limits.Start, time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is HermesException or HttpRequestException or TimeoutException)
            {
                logger.LogWarning("hermes did not delete the session {Session}: {Message}", session, e.Message);
            }
        }

        _session = null;
    }

    public async Task<Transcript> TranscriptAsync(CancellationToken cancellationToken)
    {
        ImmutableArray<string> lines = [];
        if (_session is { } session && _gateway is { HasEnded: false } gateway)
        {
            try
            {
                lines = await gateway.Api.MessagesAsync(session, cancellationToken).WaitAsync(limits.Start, time, cancellationToken).ConfigureAwait(false) ?? [];
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException)
            {
                logger.LogWarning("hermes did not tell the session's messages: {Message}", e.Message);
            }
        }

        return new Transcript($"{FolderName}/sessions", lines);
    }

    // Rendered before each start of the workspace, not of the gateway: hermes may add to it.
    private async Task WriteHomeAsync(CancellationToken cancellationToken)
    {
        var home = setup ?? throw new AgentSetupException("hermes has no setup.");
        HermesHome.Prepare(Home(), workspaceEnvironment.GetValueOrDefault("WORKSPACE_CONFIG_PATH"));
        await SecretFile.WriteAsync(Path.Combine(Home(), "config.yaml"), home.ConfigYaml, cancellationToken).ConfigureAwait(false);
        await SecretFile.WriteAsync(Path.Combine(Home(), ".env"), home.DotEnv, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HermesGateway> ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(limits.Start, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var gateway = source.Url is { } url
                ? await HermesGateway.ConnectAsync(url, source.Key!, logger, either.Token).ConfigureAwait(false)
                : await HermesGateway.StartAsync(Program(source.Program!), children, logger, either.Token).ConfigureAwait(false);
            await TakeUpAsync(gateway, either.Token).ConfigureAwait(false);
            return gateway;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"hermes gateway did not answer within {limits.Start.TotalSeconds:0} s", e);
        }
    }

    // A session that hermes does not know would be begun under the old name: whoever asks could not tell that it is a fresh one.
    private async Task TakeUpAsync(HermesGateway gateway, CancellationToken cancellationToken)
    {
        if (!_isTold || _session is not { } session)
        {
            return;
        }

        _isTold = false;
        if (await gateway.Api.MessagesAsync(session, cancellationToken).ConfigureAwait(false) is null)
        {
            logger.LogWarning("The conversation {Session} cannot be resumed; a new one is begun.", session);
            _session = null;
        }
    }

    // The caller's going interrupts the turn (read in hermes-agent: gateway/platforms/api_server.py); the session's next turn waits for that. A gateway
    // that does not even answer will not do it.
    private async Task InterruptAsync(HermesGateway gateway)
    {
        if (source.Url is not null)
        {
            return;
        }

        using var grace = new CancellationTokenSource(limits.Interrupt, time);
        try
        {
            if (await gateway.Api.AnswersAsync(grace.Token).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // Below.
        }

        logger.LogWarning("hermes did not answer after a turn was given up, and is replaced.");
        await ReleaseAsync().ConfigureAwait(false);
    }

    private AgentProgram Program(string path)
    {
        var environment = AgentEnvironment.Without(workspaceEnvironment, "HERMES_", "API_SERVER_", "OPENAI_", "ANTHROPIC_", "CLAUDE_", "KIMI_", "MINIMAX_", "GEMINI_", "GOOGLE_")
            .SetItem("HOME", folders.Home)
            .SetItem("HERMES_HOME", Home());
        return new AgentProgram(path, ["gateway"], folders.Work, source.IsEmulated ? environment.SetItem("DOTNET_ROOT", DotnetRoot()) : environment);
    }

    // The stand-in is a .NET program: it runs on the .NET that runs this one.
    private static string DotnetRoot() => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private string Home() => Path.Combine(folders.Home, FolderName);

    private static TurnReply Unreachable(string why) => new($"[hermes-agent unreachable] {why}", null, Failed: true, Wedged: true);

    private async ValueTask ReleaseAsync()
    {
        if (_gateway is { } gateway)
        {
            _gateway = null;
            await gateway.DisposeAsync().ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => ReleaseAsync();
}

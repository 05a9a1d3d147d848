using System.Text.Json.Nodes;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.GoogleAdk;

/// <summary>The running script runtimes/google-adk/agent.mjs: one agent of the Agent Development Kit and its one conversation.</summary>
public sealed class GoogleAdkProcess : IAsyncDisposable
{
    private readonly LineProcess _process;
    private readonly ILogger _logger;
    private long _turn;

    private GoogleAdkProcess(LineProcess process, ILogger logger) => (_process, _logger) = (process, logger);

    /// <summary>The conversation's id.</summary>
    public string Session { get; private set; } = "";

    public bool HasEnded => _process.HasEnded;

    /// <summary>Starts the script and waits until it is ready.</summary>
    /// <exception cref="GoogleAdkException">It ended.</exception>
    /// <exception cref="OperationCanceledException">It was not ready in time.</exception>
    public static async Task<GoogleAdkProcess> StartAsync(AgentProgram program, OwnChildren children, ILogger logger, CancellationToken cancellationToken)
    {
        var adk = new GoogleAdkProcess(LineProcess.Start(program, children, logger), logger);
        try
        {
            var ready = await adk.ReadAsync(static message => (string?)message["type"] is "ready", cancellationToken).ConfigureAwait(false);
            adk.Session = (string?)ready["session"] ?? throw new GoogleAdkException("it named no conversation");
            return adk;
        }
        catch (Exception e) when (JsonLine.IsOfAnotherShape(e))
        {
            await adk.DisposeAsync().ConfigureAwait(false);
            throw new GoogleAdkException($"it wrote what cannot be read: {e.Message}", e);
        }
        catch
        {
            await adk.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs one turn.</summary>
    /// <param name="prompt">What the user says.</param>
    /// <param name="onText">Told each piece of the answer, in order.</param>
    /// <param name="cancellationToken">Ends the wait, not the turn.</param>
    /// <returns>The message that ended the turn: its type is <c>done</c> or <c>error</c>.</returns>
    /// <exception cref="GoogleAdkException">The script ended.</exception>
    public async Task<JsonObject> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken)
    {
        _turn++;
        await WriteAsync(new JsonObject { ["type"] = "turn", ["id"] = _turn, ["text"] = prompt }, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(
            message =>
            {
                if (!IsOfTurn(message))
                {
                    return false;
                }

                if ((string?)message["type"] is "text")
                {
                    onText((string?)message["text"] ?? "");
                    return false;
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the running turn and waits until it has ended.</summary>
    /// <exception cref="GoogleAdkException">The script ended.</exception>
    public async Task CancelTurnAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(new JsonObject { ["type"] = "cancel", ["id"] = _turn }, cancellationToken).ConfigureAwait(false);
        await ReadAsync(message => IsOfTurn(message) && (string?)message["type"] is "done" or "error", cancellationToken).ConfigureAwait(false);
    }

    private bool IsOfTurn(JsonObject message) => (long?)message["id"] == _turn;

    private async Task WriteAsync(JsonObject message, CancellationToken cancellationToken)
    {
        try
        {
            await _process.WriteAsync(message.ToJsonString(), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new GoogleAdkException($"the agent has ended ({_process.Ending})", e);
        }
    }

    private async Task<JsonObject> ReadAsync(Func<JsonObject, bool> isAwaited, CancellationToken cancellationToken)
    {
        await foreach (var line in _process.Lines.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (JsonLine.Read(line) is not { } message)
            {
                _logger.LogWarning("The agent wrote a line that is no JSON object: {Line}", line);
            }
            else if (isAwaited(message))
            {
                return message;
            }
        }

        throw new GoogleAdkException($"the agent has ended ({_process.Ending})");
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

/// <summary>The script has ended.</summary>
public sealed class GoogleAdkException : Exception
{
    public GoogleAdkException(string message)
        : base(message)
    {
    }

    public GoogleAdkException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.Codex;

/// <summary>
/// One <c>codex app-server</c> and its one thread: JSON-RPC without the "jsonrpc" member, a message a line
/// (driving-the-runtimes.md 2; the message shapes are those of <c>codex app-server generate-json-schema</c> 0.169.0).
/// </summary>
public sealed class CodexAppServer : IAsyncDisposable
{
    private readonly LineProcess _process;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<JsonNode?>> _calls = new();
    private readonly Channel<JsonObject> _notifications = Channel.CreateUnbounded<JsonObject>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Task _reading;
    private long _lastCall;

    private CodexAppServer(LineProcess process, ILogger logger)
    {
        _process = process;
        _logger = logger;
        _reading = ReadAsync();
    }

    /// <summary>What the server tells unasked, in order; ends with the server.</summary>
    public ChannelReader<JsonObject> Notifications => _notifications.Reader;

    // One whose output cannot be read any more is as good as ended.
    public bool HasEnded => _process.HasEnded || _reading.IsCompleted;

    public string Ending => _process.Ending;

    /// <summary>The thread's id, once it has been started.</summary>
    public string ThreadId { get; private set; } = "";

    /// <summary>Starts the server and its thread: the one named, else a new one.</summary>
    /// <exception cref="CodexException">It refused, or ended.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time.</exception>
    public static async Task<CodexAppServer> StartAsync(AgentProgram program, string model, string? thread, OwnChildren children, ILogger logger, CancellationToken cancellationToken)
    {
        var server = new CodexAppServer(LineProcess.Start(program, children, logger), logger);
        try
        {
            await server.CallAsync("initialize", new JsonObject { ["clientInfo"] = new JsonObject { ["name"] = "codex_molecule", ["version"] = "0.1.0" } }, cancellationToken)
                .ConfigureAwait(false);
            await server.SendAsync(new JsonObject { ["method"] = "initialized" }, cancellationToken).ConfigureAwait(false);
            var parameters = new JsonObject { ["model"] = model, ["cwd"] = program.Folder, ["approvalPolicy"] = "never", ["sandbox"] = "danger-full-access" };
            if (thread is not null)
            {
                parameters["threadId"] = thread;
                parameters["excludeTurns"] = true;
            }

            var started = await server.CallAsync(thread is null ? "thread/start" : "thread/resume", parameters, cancellationToken).ConfigureAwait(false);

            // Both spellings have been seen (spec 2.2; PR #2512 of spec 6).
            server.ThreadId = (string?)started?["thread"]?["id"] ?? (string?)started?["thread"]?["threadId"]
                ?? throw new CodexException("app-server answered no thread id");
            return server;
        }
        catch (Exception e) when (JsonLine.IsOfAnotherShape(e))
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw new CodexException($"app-server answered what cannot be read: {e.Message}", e);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Calls a method and waits for its result.</summary>
    /// <exception cref="CodexException">The server answered an error, or ended before it answered.</exception>
    public async Task<JsonNode?> CallAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastCall);
        var answer = new TaskCompletionSource<JsonNode?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls[id] = answer;
        try
        {
            await SendAsync(new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters }, cancellationToken).ConfigureAwait(false);
            if (_reading.IsCompleted)
            {
                throw new CodexException($"app-server has ended ({_process.Ending})");
            }

            return await answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _calls.TryRemove(id, out _);
        }
    }

    private async Task SendAsync(JsonObject message, CancellationToken cancellationToken)
    {
        try
        {
            await _process.WriteAsync(message.ToJsonString(), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new CodexException($"app-server has ended ({_process.Ending})", e);
        }
    }

    private async Task ReadAsync()
    {
        var ending = "app-server has ended";
        try
        {
            await foreach (var line in _process.Lines.ReadAllAsync().ConfigureAwait(false))
            {
                var message = JsonLine.Read(line);
                if (message is null)
                {
                    _logger.LogWarning("app-server wrote a line that is no JSON object: {Line}", line);
                }
                else if (message["method"] is null)
                {
                    Complete(message);
                }
                else if (message["id"] is { } request)
                {
                    await AnswerAsync(request, (string?)message["method"]).ConfigureAwait(false);
                }
                else
                {
                    _notifications.Writer.TryWrite(message);
                }
            }
        }
        catch (Exception e) when (JsonLine.IsOfAnotherShape(e))
        {
            ending = $"app-server wrote what cannot be read: {e.Message}";
            _logger.LogWarning("{Ending}", ending);
        }

        _notifications.Writer.TryComplete();
        foreach (var call in _calls.Values)
        {
            call.TrySetException(new CodexException($"{ending} ({_process.Ending})"));
        }
    }

    private void Complete(JsonObject message)
    {
        if (message["id"] is JsonValue id && id.TryGetValue<long>(out var number) && _calls.TryRemove(number, out var call))
        {
            if (message["error"] is { } error)
            {
                call.TrySetException(new CodexException(error is JsonObject told && told["message"] is JsonValue said && said.TryGetValue<string>(out var text) ? text : error.ToJsonString()));
            }
            else
            {
                call.TrySetResult(message["result"]);
            }
        }
    }

    // MCP elicitations are accepted (spec 2.2); with approvals off the server has nothing else to ask.
    private async Task AnswerAsync(JsonNode id, string? method)
    {
        JsonObject answer = method is "mcpServer/elicitation/request"
            ? new JsonObject { ["id"] = id.DeepClone(), ["result"] = new JsonObject { ["action"] = "accept" } }
            : new JsonObject { ["id"] = id.DeepClone(), ["error"] = new JsonObject { ["code"] = -32601, ["message"] = $"{method} is not served" } };
        try
        {
            await SendAsync(answer, CancellationToken.None).ConfigureAwait(false);
        }
        catch (CodexException e)
        {
            _logger.LogWarning("No answer to app-server's {Method}: {Message}", method, e.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
    }
}

/// <summary>The app-server refused a call, or has ended.</summary>
public sealed class CodexException : Exception
{
    public CodexException(string message)
        : base(message)
    {
    }

    public CodexException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

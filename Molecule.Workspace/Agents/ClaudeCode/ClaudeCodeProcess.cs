using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Processes;

namespace Molecule.Workspace.Agents.ClaudeCode;

/// <summary>
/// One long-lived <c>claude -p</c> in stream-json mode: a line of JSON per message, each turn ends with a result line
/// (driving-the-runtimes.md 1; the initialize request is the Agent SDK's own, seen answered by 2.1.330).
/// </summary>
public sealed class ClaudeCodeProcess : IAsyncDisposable
{
    private readonly LineProcess _process;
    private readonly ILogger _logger;
    private int _interrupts;

    private ClaudeCodeProcess(LineProcess process, ILogger logger)
    {
        _process = process;
        _logger = logger;
    }

    public bool HasEnded => _process.HasEnded;

    public int? ExitCode => _process.ExitCode;

    public string Ending => _process.Ending;

    /// <summary>The program's own id of the conversation, once it has told it.</summary>
    public string? SessionId { get; private set; }

    /// <summary>Starts the program and waits until it has answered initialize.</summary>
    /// <exception cref="ClaudeCodeException">It ended instead.</exception>
    /// <exception cref="OperationCanceledException">It did not answer in time.</exception>
    public static async Task<ClaudeCodeProcess> StartAsync(AgentProgram program, OwnChildren children, ILogger logger, CancellationToken cancellationToken)
    {
        var claude = new ClaudeCodeProcess(LineProcess.Start(program, children, logger), logger);
        try
        {
            await claude.WriteAsync(
                new JsonObject { ["type"] = "control_request", ["request_id"] = "initialize", ["request"] = new JsonObject { ["subtype"] = "initialize" } },
                cancellationToken).ConfigureAwait(false);
            while (await claude.ReadAsync(cancellationToken).ConfigureAwait(false) is { } line)
            {
                if ((string?)line["type"] is "control_response")
                {
                    return claude;
                }
            }

            throw new ClaudeCodeException($"claude ended at its start ({claude.Ending})");
        }
        catch
        {
            await claude.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs one turn and gives its result line; told each line of the turn on the way.</summary>
    /// <exception cref="ClaudeCodeException">The program ended before the turn did.</exception>
    public async Task<JsonObject> RunTurnAsync(string prompt, Action<JsonObject> onLine, CancellationToken cancellationToken)
    {
        await WriteAsync(
            new JsonObject { ["type"] = "user", ["message"] = new JsonObject { ["role"] = "user", ["content"] = prompt } },
            cancellationToken).ConfigureAwait(false);
        return await ReadResultAsync(onLine, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the turn that runs: the program confirms, then writes the turn's result line (seen of 2.1.330).</summary>
    /// <exception cref="ClaudeCodeException">The program ended.</exception>
    /// <exception cref="OperationCanceledException">It did not do so in time.</exception>
    public async Task InterruptAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(
            new JsonObject { ["type"] = "control_request", ["request_id"] = $"interrupt-{++_interrupts}", ["request"] = new JsonObject { ["subtype"] = "interrupt" } },
            cancellationToken).ConfigureAwait(false);
        await ReadResultAsync(static _ => { }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<JsonObject> ReadResultAsync(Action<JsonObject> onLine, CancellationToken cancellationToken)
    {
        while (await ReadAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            onLine(line);
            SessionId = (string?)line["session_id"] ?? SessionId;
            if ((string?)line["type"] is "result")
            {
                return line;
            }
        }

        throw new ClaudeCodeException($"claude ended during the turn ({Ending})");
    }

    private async Task WriteAsync(JsonObject message, CancellationToken cancellationToken)
    {
        try
        {
            await _process.WriteAsync(message.ToJsonString(), cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new ClaudeCodeException($"claude has ended ({Ending})", e);
        }
    }

    // Null at the program's end.
    private async Task<JsonObject?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await _process.Lines.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (_process.Lines.TryRead(out var line))
            {
                if (JsonLine.Read(line) is { } message && IsText(message["type"]) && IsText(message["session_id"]))
                {
                    return message;
                }

                _logger.LogWarning("claude wrote a line that is no message: {Line}", line);
            }
        }

        return null;
    }

    private static bool IsText(JsonNode? node) => node is null || node.GetValueKind() is JsonValueKind.String;

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}

/// <summary>The claude program has ended when it should not have.</summary>
public sealed class ClaudeCodeException : Exception
{
    public ClaudeCodeException(string message)
        : base(message)
    {
    }

    public ClaudeCodeException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

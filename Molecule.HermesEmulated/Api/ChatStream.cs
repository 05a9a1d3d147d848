using System.Text.Json;

namespace Molecule.HermesEmulated.Api;

/// <summary>
/// Writes an answer as chat.completion.chunk events. It begins with the first word: a turn that fails before it is answered with a status.
/// </summary>
public sealed class ChatStream(HttpResponse response, string id, long created)
{
    public bool HasBegun { get; private set; }

    public async Task TextAsync(string text, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        await WriteAsync(Chunk(new { content = text }, null), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The model's thinking, beside the answer.</summary>
    public async Task ReasoningAsync(string text, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        await WriteAsync(Chunk(new { reasoning_content = text }, null), cancellationToken).ConfigureAwait(false);
    }

    public async Task EndAsync(object usage, CancellationToken cancellationToken)
    {
        await BeginAsync(cancellationToken).ConfigureAwait(false);
        await WriteAsync(Chunk(new { }, "stop", usage), cancellationToken).ConfigureAwait(false);
        await DoneAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends a stream whose turn has failed amid the answer.</summary>
    public async Task FailAsync(object error, CancellationToken cancellationToken)
    {
        await WriteAsync(Chunk(new { }, "error", error: error), cancellationToken).ConfigureAwait(false);
        await DoneAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (HasBegun)
        {
            return;
        }

        HasBegun = true;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        await WriteAsync(Chunk(new { role = "assistant" }, null), cancellationToken).ConfigureAwait(false);
    }

    private Dictionary<string, object?> Chunk(object delta, string? finish, object? usage = null, object? error = null)
    {
        var chunk = new Dictionary<string, object?>
        {
            ["id"] = id,
            ["object"] = "chat.completion.chunk",
            ["created"] = created,
            ["model"] = ApiServer.ModelName,
            ["choices"] = new[] { new { index = 0, delta, finish_reason = finish } },
        };
        if (usage is not null)
        {
            chunk["usage"] = usage;
        }

        if (error is not null)
        {
            chunk["error"] = error;
        }

        return chunk;
    }

    private Task WriteAsync(Dictionary<string, object?> chunk, CancellationToken cancellationToken) =>
        SendAsync($"data: {JsonSerializer.Serialize(chunk)}\n\n", cancellationToken);

    private Task DoneAsync(CancellationToken cancellationToken) => SendAsync("data: [DONE]\n\n", cancellationToken);

    private async Task SendAsync(string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken).ConfigureAwait(false);
        await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}

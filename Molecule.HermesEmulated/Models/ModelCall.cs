using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.HermesEmulated.Models;

/// <summary>One request to the model, its answer passed on as it comes.</summary>
public sealed class ModelCall(HttpClient http, IModelWire wire, TimeProvider time)
{
    // hermes-agent's own limit between two reads of a stream (HERMES_STREAM_READ_TIMEOUT).
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(120);

    // A JsonObject with a name twice would throw at its first use.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Asks and reads the whole answer.</summary>
    /// <param name="messages">The conversation.</param>
    /// <param name="onText">Told each piece of text as it comes.</param>
    /// <param name="cancellationToken">Aborts the request.</param>
    /// <exception cref="ModelException">The vendor refused, broke off or fell silent.</exception>
    public async Task<ModelAnswer> RunAsync(IEnumerable<ChatMessage> messages, Func<string, Task> onText, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(onText);
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            using var request = wire.Ask(messages);
            request.Headers.TryAddWithoutValidation("User-Agent", Identity.UserAgent);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode || response.Content.Headers.ContentType?.MediaType is "application/json")
            {
                var body = await response.Content.ReadAsStringAsync(either.Token).ConfigureAwait(false);
                var status = (int)response.StatusCode;
                throw new ModelException(
                    VendorErrors.Read(status, body),
                    response.IsSuccessStatusCode ? ErrorClassifier.Classify(VendorErrors.Read(status, body) with { Status = null }) : null,
                    RetryAfter(response));
            }

            await using var stream = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
            return await ReadAsync(stream, onText, silence, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ModelException(new VendorError(null, "timeout", $"the model was silent for {Silence.TotalSeconds:0} s"), ErrorClass.Timeout, null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new ModelException(new VendorError(null, "timeout", $"Connection error: {e.Message}"), ErrorClass.Timeout, null, e);
        }
    }

    private async Task<ModelAnswer> ReadAsync(Stream stream, Func<string, Task> onText, CancellationTokenSource silence, CancellationToken cancellationToken)
    {
        var (text, reasoning) = (new StringBuilder(), new StringBuilder());
        var (input, output) = ((long?)null, (long?)null);
        var ended = false;
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken).ConfigureAwait(false))
        {
            silence.CancelAfter(Silence);
            if (item.Data is "[DONE]")
            {
                break;
            }

            var piece = Read(item.Data);
            if (piece.Failure is { } failure)
            {
                throw new ModelException(failure, null, null);
            }

            (input, output, ended) = (piece.Input ?? input, piece.Output ?? output, ended || piece.IsEnd);
            reasoning.Append(piece.Reasoning);
            if (piece.Text is { Length: > 0 } words)
            {
                text.Append(words);
                await onText(words).ConfigureAwait(false);
            }
        }

        return ended
            ? new ModelAnswer(text.ToString(), reasoning.ToString(), input ?? 0, output ?? 0)
            : throw new ModelException(new VendorError(null, "timeout", "the stream ended before the answer was complete"), ErrorClass.Timeout, null);
    }

    private StreamPiece Read(string data)
    {
        try
        {
            return wire.Read(JsonNode.Parse(data, documentOptions: Strict) as JsonObject ?? throw new JsonException("it is no object"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ModelException(new VendorError(null, "server_error", $"the stream holds a frame that cannot be read: {e.Message}"), ErrorClass.ServerError, null, e);
        }
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };
}

/// <summary>A model's whole answer and what it used.</summary>
public sealed record ModelAnswer(string Text, string Reasoning, long Input, long Output);

/// <summary>A call to the model has failed.</summary>
public sealed class ModelException(VendorError error, ErrorClass? kind, TimeSpan? retryAfter, Exception? inner = null) : Exception(error.Message, inner)
{
    public VendorError Error { get; } = error;

    public ErrorClass Kind { get; } = kind ?? ErrorClassifier.Classify(error);

    /// <summary>How long the vendor asks to wait.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

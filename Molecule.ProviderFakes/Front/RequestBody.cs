using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Molecule.ProviderFakes.Front;

/// <summary>A request's whole body.</summary>
/// <param name="Text">As text; null where it is compressed or too large.</param>
/// <param name="TooLarge">Whether it was larger than the limit; it has not been kept then.</param>
internal sealed record RequestBody(string? Text, bool TooLarge)
{
    private static readonly JsonDocumentOptions Depth = new() { MaxDepth = 256 };

    /// <exception cref="IOException">The client went away.</exception>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream(request.ContentLength is { } length && length <= limit ? (int)length : 0);
        var total = 0L;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                // The rest is read all the same: a client that still sends would take a reset for an answer.
                total += segment.Length;
                if (total <= limit)
                {
                    buffer.Write(segment.Span);
                }
            }

            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        return total > limit
            ? new RequestBody(null, TooLarge: true)
            : new RequestBody(request.Headers.ContentEncoding.Count == 0 ? Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)total) : null, TooLarge: false);
    }

    /// <summary>The body as JSON; null where it is none.</summary>
    public JsonDocument? Parse()
    {
        try
        {
            return string.IsNullOrWhiteSpace(Text) || HoldsBrokenText(Text) ? null : JsonDocument.Parse(Text, Depth);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // Half of a surrogate pair, which an escape can name, is text to nobody: reading such a string would throw wherever it is met.
    private static bool HoldsBrokenText(string text)
    {
        if (!text.Contains("\\ud", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text), new JsonReaderOptions { MaxDepth = Depth.MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}

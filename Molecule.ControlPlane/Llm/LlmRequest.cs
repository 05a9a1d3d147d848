using System.Text.Json;

namespace Molecule.ControlPlane.Llm;

/// <summary>A request on its way to a vendor. All but the model's id stays byte for byte as the client wrote it.</summary>
public sealed class LlmRequest : IDisposable
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly Range _model;
    private readonly JsonDocument _document;

    private LlmRequest(ReadOnlyMemory<byte> body, Range model, JsonDocument document) => (_body, _model, _document) = (body, model, document);

    public JsonElement Json => _document.RootElement;

    public required string Model { get; init; }

    public bool WantsStream => Json.Get("stream").ValueKind is JsonValueKind.True;

    /// <summary>Reads a body; null where it is no JSON object with one model.</summary>
    public static LlmRequest? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            if (FindModel(body.Span) is not { } model)
            {
                return null;
            }

            var document = JsonDocument.Parse(body);
            return document.RootElement.Text("model") is { Length: > 0 } name ? new LlmRequest(body, model, document) { Model = name } : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The body with another model's id.</summary>
    public byte[] WithModel(string model)
    {
        var (start, length) = _model.GetOffsetAndLength(_body.Length);
        return [.. _body.Span[..start], .. JsonSerializer.SerializeToUtf8Bytes(model), .. _body.Span[(start + length)..]];
    }

    public void Dispose() => _document.Dispose();

    // Where the value of the object's own member `model` stands. Two of them are none: the vendor might read the other one.
    private static Range? FindModel(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        Range? found = null;
        while (reader.Read())
        {
            if (reader is { CurrentDepth: 1, TokenType: JsonTokenType.PropertyName } && reader.ValueTextEquals("model"u8))
            {
                if (found is not null || !reader.Read() || reader.TokenType is not JsonTokenType.String)
                {
                    return null;
                }

                found = (int)reader.TokenStartIndex..(int)reader.BytesConsumed;
            }
        }

        return found;
    }
}

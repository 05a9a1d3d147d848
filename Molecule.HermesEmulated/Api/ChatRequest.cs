using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.HermesEmulated.Api;

/// <summary>What of a chat completion request this program acts on. The model named in it is not: the agent's own answers.</summary>
/// <param name="Prompt">The last user message.</param>
/// <param name="Stream">Whether the answer shall be streamed.</param>
public sealed record ChatRequest(string Prompt, bool Stream)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a request.</summary>
    /// <exception cref="JsonException">It is no request; the message says why.</exception>
    public static async Task<ChatRequest> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        if (await JsonNode.ParseAsync(body, documentOptions: Strict, cancellationToken: cancellationToken).ConfigureAwait(false) is not JsonObject request)
        {
            throw new JsonException("Invalid JSON in request body");
        }

        if (request["messages"] is not JsonArray { Count: > 0 } messages)
        {
            throw new JsonException("Missing or invalid 'messages' field");
        }

        var prompt = messages.OfType<JsonObject>().LastOrDefault(static m => Is(m["role"], "user"))?["content"] is { } content ? Text(content) : "";
        return prompt.Length > 0
            ? new ChatRequest(prompt, request["stream"] is JsonValue stream && stream.TryGetValue<bool>(out var wanted) && wanted)
            : throw new JsonException("No user message found in messages");
    }

    private static string Text(JsonNode content) => content switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonArray parts => string.Join('\n', parts.OfType<JsonObject>().Where(static p => Is(p["type"], "text") && p["text"] is JsonValue).Select(static p => p["text"]!.ToString())),
        _ => "",
    };

    private static bool Is(JsonNode? node, string word) => node is JsonValue value && value.TryGetValue<string>(out var text) && text == word;
}

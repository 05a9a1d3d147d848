using System.Text.Json.Nodes;

namespace Molecule.Workspace.A2A;

/// <summary>Reads the text of an A2A message. Clients write <c>kind</c> as well as <c>type</c> (spec/control-plane.md 6.3).</summary>
public static class MessageText
{
    /// <summary>The text parts of <c>params.message</c>, a line each; empty where there is none, null where <c>params</c> holds no message.</summary>
    public static string? Of(JsonNode? parameters)
    {
        if (parameters is not JsonObject || parameters["message"] is not JsonObject message || message["parts"] is not JsonArray parts)
        {
            return null;
        }

        return string.Join('\n', parts.OfType<JsonObject>().Where(IsText).Select(static p => p["text"]!.GetValue<string>())).Trim();
    }

    /// <summary>The message's <c>contextId</c>; null where it names none.</summary>
    public static string? ContextOf(JsonObject message) => Text(message["contextId"]) is { Length: > 0 } context ? context : null;

    private static bool IsText(JsonObject part) =>
        Text(part["kind"]) is var kind && Text(part["type"]) is var type
        && (kind ?? type ?? "text") is "text" && Text(part["text"]) is not null;

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

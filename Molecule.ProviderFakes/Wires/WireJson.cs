using System.Text.Encodings.Web;
using System.Text.Json;

namespace Molecule.ProviderFakes.Wires;

/// <summary>Reading and writing that the wires have in common.</summary>
internal static class WireJson
{
    internal static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
    internal static readonly JsonSerializerOptions Options = new() { Encoder = Encoder };

    public static string Write(object value) => JsonSerializer.Serialize(value, Options);

    public static string? Text(this JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.Object && value.TryGetProperty(name, out var found) && found.ValueKind is JsonValueKind.String ? found.GetString() : null;

    public static bool Flag(this JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.Object && value.TryGetProperty(name, out var found) && found.ValueKind is JsonValueKind.True;

    public static JsonElement? Member(this JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.Object && value.TryGetProperty(name, out var found) ? found : null;

    /// <summary>
    /// The last text part of the last user message that has one. What agents add of their own comes before it: claude-code in earlier
    /// parts of the same message, codex in a message of its own (spec/driving-the-runtimes.md 1 and 2).
    /// </summary>
    public static string LastUserText(JsonElement messages, params ReadOnlySpan<string> partTypes)
    {
        for (var i = messages.GetArrayLength() - 1; i >= 0; i--)
        {
            if (messages[i].Text("role") == "user" && messages[i].Member("content") is { } content && LastText(content, partTypes) is { } text)
            {
                return text;
            }
        }

        return "";
    }

    /// <summary>
    /// What the user has said since the model last answered: the last text part of each of those messages, a line each. openclaw puts a
    /// message of context behind its user's (spec/driving-the-runtimes.md 3). The last user text where an answer or a tool's result ends the request.
    /// </summary>
    public static string UserTextSinceTheAnswer(JsonElement messages, params ReadOnlySpan<string> partTypes)
    {
        var texts = new List<string>();
        for (var i = messages.GetArrayLength() - 1; i >= 0 && messages[i].Text("role") == "user"; i--)
        {
            if (messages[i].Member("content") is { } content && LastText(content, partTypes) is { Length: > 0 } text)
            {
                texts.Insert(0, text);
            }
        }

        return texts.Count > 0 ? string.Join('\n', texts) : LastUserText(messages, partTypes);
    }

    /// <summary>The elements of an array member; none where there is no such array.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement value, string name) =>
        value.Member(name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    /// <summary>A content that is a text, or a list of parts of which the last text counts.</summary>
    public static string? ContentText(JsonElement content) => LastText(content, ["text", "input_text", "output_text"]);

    /// <summary>All texts of a message's content, a line each; empty where there is none.</summary>
    public static string AllText(JsonElement content) => content.ValueKind is JsonValueKind.Array
        ? string.Join('\n', content.EnumerateArray().Where(static part => part.Text("type") == "text").Select(static part => part.Text("text")).OfType<string>())
        : ContentText(content) ?? "";

    private static string? LastText(JsonElement content, ReadOnlySpan<string> partTypes)
    {
        if (content.ValueKind is JsonValueKind.String)
        {
            return content.GetString();
        }

        if (content.ValueKind is JsonValueKind.Array)
        {
            for (var i = content.GetArrayLength() - 1; i >= 0; i--)
            {
                if (content[i].Text("type") is { } type && partTypes.Contains(type) && content[i].Text("text") is { } text)
                {
                    return text;
                }
            }
        }

        return null;
    }
}

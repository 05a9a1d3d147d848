using System.Text;
using System.Text.Json;

namespace Molecule.ControlPlane.Llm;

/// <summary>Reads members of vendors' JSON that may be missing or of another kind.</summary>
internal static class JsonMembers
{
    public static JsonElement Get(this JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : default;

    public static string? Text(this JsonElement parent, string name) => parent.Get(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static long? Number(this JsonElement parent, string name) =>
        parent.Get(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : null;

    /// <summary>A content: a text, or the texts of its parts of some types.</summary>
    public static string? Content(this JsonElement content, params ReadOnlySpan<string> types)
    {
        if (content.ValueKind is JsonValueKind.String)
        {
            return content.GetString();
        }

        if (content.ValueKind is not JsonValueKind.Array)
        {
            return null;
        }

        var all = new StringBuilder();
        foreach (var part in content.EnumerateArray())
        {
            if (part.Text("type") is { } type && types.Contains(type))
            {
                all.Append(part.Text("text"));
            }
        }

        return all.Length > 0 ? all.ToString() : null;
    }

    /// <summary>
    /// What the user said last: the last text part of the last message of the user's that has one. Agents put reminders before it, in the
    /// same message (spec/driving-the-runtimes.md 1).
    /// </summary>
    public static string? LastUserText(this JsonElement messages, params ReadOnlySpan<string> types)
    {
        string? last = null;
        if (messages.ValueKind is JsonValueKind.Array)
        {
            foreach (var message in messages.EnumerateArray())
            {
                if (message.Text("role") == "user" && LastPart(message.Get("content"), types) is { } text)
                {
                    last = text;
                }
            }
        }

        return last;
    }

    /// <summary>
    /// What the user has said since the model last answered, a line a message: openclaw puts a message of context behind its user's
    /// (spec/driving-the-runtimes.md 3). The last user text where an answer or a tool's result ends the request.
    /// </summary>
    public static string? UserTextSinceTheAnswer(this JsonElement messages, params ReadOnlySpan<string> types)
    {
        var said = new List<string>();
        if (messages.ValueKind is JsonValueKind.Array)
        {
            foreach (var message in messages.EnumerateArray())
            {
                if (message.Text("role") != "user")
                {
                    said.Clear();
                }
                else if (LastPart(message.Get("content"), types) is { } text)
                {
                    said.Add(text);
                }
            }
        }

        return said.Count > 0 ? string.Join('\n', said) : messages.LastUserText(types);
    }

    private static string? LastPart(JsonElement content, ReadOnlySpan<string> types)
    {
        if (content.ValueKind is not JsonValueKind.Array)
        {
            return content.Content(types);
        }

        string? last = null;
        foreach (var part in content.EnumerateArray())
        {
            if (part.Text("type") is { } type && types.Contains(type) && part.Text("text") is { Length: > 0 } text)
            {
                last = text;
            }
        }

        return last;
    }
}

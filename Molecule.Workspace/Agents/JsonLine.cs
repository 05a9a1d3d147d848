using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.Agents;

/// <summary>Reads what an agent program wrote on one line.</summary>
public static class JsonLine
{
    // A JsonObject with a name twice would throw at its first use.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Whether an exception says that a message has another shape than its reader takes it for: System.Text.Json's casts and indexers throw these.</summary>
    public static bool IsOfAnotherShape(Exception exception) => exception is InvalidOperationException or FormatException;

    /// <summary>The line's object; null where the line is anything else, as a stray word of the program.</summary>
    public static JsonObject? Read(string line)
    {
        try
        {
            return JsonNode.Parse(line, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

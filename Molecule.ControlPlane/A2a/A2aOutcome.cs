using System.Text.Json;
using Molecule.Contracts.Journal;

namespace Molecule.ControlPlane.A2a;

/// <summary>What an agent's answer says, for the books (spec/control-plane.md 6.4).</summary>
/// <param name="Json">The answer as JSON text; null where it is none.</param>
/// <param name="ToolTrace"><c>result.metadata.tool_trace</c>, JSON text.</param>
/// <param name="Tokens"><c>result.usage</c> or <c>usage</c>.</param>
/// <param name="Error">The message of a JSON-RPC error, or that the task failed.</param>
public sealed record A2aOutcome(string? Json, string? ToolTrace, TokenCount? Tokens, string? Error)
{
    /// <summary>The texts of the answer: of its message, else of its artifacts, else of its status (spec/runtimes-and-providers.md 1.5); null where it has none.</summary>
    public string? Text
    {
        get
        {
            if (Json is null)
            {
                return null;
            }

            using var document = JsonDocument.Parse(Json);
            var result = Member(document.RootElement, "result");
            var artifacts = Member(result, "artifacts") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().SelectMany(TextsOf) : [];
            return new[] { TextsOf(result), artifacts, TextsOf(Member(Member(result, "status"), "message")) }
                .Select(static texts => string.Join('\n', texts)).FirstOrDefault(static text => text.Length > 0);
        }
    }

    public static A2aOutcome Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object)
            {
                return new A2aOutcome(root.GetRawText(), null, null, null);
            }

            var result = Member(root, "result");
            var trace = Member(Member(result, "metadata"), "tool_trace");
            return new A2aOutcome(
                root.GetRawText(),
                trace.ValueKind is JsonValueKind.Array or JsonValueKind.Object ? trace.GetRawText() : null,
                ReadTokens(Member(result, "usage")) ?? ReadTokens(Member(root, "usage")),
                Member(Member(root, "error"), "message") is { ValueKind: JsonValueKind.String } message ? message.GetString() : ReadFailure(Member(result, "status")));
        }
        catch (JsonException)
        {
            return new A2aOutcome(null, null, null, null);
        }
    }

    // A task that ended badly (https://a2a-protocol.org/v0.3.0/specification/#63-taskstate-enum) is no success for having been told politely.
    private static string? ReadFailure(JsonElement status) =>
        Member(status, "state") is { ValueKind: JsonValueKind.String } state && state.GetString() is "failed" or "rejected" ? $"the agent's task ended as {state.GetString()}" : null;

    private static IEnumerable<string> TextsOf(JsonElement message) => Member(message, "parts") is { ValueKind: JsonValueKind.Array } parts
        ? parts.EnumerateArray().Select(static part => Member(part, "text")).Where(static text => text.ValueKind is JsonValueKind.String).Select(static text => text.GetString()!)
        : [];

    private static TokenCount? ReadTokens(JsonElement usage) =>
        Member(usage, "input_tokens").ValueKind is JsonValueKind.Number || Member(usage, "output_tokens").ValueKind is JsonValueKind.Number
            ? new TokenCount(Number(usage, "input_tokens"), Number(usage, "output_tokens"))
            : null;

    private static long Number(JsonElement parent, string name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : 0;

    private static JsonElement Member(JsonElement parent, string name) =>
        parent.ValueKind is JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : default;
}

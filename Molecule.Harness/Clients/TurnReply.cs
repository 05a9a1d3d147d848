using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Clients;

/// <summary>The answer to one A2A turn.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Text">The agent's text, all text parts joined; null when there is none.</param>
/// <param name="Error">The JSON-RPC error or the control plane's, as text.</param>
/// <param name="Tokens">Usage as the runtime reported it.</param>
/// <param name="Elapsed">Send to last byte.</param>
public sealed record TurnReply(HttpStatusCode Status, string? Text, string? Error, TokenCount? Tokens, TimeSpan Elapsed)
{
    /// <summary>Reads both reply forms of spec/runtimes-and-providers.md 1.5: a message with parts, or a task with artifacts.</summary>
    public static TurnReply Read(HttpStatusCode status, string raw, TimeSpan elapsed)
    {
        JsonObject? json;
        try
        {
            json = JsonNode.Parse(raw) as JsonObject;
        }
        catch (JsonException)
        {
            json = null;
        }

        if (json is null)
        {
            return new TurnReply(status, null, raw, null, elapsed);
        }

        if (json["error"] is { } error)
        {
            return new TurnReply(status, null, error is JsonValue ? error.ToString() : error.ToJsonString(), null, elapsed);
        }

        var result = json["result"] as JsonObject;
        var parts = result?["parts"] as JsonArray ?? (result?["artifacts"] as JsonArray)?.OfType<JsonObject>().Select(static a => a["parts"]).OfType<JsonArray>().FirstOrDefault();
        var text = parts is null ? null : string.Concat(parts.OfType<JsonObject>().Select(static p => ControlPlaneClient.Text(p, "text")));
        return new TurnReply(status, text, null, Usage(result?["usage"]) ?? Usage(result?["metadata"]?["usage"]), elapsed);
    }

    internal static TokenCount? Usage(JsonNode? usage) =>
        usage is JsonObject counts && counts["input_tokens"] is { } input && counts["output_tokens"] is { } output
            ? new TokenCount(input.GetValue<long>(), output.GetValue<long>())
            : null;
}

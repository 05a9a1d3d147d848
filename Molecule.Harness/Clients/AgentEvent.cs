using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Clients;

/// <summary>One event of a <c>message/stream</c> answer (spec/runtimes-and-providers.md 1.5).</summary>
/// <param name="Text">The text that it brings; empty where it brings none.</param>
/// <param name="State">The task's state that it tells: <c>submitted</c>, <c>working</c>, <c>completed</c>, <c>failed</c>, <c>canceled</c>; null where it tells none.</param>
/// <param name="IsFinal">Whether it says that it is the last one.</param>
/// <param name="Error">The JSON-RPC error that it is, as text.</param>
/// <param name="Tokens">Usage as the runtime reported it.</param>
public sealed record AgentEvent(string Text, string? State, bool IsFinal, string? Error, TokenCount? Tokens)
{
    /// <summary>Reads the events as they come.</summary>
    /// <example>
    /// <code>data: {"jsonrpc":"2.0","id":"r1","result":{"kind":"artifact-update","taskId":"t1","append":true,"artifact":{"artifactId":"a1","parts":[{"kind":"text","text":"po"}]}}}</code>
    /// </example>
    public static async IAsyncEnumerable<AgentEvent> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return Of(item.Data);
        }
    }

    private static AgentEvent Of(string data)
    {
        JsonObject? json;
        try
        {
            json = JsonNode.Parse(data) as JsonObject;
        }
        catch (JsonException)
        {
            json = null;
        }

        if (json is null)
        {
            return new AgentEvent("", null, IsFinal: true, $"no JSON object: {data}", null);
        }

        if (json["error"] is { } error)
        {
            return new AgentEvent("", null, IsFinal: true, error.ToJsonString(), null);
        }

        var result = json["result"] as JsonObject;
        var parts = result?["parts"] ?? result?["artifact"]?["parts"];
        return new AgentEvent(
            TextOf(parts),
            (string?)result?["status"]?["state"],
            (bool?)result?["final"] ?? (string?)result?["kind"] is "message",
            null,
            TurnReply.Usage(result?["usage"]) ?? TurnReply.Usage(result?["metadata"]?["usage"]));
    }

    private static string TextOf(JsonNode? parts) =>
        parts is JsonArray list ? string.Concat(list.OfType<JsonObject>().Select(static p => ControlPlaneClient.Text(p, "text"))) : "";
}

using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.ControlPlane.Wire;

namespace Molecule.ControlPlane.A2a;

/// <summary>A JSON-RPC call on its way to an agent (spec/control-plane.md 6.2, step 5).</summary>
/// <param name="Body">What is sent: the caller's own bytes where nothing was missing.</param>
/// <param name="Method">E.g. message/send; empty where none was said.</param>
public sealed record A2aEnvelope(ReadOnlyMemory<byte> Body, string Method)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Completes a body: the JSON-RPC frame and the message id, where they are missing. Null where it is no JSON object.</summary>
    public static A2aEnvelope? Read(ReadOnlyMemory<byte> body)
    {
        JsonObject? call;
        try
        {
            call = JsonNode.Parse(body.Span, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }

        if (call is null)
        {
            return null;
        }

        var isCompleted = false;
        if (!call.ContainsKey("jsonrpc"))
        {
            call = new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = call["id"]?.DeepClone() ?? Guid.NewGuid().ToString(),
                ["method"] = call["method"]?.DeepClone(),
                ["params"] = call["params"]?.DeepClone(),
            };
            isCompleted = true;
        }

        if (call["params"] is JsonObject { } parameters && parameters["message"] is JsonObject { } message && message["messageId"] is null)
        {
            message["messageId"] = Guid.NewGuid().ToString();
            isCompleted = true;
        }

        var method = call["method"] is JsonValue said && said.TryGetValue<string>(out var text) ? text : "";
        return new A2aEnvelope(isCompleted ? WireJson.Serialize<JsonNode>(call) : body, method);
    }
}

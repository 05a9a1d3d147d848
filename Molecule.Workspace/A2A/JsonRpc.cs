using System.Net.ServerSentEvents;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.A2A;

/// <summary>Answers of JSON-RPC 2.0 (jsonrpc.org/specification); errors too travel as HTTP 200 (spec/control-plane.md 6.3).</summary>
public static class JsonRpc
{
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;

    /// <summary>Here also "agent not configured" (spec/runtimes-and-providers.md 1.1).</summary>
    public const int InternalError = -32603;

    /// <summary>A2A 0.3: no such task.</summary>
    public const int TaskNotFound = -32001;

    /// <summary>A2A 0.3: the task has ended already.</summary>
    public const int TaskNotCancelable = -32002;

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IResult Result(JsonNode? id, JsonObject result) => Answer(Envelope(id, result));

    /// <summary>Server-sent events, each the result of the same request.</summary>
    public static IResult Results(JsonNode? id, IAsyncEnumerable<JsonObject> results) =>
        TypedResults.ServerSentEvents(results.Select(result => new SseItem<string>(Envelope(id, result).ToJsonString(Compact))));

    public static IResult Error(JsonNode? id, int code, string message, string? data = null)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message };
        if (data is not null)
        {
            error["data"] = data;
        }

        return Answer(new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id?.DeepClone(), ["error"] = error });
    }

    private static JsonObject Envelope(JsonNode? id, JsonObject result) => new() { ["jsonrpc"] = "2.0", ["id"] = id?.DeepClone(), ["result"] = result };

    private static IResult Answer(JsonObject body) => Microsoft.AspNetCore.Http.Results.Text(body.ToJsonString(Compact), "application/json; charset=utf-8");
}

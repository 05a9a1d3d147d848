using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Molecule.HermesEmulated.Configuration;

namespace Molecule.HermesEmulated.Models;

/// <summary>Anthropic Messages: <c>POST {base}/v1/messages</c> with <c>x-api-key</c> (spec/runtimes-and-providers.md 3.1).</summary>
public sealed class AnthropicMessagesWire(ModelEndpoint endpoint) : IModelWire
{
    private const int MaxTokens = 8192;
    private const int ThinkingTokens = 1024;

    // The vendor's SDK appends /v1/messages itself: a base that ends in /v1 would call /v1/v1 (spec 3.1, core#2748).
    private readonly string _base = endpoint.BaseUrl.EndsWith("/v1", StringComparison.Ordinal) ? endpoint.BaseUrl[..^"/v1".Length] : endpoint.BaseUrl;

    // Kimi's coding gateway (spec 3.4): thinking must be on, and only known agents are let in, by user-agent or by this header.
    private bool IsKimiCoding => _base.EndsWith("/coding", StringComparison.Ordinal);

    public HttpRequestMessage Ask(IEnumerable<ChatMessage> messages)
    {
        var body = new JsonObject
        {
            ["model"] = endpoint.Model,
            ["max_tokens"] = MaxTokens,
            ["system"] = SystemPrompt.Text,
            ["messages"] = new JsonArray([.. messages.Select(static m => new JsonObject { ["role"] = m.Role, ["content"] = m.Content })]),
            ["stream"] = true,
        };
        if (IsKimiCoding)
        {
            body["thinking"] = new JsonObject { ["type"] = "enabled", ["budget_tokens"] = ThinkingTokens };
        }

        var request = new HttpRequestMessage(HttpMethod.Post, _base + "/v1/messages") { Content = JsonContent.Create(body) };
        request.Headers.Add("anthropic-version", "2023-06-01");
        if (IsKimiCoding)
        {
            request.Headers.Add("X-Msh-Platform", Identity.UserAgent);
        }

        if (endpoint.ApiKey.Length > 0)
        {
            request.Headers.Add("x-api-key", endpoint.ApiKey);
        }

        return request;
    }

    public StreamPiece Read(JsonObject frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        switch ((string?)frame["type"])
        {
            case "message_start":
                return new StreamPiece(Input: Input(frame["message"]?["usage"] as JsonObject));
            case "content_block_delta":
                return new StreamPiece((string?)frame["delta"]?["text"], (string?)frame["delta"]?["thinking"]);
            case "message_delta":
                return new StreamPiece(Output: (long?)frame["usage"]?["output_tokens"]);
            case "message_stop":
                return new StreamPiece(IsEnd: true);
            case "error":
                return new StreamPiece(Failure: VendorErrors.Find(frame, status: null));
            default:
                return new StreamPiece();
        }
    }

    // What was read from the cache was input as well.
    private static long? Input(JsonObject? usage) => usage is null
        ? null
        : ((long?)usage["input_tokens"] ?? 0) + ((long?)usage["cache_creation_input_tokens"] ?? 0) + ((long?)usage["cache_read_input_tokens"] ?? 0);
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Molecule.HermesEmulated.Configuration;

namespace Molecule.HermesEmulated.Models;

/// <summary>OpenAI chat completions: <c>POST {base}/chat/completions</c> with a bearer (spec/runtimes-and-providers.md 3.2).</summary>
public sealed class ChatCompletionsWire(ModelEndpoint endpoint) : IModelWire
{
    public HttpRequestMessage Ask(IEnumerable<ChatMessage> messages)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.BaseUrl + "/chat/completions")
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["model"] = endpoint.Model,
                ["messages"] = new JsonArray([
                    new JsonObject { ["role"] = "system", ["content"] = SystemPrompt.Text },
                    .. messages.Select(static m => new JsonObject { ["role"] = m.Role, ["content"] = m.Content }),
                ]),
                ["stream"] = true,
                ["stream_options"] = new JsonObject { ["include_usage"] = true },
            }),
        };
        if (endpoint.ApiKey.Length > 0)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", endpoint.ApiKey);
        }

        return request;
    }

    public StreamPiece Read(JsonObject frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (VendorErrors.Find(frame, status: null) is { } failure)
        {
            return new StreamPiece(Failure: failure);
        }

        // The usage comes in a last frame without choices.
        var choice = (frame["choices"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault();
        var usage = frame["usage"] as JsonObject;
        return new StreamPiece(
            (string?)choice?["delta"]?["content"],
            (string?)choice?["delta"]?["reasoning_content"],
            (long?)usage?["prompt_tokens"],
            (long?)usage?["completion_tokens"],
            IsEnd: choice?["finish_reason"] is not null);
    }
}

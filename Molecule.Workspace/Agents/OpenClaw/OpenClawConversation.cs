using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Workspace.Agents.OpenClaw;

/// <summary>One conversation at a gateway, over its chat completions: the key names it, the gateway keeps it (openclaw's docs, gateway/openai-http-api).</summary>
public sealed class OpenClawConversation(OpenClawGateway gateway, string session)
{
    private const string KeyHeader = "x-openclaw-session-key";
    private const string ModelHeader = "x-openclaw-model";

    private string Key => $"agent:main:workspace-{session}";

    /// <summary>Runs one turn. Ending the request ends the turn in the gateway.</summary>
    /// <param name="prompt">What the user says.</param>
    /// <param name="model">The model, as <c>provider/model</c>.</param>
    /// <param name="onText">Told each piece of the answer.</param>
    /// <param name="cancellationToken">Ends the turn.</param>
    /// <returns>The whole text and what it cost.</returns>
    /// <exception cref="OpenClawException">The gateway answered an error, or broke off.</exception>
    public async Task<(string Text, TokenCount? Tokens)> RunTurnAsync(string prompt, string model, Action<string> onText, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["model"] = "openclaw",
                ["stream"] = true,
                ["stream_options"] = new JsonObject { ["include_usage"] = true },
                ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
            }),
        };
        request.Headers.Add(KeyHeader, Key);
        request.Headers.Add(ModelHeader, model);
        try
        {
            using var answer = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                using var reader = new StreamReader(body);
                var text = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
                throw new OpenClawException(ErrorOf(JsonLine.Read(text)) ?? $"the gateway answered {(int)answer.StatusCode}");
            }

            return await ReadAsync(body, onText, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new OpenClawException($"the gateway broke off ({e.Message})", e);
        }
    }

    /// <summary>What was said so far, a JSON object a message; empty where the gateway does not know the conversation.</summary>
    public async Task<ImmutableArray<string>> HistoryAsync(CancellationToken cancellationToken)
    {
        using var answer = await gateway.Http.GetAsync(new Uri($"sessions/{Uri.EscapeDataString(Key)}/history", UriKind.Relative), cancellationToken).ConfigureAwait(false);
        if (answer.StatusCode is HttpStatusCode.NotFound)
        {
            return [];
        }

        answer.EnsureSuccessStatusCode();
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken).ConfigureAwait(false);
        return [.. (body?["items"] as JsonArray ?? []).OfType<JsonObject>().Select(static item => item.ToJsonString())];
    }

    private static async Task<(string Text, TokenCount? Tokens)> ReadAsync(Stream body, Action<string> onText, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        TokenCount? tokens = null;
        await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken).ConfigureAwait(false))
        {
            if (item.Data is "[DONE]")
            {
                return (text.ToString(), tokens);
            }

            var frame = JsonLine.Read(item.Data) ?? throw new OpenClawException("the gateway sent a frame that is no JSON object");
            if (ErrorOf(frame) is { } error)
            {
                throw new OpenClawException(error);
            }

            if ((string?)(frame["choices"] as JsonArray)?.FirstOrDefault()?["delta"]?["content"] is { Length: > 0 } piece)
            {
                text.Append(piece);
                onText(piece);
            }

            if (frame["usage"] is JsonObject usage)
            {
                tokens = new TokenCount((long?)usage["prompt_tokens"] ?? 0, (long?)usage["completion_tokens"] ?? 0);
            }
        }

        throw new OpenClawException("the gateway ended its answer before it was whole");
    }

    private static string? ErrorOf(JsonObject? frame) => (string?)(frame?["error"] as JsonObject)?["message"];
}

using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.Agents.Hermes;

/// <summary>Calls hermes-agent's API server (spec/driving-the-runtimes.md 5; its documentation, "API Server").</summary>
public sealed class HermesApi : IDisposable
{
    private readonly HttpClient _http;

    public HermesApi(Uri address, string key)
    {
        // Turns have limits of their own; a proxy of the surroundings has no business between a workspace and its agent.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Whether the server answers and takes the key. Another server on the port is not taken for it.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var health = await _http.GetAsync(new Uri("/health", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            using var models = await _http.GetAsync(new Uri("/v1/models", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            return health.IsSuccessStatusCode && models.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Runs one turn of a session.</summary>
    /// <param name="session">X-Hermes-Session-Id.</param>
    /// <param name="prompt">What the user says.</param>
    /// <param name="onText">Told each piece of the answer.</param>
    /// <param name="alive">Told of each event.</param>
    /// <param name="cancellationToken">Ends the request, which interrupts the turn.</param>
    /// <exception cref="HttpRequestException">The server cannot be reached or broke off.</exception>
    public async Task<TurnReply> RunTurnAsync(string session, string prompt, Action<string> onText, Action alive, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["model"] = "hermes-agent",
                ["stream"] = true,
                ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
            }),
        };
        request.Headers.Add("X-Hermes-Session-Id", session);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            var body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return new TurnReply(HermesTurn.ErrorText((int)response.StatusCode, body.Trim()), null, Failed: true);
        }

        var turn = new HermesTurn(onText);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken).ConfigureAwait(false))
        {
            alive();
            turn.Take(item.EventType, item.Data);
        }

        return turn.Finish();
    }

    /// <summary>The messages of a session, a JSON object each; null where the server knows no such session.</summary>
    /// <exception cref="HttpRequestException">The server cannot be reached, or answers something else.</exception>
    public async Task<ImmutableArray<string>?> MessagesAsync(string session, CancellationToken cancellationToken)
    {
        using var response = await _http.GetAsync(Session(session, "/messages"), cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }

        response.EnsureSuccessStatusCode();
        try
        {
            var body = await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken).ConfigureAwait(false);
            return body?["data"] is JsonArray messages ? [.. messages.OfType<JsonObject>().Select(static m => m.ToJsonString())] : [];
        }
        catch (JsonException e)
        {
            throw new HttpRequestException($"hermes answered no JSON for the session's messages: {e.Message}", e);
        }
    }

    /// <summary>Deletes a session; one that is not there is no error.</summary>
    /// <exception cref="HttpRequestException">The server cannot be reached, or refuses.</exception>
    public async Task DeleteAsync(string session, CancellationToken cancellationToken)
    {
        using var response = await _http.DeleteAsync(Session(session, ""), cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is not HttpStatusCode.NotFound)
        {
            response.EnsureSuccessStatusCode();
        }
    }

    private static Uri Session(string session, string rest) => new($"/api/sessions/{Uri.EscapeDataString(session)}{rest}", UriKind.Relative);

    public void Dispose() => _http.Dispose();
}

using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts;
using Molecule.Contracts.Journal;
using Molecule.Registry.Mirror;

namespace Molecule.Harness.Clients;

/// <summary>The control plane as its admin sees it, over its wire API (spec/control-plane.md 3): ours or the product's own.</summary>
public sealed class ControlPlaneClient(HttpClient http, string adminToken, TimeProvider clock)
{
    /// <summary>Asks for a workspace. A refusal is an outcome here, not an error.</summary>
    public async Task<CreateOutcome> CreateAsync(WorkspaceWish wish, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["name"] = wish.Name, ["model"] = wish.Model, [wish.Template is null ? "runtime" : "template"] = wish.Template ?? wish.Runtime };
        if (!wish.Secrets.IsEmpty)
        {
            body["secrets"] = new JsonObject(wish.Secrets.Select(static s => KeyValuePair.Create(s.Key, (JsonNode?)JsonValue.Create(s.Value))));
        }

        using var response = await SendAsync(HttpMethod.Post, "/workspaces", body, cancellationToken).ConfigureAwait(false);
        var json = await ReadObjectAsync(response, cancellationToken).ConfigureAwait(false);
        return new CreateOutcome(response.StatusCode, Text(json, "id"), Text(json, "provider"), Text(json, "code"), Text(json, "error"));
    }

    /// <summary>The workspace as the list shows it; null when it is not in the list.</summary>
    public async Task<WorkspaceView?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(w => w.Id == id);

    /// <summary>All workspaces that are not removed.</summary>
    public async Task<ImmutableArray<WorkspaceView>> ListAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, "/workspaces", null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        var list = await response.Content.ReadFromJsonAsync<JsonArray>(cancellationToken).ConfigureAwait(false) ?? [];
        return [.. list.OfType<JsonObject>().Select(static w => new WorkspaceView(
            Text(w, "id") ?? "", Text(w, "name") ?? "", Text(w, "status") ?? "", Text(w, "url") ?? "", Text(w, "last_sample_error") ?? "")
        {
            Configuration = w["agent_card"] is JsonObject card ? Text(card, "configuration_status") : null,
            ConfigurationError = w["agent_card"] is JsonObject told ? Text(told, "configuration_error") ?? "" : "",
        })];
    }

    /// <summary>Waits until the workspace is online. A workspace that failed ends the wait at once.</summary>
    public Task<WorkspaceView> WaitUntilOnlineAsync(string id, TimeSpan deadline, CancellationToken cancellationToken)
    {
        WorkspaceView? last = null;
        return Awaiting.UntilAsync(
            $"workspace {id} to be online",
            async token =>
            {
                last = await FindAsync(id, token).ConfigureAwait(false);
                return last switch
                {
                    { Status: "online" } => last,
                    { Status: "failed" or "removed" } => throw new InvalidOperationException($"Workspace {id} is {last.Status}: {last.LastError}"),
                    _ => null,
                };
            },
            () => last is null ? "no such workspace" : $"status {last.Status} {last.LastError}".TrimEnd(),
            deadline,
            clock,
            cancellationToken);
    }

    /// <summary>One A2A turn: <c>message/send</c> through the control plane (spec/control-plane.md 6.3).</summary>
    /// <param name="id">The workspace.</param>
    /// <param name="text">The user's text.</param>
    /// <param name="traceParent">W3C trace context of the turn.</param>
    /// <param name="cancellationToken">Ends the turn.</param>
    public async Task<TurnReply> SendMessageAsync(string id, string text, string traceParent, CancellationToken cancellationToken)
    {
        var start = clock.GetTimestamp();
        using var response = await SendAsync(HttpMethod.Post, $"/workspaces/{id}/a2a", Call("message/send", text), cancellationToken, traceParent).ConfigureAwait(false);
        var raw = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        return TurnReply.Read(response.StatusCode, raw, clock.GetElapsedTime(start));
    }

    /// <summary>One A2A turn whose answer comes piece by piece: <c>message/stream</c>.</summary>
    /// <param name="id">The workspace.</param>
    /// <param name="text">The user's text.</param>
    /// <param name="traceParent">W3C trace context of the turn.</param>
    /// <param name="onEvent">Called for each event before the next one is read.</param>
    /// <param name="cancellationToken">Ends the turn.</param>
    /// <returns>Status, error and tokens; the text is the events' own.</returns>
    public async Task<TurnReply> StreamMessageAsync(
        string id, string text, string traceParent, Func<AgentEvent, CancellationToken, Task> onEvent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(onEvent);
        var start = clock.GetTimestamp();
        using var request = Request(HttpMethod.Post, $"/workspaces/{id}/a2a", Call("message/stream", text), traceParent);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.Content.Headers.ContentType?.MediaType != "text/event-stream")
        {
            return TurnReply.Read(response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false), clock.GetElapsedTime(start));
        }

        AgentEvent? last = null;
        TokenCount? tokens = null;
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var next in AgentEvent.ReadAsync(stream, cancellationToken).ConfigureAwait(false))
        {
            last = next;
            tokens = next.Tokens ?? tokens;
            await onEvent(next, cancellationToken).ConfigureAwait(false);
        }

        var error = last?.Error ?? (last is { IsFinal: true } ? null : "the stream ended without a final event");
        return new TurnReply(response.StatusCode, null, error, tokens, clock.GetElapsedTime(start));
    }

    /// <summary>One A2A turn whose caller waits for a second and no longer (<c>X-Timeout</c>, spec/control-plane.md 6.2).</summary>
    /// <exception cref="InvalidOperationException">The workspace was not busy.</exception>
    public async Task<BusyAnswer> SendHastilyAsync(string id, string text, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, $"/workspaces/{id}/a2a", Call("message/send", text), traceParent: null);
        request.Headers.Add("X-Timeout", "1");
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var json = await ReadObjectAsync(response, cancellationToken).ConfigureAwait(false);
        var (isQueued, isBusy) = ((bool?)json["queued"] is true, (bool?)json["busy"] is true);
        return isQueued || isBusy
            ? new BusyAnswer(response.StatusCode, isQueued)
            : throw new InvalidOperationException($"A caller in haste was to be told that workspace {id} is busy and got {(int)response.StatusCode}: {json.ToJsonString()}");
    }

    /// <summary>The workspace's activity rows, newest first.</summary>
    public async Task<ImmutableArray<ActivityRow>> ActivitiesAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/workspaces/{id}/activity", null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        var list = await response.Content.ReadFromJsonAsync<JsonArray>(cancellationToken).ConfigureAwait(false) ?? [];
        return [.. list.OfType<JsonObject>().Select(static a => new ActivityRow(
            Text(a, "id") ?? "", Text(a, "activity_type") ?? "", Text(a, "method") ?? "", Text(a, "status") ?? "", Text(a, "error_detail"), a["request_body"]?.ToJsonString() ?? "", a["response_body"]?.ToJsonString() ?? ""))];
    }

    /// <summary>What the LLM proxy has seen since an entry's number.</summary>
    public async Task<JournalPage> LlmJournalAsync(long after, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, $"/admin/llm/journal?after={after}", null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadFromJsonAsync<JournalPage>(ContractJson.Compact, cancellationToken).ConfigureAwait(false)
            ?? throw new JsonException("The LLM proxy's journal is null.");
    }

    /// <summary>The newest recorded events, as they are answered (spec/control-plane.md 3.8).</summary>
    public Task<string> EventsAsync(CancellationToken cancellationToken) => ReadAsync("/events", cancellationToken);

    /// <summary>The names of the secrets of all workspaces, as they are answered; never a value (spec/control-plane.md 3.7).</summary>
    public Task<string> GlobalSecretsAsync(CancellationToken cancellationToken) => ReadAsync("/settings/secrets", cancellationToken);

    /// <summary>Which registry it runs on.</summary>
    public async Task<ReportedRegistry> RegistryAsync(CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, ReportedRegistry.Path, null, cancellationToken).ConfigureAwait(false);
        return await ReadRegistryAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What a part of the graph said of its registry.</summary>
    public static async Task<ReportedRegistry> ReadRegistryAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(response);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadFromJsonAsync<ReportedRegistry>(cancellationToken).ConfigureAwait(false) ?? throw new JsonException("The report of a registry is null.");
    }

    /// <summary>The models that its list of templates offers for a runtime; empty where not just one row is for it (spec/control-plane.md 3.8).</summary>
    public async Task<ImmutableArray<string>> MenuAsync(string runtime, CancellationToken cancellationToken)
    {
        var rows = JsonNode.Parse(await ReadAsync("/templates", cancellationToken).ConfigureAwait(false)) as JsonArray ?? [];
        return rows.OfType<JsonObject>().Where(row => Text(row, "runtime") == runtime).ToArray() is [var row]
            ? [.. (row["models"] as JsonArray ?? []).OfType<JsonObject>().Select(static model => Text(model, "id") ?? "")]
            : [];
    }

    private async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Restarts a workspace softly: a new process on the same folders (spec/control-plane.md 4.4).</summary>
    public Task RestartAsync(string id, CancellationToken cancellationToken) => PostAsync($"/workspaces/{id}/restart", null, cancellationToken);

    /// <summary>Restarts a workspace hard, on a file system of its own (spec/control-plane.md 4.4).</summary>
    public Task RecreateAsync(string id, CancellationToken cancellationToken) =>
        PostAsync($"/workspaces/{id}/restart", new JsonObject { ["rebuild_config"] = true }, cancellationToken);

    /// <summary>Begins a new conversation by hand (spec/runtimes-and-providers.md 1.8).</summary>
    public Task BeginChatSessionAsync(string id, CancellationToken cancellationToken) => PostAsync($"/workspaces/{id}/chat-session/new", null, cancellationToken);

    /// <summary>Keeps a memory of a workspace (spec/control-plane.md 3.5).</summary>
    public Task RememberAsync(string id, string content, CancellationToken cancellationToken) =>
        PostAsync($"/workspaces/{id}/memories", new JsonObject { ["content"] = content, ["scope"] = "LOCAL" }, cancellationToken);

    private async Task PostAsync(string path, JsonNode? body, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, path, body, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives a workspace a secret, by which it is restarted (spec/control-plane.md 3.7).</summary>
    public async Task SetSecretAsync(string id, string key, string value, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Post, $"/workspaces/{id}/secrets", new JsonObject { ["key"] = key, ["value"] = value }, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"POST /workspaces/{id}/secrets answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)}");
        }
    }

    /// <summary>Removes a workspace and its instance.</summary>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"/workspaces/{id}?confirm=true", null, cancellationToken).ConfigureAwait(false);
        await EnsureSuccessAsync(response, cancellationToken).ConfigureAwait(false);
    }

    // With what the server said: "503" alone would not tell a lost database from a full queue.
    private static async Task EnsureSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            var said = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            throw new HttpRequestException(
                $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.PathAndQuery} answered {(int)response.StatusCode}: {said}", inner: null, response.StatusCode);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken, string? traceParent = null)
    {
        using var request = Request(method, path, body, traceParent);
        return await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private HttpRequestMessage Request(HttpMethod method, string path, JsonNode? body, string? traceParent)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", adminToken);
        if (traceParent is not null)
        {
            request.Headers.Add("traceparent", traceParent);
        }

        return request;
    }

    // spec/control-plane.md 6.3
    private static JsonObject Call(string method, string text) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = Guid.NewGuid().ToString(),
        ["method"] = method,
        ["params"] = new JsonObject
        {
            ["message"] = new JsonObject
            {
                ["kind"] = "message",
                ["role"] = "user",
                ["messageId"] = Guid.NewGuid().ToString(),
                ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = text }),
            },
        },
    };

    private static async Task<JsonObject> ReadObjectAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            // A foreign control plane may answer text; the status and the text are the outcome.
            return new JsonObject { ["error"] = text };
        }
    }

    internal static string? Text(JsonObject json, string name) =>
        json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

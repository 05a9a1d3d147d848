using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json.Nodes;

namespace Molecule.Harness.Clients;

/// <summary>A workspace's desktop as people and its agent see it over the wire (spec/runtimes-and-providers.md 5.1). A refusal is an answer here, not an error.</summary>
public sealed class DesktopClient(HttpClient http, string adminToken)
{
    // What a browser's client brings along.
    private const string TokenProtocol = "molecule-display-token.";

    /// <summary>Where the control plane is.</summary>
    public Uri Address => http.BaseAddress!;

    /// <summary>The admin's own bearer: one more person.</summary>
    public string Admin => adminToken;

    /// <summary>A workspace that nobody starts: its agent would be elsewhere.</summary>
    public async Task<string> CreateAsync(string name, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Post, "/workspaces", new JsonObject { ["name"] = name, ["external"] = true, ["url"] = "http://localhost:1" }, adminToken, cancellationToken).ConfigureAwait(false)).Require("id");

    /// <summary>A workspace that runs with a desktop. Its agent is claude-code, which asks its vendor for nothing until it has a turn, and is given none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="resume">Whether control outlives a dropped connection.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<string> CreateWithDesktopAsync(string name, bool resume, CancellationToken cancellationToken)
    {
        var body = new JsonObject
        {
            ["name"] = name,
            ["runtime"] = "claude-code",
            ["model"] = "claude-sonnet-4-6",
            ["secrets"] = new JsonObject { ["ANTHROPIC_API_KEY"] = "mol-desktop", ["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9" },
            ["compute"] = new JsonObject { ["display"] = new JsonObject { ["enabled"] = true, ["resume"] = resume } },
        };
        return (await SendAsync(HttpMethod.Post, "/workspaces", body, adminToken, cancellationToken).ConfigureAwait(false)).Require("id");
    }

    /// <summary>Waits until the workspace's desktop can be connected to.</summary>
    public Task WaitForDesktopAsync(string workspace, TimeSpan deadline, TimeProvider clock, CancellationToken cancellationToken)
    {
        WireAnswer? last = null;
        return Awaiting.UntilAsync(
            $"the desktop of workspace {workspace}",
            async token => (last = await SendAsync(HttpMethod.Get, $"/workspaces/{workspace}/display", null, adminToken, token).ConfigureAwait(false)).Json["available"]?.GetValue<bool>() is true ? last : null,
            () => last?.Json.ToJsonString() ?? "nothing",
            deadline,
            clock,
            cancellationToken);
    }

    /// <summary>Makes a token that is a person.</summary>
    public async Task<(string Id, string Token)> NewPersonAsync(string name, CancellationToken cancellationToken)
    {
        var made = await SendAsync(HttpMethod.Post, "/org/tokens", new JsonObject { ["name"] = name }, adminToken, cancellationToken).ConfigureAwait(false);
        return (made.Require("id"), made.Require("auth_token"));
    }

    /// <summary>Takes a person's token back.</summary>
    public Task<WireAnswer> DismissAsync(string id, CancellationToken cancellationToken) => SendAsync(HttpMethod.Delete, $"/org/tokens/{id}", null, adminToken, cancellationToken);

    /// <summary>A token of the workspace's own.</summary>
    public async Task<string> AgentAsync(string workspace, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, $"/admin/workspaces/{workspace}/test-token", null, adminToken, cancellationToken).ConfigureAwait(false)).Require("auth_token");

    /// <summary>Takes or renews control.</summary>
    public Task<WireAnswer> AcquireAsync(string workspace, string bearer, string controller, int seconds, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, $"/workspaces/{workspace}/display/control/acquire", new JsonObject { ["controller"] = controller, ["ttl_seconds"] = seconds }, bearer, cancellationToken);

    /// <summary>Gives control back, or takes it from whoever has it.</summary>
    public Task<WireAnswer> ReleaseAsync(string workspace, string bearer, bool force, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"/workspaces/{workspace}/display/control/release", new JsonObject { ["force"] = force }, bearer, cancellationToken);

    /// <summary>Who has control.</summary>
    public Task<WireAnswer> ControlAsync(string workspace, string bearer, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, $"/workspaces/{workspace}/display/control", null, bearer, cancellationToken);

    /// <summary>The workspace's recorded events, newest first, as they are answered.</summary>
    public async Task<string> EventsAsync(string workspace, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, $"/events/{workspace}", null, adminToken);
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Connects to the picture by a session's URL as a browser does, and lets go again at once.</summary>
    /// <returns>The handshake's status; 101 where it was let in.</returns>
    public async Task<int> ConnectAsync(string sessionUrl, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sessionUrl);
        var (path, token) = sessionUrl.Split("#token=") is [var p, var t] ? (p, t) : throw new ArgumentException($"'{sessionUrl.Split('#')[0]}' has no token behind '#token='.", nameof(sessionUrl));
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol(TokenProtocol + token);
        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(http.BaseAddress!, path)) { Scheme = http.BaseAddress!.Scheme == "https" ? "wss" : "ws" }.Uri, cancellationToken).ConfigureAwait(false);
            socket.Abort();
        }
        catch (WebSocketException) when (socket.HttpStatusCode != 0)
        {
            // The status says why.
        }

        return (int)socket.HttpStatusCode;
    }

    private async Task<WireAnswer> SendAsync(HttpMethod method, string path, JsonObject? body, string bearer, CancellationToken cancellationToken)
    {
        using var request = Request(method, path, body, bearer);
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return new WireAnswer((int)response.StatusCode, await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken).ConfigureAwait(false) ?? []);
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, JsonObject? body, string bearer)
    {
        var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return request;
    }
}

/// <summary>An answer of the control plane: its status and its object.</summary>
public sealed record WireAnswer(int Status, JsonObject Json)
{
    /// <summary>A member's text; null where it has none.</summary>
    public string? this[string member] => ControlPlaneClient.Text(Json, member);

    /// <summary>A member's text.</summary>
    /// <exception cref="HttpRequestException">It was refused, or lacks the member.</exception>
    public string Require(string member) => Status < 300 && this[member] is { } text ? text : throw new HttpRequestException($"'{member}' was to come and {Status} {this["error"]} came.");
}

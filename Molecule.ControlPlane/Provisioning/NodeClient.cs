using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Molecule.Contracts.Provisioning;

namespace Molecule.ControlPlane.Provisioning;

/// <summary>The node's provisioning wire (spec/control-plane.md 5.2).</summary>
public sealed class NodeClient
{
    private const int QuotedErrorLength = 500;

    private readonly HttpClient _http;

    public NodeClient(HttpClient http, Settings settings)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(settings);
        _http = http;
        _http.BaseAddress = settings.NodeUrl;
        _http.Timeout = Timeout.InfiniteTimeSpan;
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", settings.NodeSecret);
        if (settings.AdminToken is { } admin)
        {
            _http.DefaultRequestHeaders.Add("X-Molecule-Admin-Token", admin);
        }
    }

    /// <summary>Starts a workspace.</summary>
    /// <exception cref="NodeException">The node refused, or cannot be reached.</exception>
    public Task<InstanceStatus> ProvisionAsync(ProvisionRequest request, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        using var response = await _http.PostAsJsonAsync("/cp/workspaces/provision", request, cancellation);
        return response.StatusCode is HttpStatusCode.Created ? await ReadAsync(response, cancellation) : throw await RefusedAsync(response, cancellation);
    });

    /// <summary>How an instance is; null where the node does not know it.</summary>
    /// <exception cref="NodeException">The node refused, or cannot be reached.</exception>
    public Task<InstanceStatus?> FindAsync(Guid workspace, string instance, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        using var response = await _http.GetAsync(Path(workspace, "/status", instance), cancellation);
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound => null,
            HttpStatusCode.OK => await ReadAsync(response, cancellation),
            _ => throw await RefusedAsync(response, cancellation),
        };
    });

    /// <summary>Stops an instance; one that the node does not know has stopped already.</summary>
    /// <exception cref="NodeException">The node refused, or cannot be reached.</exception>
    public Task StopAsync(Guid workspace, string instance, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        using var response = await _http.DeleteAsync(Path(workspace, "", instance), cancellation);
        return response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.NotFound ? true : throw await RefusedAsync(response, cancellation);
    });

    /// <summary>The snapshots of a workspace's data, newest first.</summary>
    /// <exception cref="NodeException">The node refused, or cannot be reached.</exception>
    public Task<ImmutableArray<SnapshotListed>> SnapshotsAsync(Guid workspace, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        using var response = await _http.GetAsync($"/cp/workspaces/{workspace}/snapshots", cancellation);
        return response.StatusCode is HttpStatusCode.OK ? await response.Content.ReadFromJsonAsync<ImmutableArray<SnapshotListed>>(cancellation) : throw await RefusedAsync(response, cancellation);
    });

    /// <summary>Why a workspace's incarnation could not be swapped now: too little disk (507), or a snapshot that cannot be used (409). Null where it could.</summary>
    /// <exception cref="NodeException">The node refused, or cannot be reached.</exception>
    public Task<SwapProblem?> FindSwapProblemAsync(Guid workspace, string? restore, CancellationToken cancellation) => TranslateAsync(async () =>
    {
        using var response = await _http.GetAsync($"/cp/workspaces/{workspace}/swap{(restore is null ? "" : $"?restore={Uri.EscapeDataString(restore)}")}", cancellation);
        return response.StatusCode switch
        {
            HttpStatusCode.NoContent => null,
            HttpStatusCode.InsufficientStorage or HttpStatusCode.Conflict => new SwapProblem((int)response.StatusCode, await ErrorAsync(response, cancellation)),
            _ => throw await RefusedAsync(response, cancellation),
        };
    });

    /// <summary>The desktop that runs in a workspace; null where none does.</summary>
    /// <exception cref="NodeException">The node refused, or cannot be reached.</exception>
    public Task<DesktopState?> FindDesktopAsync(Guid workspace, CancellationToken cancellation) => _http.BaseAddress is null ? Task.FromResult<DesktopState?>(null) : TranslateAsync(async () =>
    {
        using var response = await _http.GetAsync($"/cp/workspaces/{workspace}/desktop", cancellation);
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound => null,
            HttpStatusCode.OK => await response.Content.ReadFromJsonAsync<DesktopState>(cancellation),
            _ => throw await RefusedAsync(response, cancellation),
        };
    });

    /// <summary>Connects to the desktop that runs in a workspace: RFB's bytes in binary messages. Null where none runs.</summary>
    /// <exception cref="NodeException">The node refused, or cannot be reached.</exception>
    public async Task<WebSocket?> ConnectDesktopAsync(Guid workspace, CancellationToken cancellation)
    {
        if (_http.BaseAddress is not { } address)
        {
            return null;
        }

        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Authorization", _http.DefaultRequestHeaders.Authorization!.ToString());
        var scheme = address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(address, $"/cp/workspaces/{workspace}/desktop/rfb")) { Scheme = scheme }.Uri, cancellation);
            return socket;
        }
        catch (WebSocketException e)
        {
            var status = socket.HttpStatusCode;
            socket.Dispose();
            return status switch
            {
                HttpStatusCode.NotFound => null,
                0 => throw new NodeException($"the node cannot be reached: {e.Message}", e),

                // A WebSocket's refusal hides its words; the state has them, unless the desktop has come up meanwhile.
                HttpStatusCode.ServiceUnavailable when await FindDesktopAsync(workspace, cancellation) is not null => throw new NodeException("the desktop has come up a moment ago: connect again", e),
                HttpStatusCode.ServiceUnavailable => null,
                _ => throw new NodeException($"the node answered {(int)status} for the desktop", e),
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Path(Guid workspace, string rest, string instance) => $"/cp/workspaces/{workspace}{rest}?instance_id={Uri.EscapeDataString(instance)}";

    private static async Task<InstanceStatus> ReadAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        await response.Content.ReadFromJsonAsync<InstanceStatus>(cancellation) ?? throw new NodeException("the node answered no instance");

    private static async Task<NodeException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        new($"the node answered {(int)response.StatusCode}: {await ErrorAsync(response, cancellation)}");

    private static async Task<string> ErrorAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var text = await response.Content.ReadAsStringAsync(cancellation);
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("error", out var error))
            {
                text = error.ToString();
            }
        }
        catch (JsonException)
        {
            // Then the text as it is.
        }

        return text.Length > QuotedErrorLength ? text[..QuotedErrorLength] : text;
    }

    private static async Task<T> TranslateAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (HttpRequestException e)
        {
            throw new NodeException($"the node cannot be reached: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new NodeException("the node answered no JSON of an instance", e);
        }
    }
}

/// <summary>A desktop that runs.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
public sealed record DesktopState(int Width, int Height);

/// <summary>Why a swap cannot be made: an HTTP status and a sentence.</summary>
public sealed record SwapProblem(int Status, string Message);

/// <summary>The node did not do what it was asked to.</summary>
public sealed class NodeException : Exception
{
    public NodeException(string message)
        : base(message)
    {
    }

    public NodeException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Molecule.Harness.Logins;

/// <summary>
/// Sees the login that a workspace works with: as codex keeps it, where the node's folders are on this machine, which is there first; elsewhere as the control plane
/// keeps it, where codex's own refresh is handed back to (docs/decisions/0008).
/// </summary>
/// <param name="http">The control plane.</param>
/// <param name="adminToken">Its admin's token.</param>
/// <param name="workspaces">Holds a folder a workspace; may not be there.</param>
/// <param name="clock">The clock.</param>
public sealed class WorkspaceLogin(HttpClient http, string adminToken, string workspaces, TimeProvider clock)
{
    private const string Secret = "CODEX_AUTH_JSON";

    /// <summary>What is there now; secret.</summary>
    /// <exception cref="HttpRequestException">It cannot be seen.</exception>
    /// <exception cref="TimeoutException">The workspace is not there to be asked.</exception>
    public async Task<ImmutableArray<string>> LookAsync(string workspace, CancellationToken cancellationToken)
    {
        var seen = await ReadFileAsync(Path.Combine(workspaces, workspace, "home", ".codex", "auth.json"), cancellationToken).ConfigureAwait(false)
            ?? await ReadSecretAsync(workspace, cancellationToken).ConfigureAwait(false);
        return seen is null ? [] : [seen];
    }

    // Values are for the workspace itself (spec/control-plane.md 3.7): a token of its own, which ends with it. Not before it has registered: where there is a token,
    // nobody registers without one (2.3), and after a restart it has none.
    private async Task<string?> ReadSecretAsync(string workspace, CancellationToken cancellationToken)
    {
        string? status = null;
        await Awaiting.UntilAsync(
            $"workspace {workspace} to be online, to be asked for its login",
            async token => (status = (string?)(await SendAsync(HttpMethod.Get, $"/workspaces/{workspace}", adminToken, token).ConfigureAwait(false))["status"]) is "online" or "degraded" ? status : null,
            () => $"status {status}",
            Deadlines.Call,
            clock,
            cancellationToken).ConfigureAwait(false);
        var minted = await SendAsync(HttpMethod.Post, $"/workspaces/{workspace}/tokens", adminToken, cancellationToken).ConfigureAwait(false);
        var values = await SendAsync(HttpMethod.Get, $"/workspaces/{workspace}/secrets/values", (string?)minted["auth_token"] ?? "", cancellationToken).ConfigureAwait(false);
        return (string?)values[Secret];
    }

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, string bearer, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);

        // The answer holds secrets: only its status is ever told.
        return response.IsSuccessStatusCode
            ? await response.Content.ReadFromJsonAsync<JsonObject>(cancellationToken).ConfigureAwait(false) ?? []
            : throw new HttpRequestException($"{method} {path} answered {(int)response.StatusCode}", inner: null, response.StatusCode);
    }

    // codex may be writing it.
    private static async Task<string?> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null;
        }
    }
}

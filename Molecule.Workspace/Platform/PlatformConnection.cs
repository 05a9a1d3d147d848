using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Platform;

/// <summary>Calls to the platform, each with the workspace's token and id (spec/runtimes-and-providers.md 1.2).</summary>
public sealed class PlatformConnection(HttpClient http, WorkspaceSettings settings, TokenStore tokens, TimeProvider time)
{
    /// <summary>How long an ordinary call may take.</summary>
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The path of this workspace's own routes.</summary>
    public string Own(string route) => $"/workspaces/{settings.Id}/{route}";

    /// <summary>Calls the platform; after a 401 the token file is read again, for the platform may have replaced it, and the call is made once more.</summary>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    /// <exception cref="TimeoutException">It did not answer within the limit, <see cref="Limit"/> unless said.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        var answer = await SendOnceAsync(method, path, body, cancellationToken, limit).ConfigureAwait(false);
        if (answer.StatusCode is not HttpStatusCode.Unauthorized)
        {
            return answer;
        }

        answer.Dispose();
        return await SendOnceAsync(method, path, body, cancellationToken, limit).ConfigureAwait(false);
    }

    /// <summary>Calls the platform once, whatever it answers.</summary>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    /// <exception cref="TimeoutException">It did not answer within the limit.</exception>
    public async Task<HttpResponseMessage> SendOnceAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        using var request = new HttpRequestMessage(method, settings.PlatformUrl + path);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        }

        request.Headers.Add("X-Workspace-ID", settings.Id);
        if (tokens.ReadAuthToken() is { } token)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var over = new CancellationTokenSource(limit ?? Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        try
        {
            return await http.SendAsync(request, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {(limit ?? Limit).TotalSeconds:0} s", e);
        }
    }
}

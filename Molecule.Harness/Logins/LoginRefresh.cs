using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Harness.Lanes;
using Molecule.Harness.Live;

namespace Molecule.Harness.Logins;

/// <summary>Refreshes a ChatGPT login at its vendor, as codex does (spec/runtimes-and-providers.md 2.2, 3.3).</summary>
public sealed class LoginRefresh(HttpClient http, Func<string, string?> environment, TimeProvider clock)
{
    /// <summary>Points the refresh at another address than the vendor's; codex in the workspace is given the same one.</summary>
    public const string UrlVariable = "MOLECULE_LIVE_TOKEN_URL_OPENAI_SUBSCRIPTION";

    // The public client of the codex CLI (openai/codex, codex-rs/login).
    private const string ClientId = "app_EMoamEEZ73f0CkXaXp7hrann";

    private static readonly Uri _vendor = new("https://auth.openai.com/oauth/token");
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(20);

    /// <summary>Where logins are refreshed instead of at their vendor; null where nobody says anything.</summary>
    /// <exception cref="Coverage.Planning.RunRequestException">It is no http or https address.</exception>
    public static Uri? OverrideOf(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (environment(UrlVariable) is not { Length: > 0 } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new Coverage.Planning.RunRequestException($"{UrlVariable} must be an http or https address, not '{text}'");
    }

    /// <summary>Uses its refresh token up.</summary>
    /// <remarks>Not to be cancelled: a refresh that is given up half-way may have used the token all the same.</remarks>
    /// <exception cref="LiveUncheckedException">The vendor refuses it for good.</exception>
    /// <exception cref="LaneException">The vendor did not answer, or not with tokens.</exception>
    public async Task<ChatGptLogin> RefreshAsync(string name, ChatGptLogin login)
    {
        ArgumentNullException.ThrowIfNull(login);
        var at = OverrideOf(environment) ?? _vendor;
        using var deadline = new CancellationTokenSource(_limit, clock);
        using var request = new HttpRequestMessage(HttpMethod.Post, at)
        {
            Content = JsonContent.Create(new { client_id = ClientId, grant_type = "refresh_token", refresh_token = login.Refresh }),
        };
        try
        {
            using var response = await http.SendAsync(request, deadline.Token).ConfigureAwait(false);
            var answer = Read(await response.Content.ReadAsStringAsync(deadline.Token).ConfigureAwait(false));
            if (response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw new LiveUncheckedException($"credential-refused: {name} ({at.Authority} answered {(int)response.StatusCode}{CodeOf(answer)} to its refresh: log in to ChatGPT anew and store the new auth.json)");
            }

            return response.IsSuccessStatusCode && answer is not null && login.With(answer, clock.GetUtcNow()) is { } rotated
                ? rotated
                : throw new LaneException($"{name} had to be refreshed and {at.Authority} answered {(int)response.StatusCode} without a login: where it has used the refresh token up, log in to ChatGPT anew.");
        }
        catch (HttpRequestException e)
        {
            throw new LaneException($"{name} has to be refreshed and {at.Authority} cannot be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e)
        {
            throw new LaneException($"{name} has to be refreshed and {at.Authority} did not answer within {_limit.TotalSeconds:0} s: where it has used the refresh token up, log in to ChatGPT anew.", e);
        }
    }

    private static JsonObject? Read(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A code is a word of the vendor's; its message might repeat what was sent.
    private static string CodeOf(JsonObject? answer) => answer?["error"] is JsonObject error && error["code"] is JsonValue code && code.TryGetValue<string>(out var text) ? $" {text}" : "";
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Molecule.ControlPlane.Llm;

/// <summary>A bearer for Vertex.</summary>
/// <param name="Value">The token.</param>
/// <param name="Born">When it was asked for.</param>
/// <param name="Expires">When it runs out.</param>
public sealed record VertexToken(string Value, DateTimeOffset Born, DateTimeOffset Expires)
{
    public override string ToString() => $"VertexToken {{ Expires = {Expires:O} }}";
}

/// <summary>No bearer could be had; the message says why, without any secret.</summary>
public sealed class VertexTokenException(string message) : Exception(message);

/// <summary>Mints bearers by workload identity federation: exchange, then impersonation where that is set (spec/runtimes-and-providers.md 3.6).</summary>
public sealed class VertexTokenMint(Settings settings, LlmUpstream http, TimeProvider time)
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";
    private const int LargestAnswer = 64 * 1024;
    private const int LongestCause = 300;

    /// <exception cref="VertexTokenException">Google refused, or could not be reached.</exception>
    public async Task<VertexToken> MintAsync(CancellationToken cancellation)
    {
        var identity = settings.Vertex ?? throw new VertexTokenException("no workload identity is configured: set Molecule__Vertex__Audience and the AWS key");
        var born = time.GetUtcNow();
        using var exchange = new HttpRequestMessage(HttpMethod.Post, identity.StsOrigin + "/v1/token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange",
                ["audience"] = identity.Audience,
                ["scope"] = Scope,
                ["requested_token_type"] = AccessToken,
                ["subject_token_type"] = "urn:ietf:params:aws:token-type:aws4_request",
                ["subject_token"] = VertexSubjectToken.Create(identity, born),
            }),
        };
        var federated = await SendAsync(exchange, "the token exchange", cancellation);
        if (federated.Text("access_token") is not { Length: > 0 } token || federated.Number("expires_in") is not { } seconds || seconds <= 0)
        {
            throw new VertexTokenException("the token exchange answered without access_token or expires_in");
        }

        if (identity.ServiceAccount is not { } account)
        {
            return new VertexToken(token, born, born.AddSeconds(seconds));
        }

        using var impersonation = new HttpRequestMessage(HttpMethod.Post, $"{identity.IamOrigin}/v1/projects/-/serviceAccounts/{Uri.EscapeDataString(account)}:generateAccessToken")
        {
            Content = JsonContent.Create(new { scope = new[] { Scope }, lifetime = "3600s" }),
        };
        impersonation.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var impersonated = await SendAsync(impersonation, $"the impersonation of {account}", cancellation);
        return impersonated.Text("accessToken") is { Length: > 0 } value
            && DateTimeOffset.TryParse(impersonated.Text("expireTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires) && expires > born
                ? new VertexToken(value, born, expires)
                : throw new VertexTokenException($"the impersonation of {account} answered without accessToken or a future expireTime");
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request, string what, CancellationToken cancellation)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellation);
            await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
            var text = await response.Content.ReadAsStringAsync(cancellation);
            var answer = Parse(text);
            return response.IsSuccessStatusCode && answer is { } read
                ? read
                : throw new VertexTokenException($"{what} was refused with {(int)response.StatusCode}{Cause(answer)}");
        }
        catch (HttpRequestException e)
        {
            throw new VertexTokenException($"{what} at {request.RequestUri!.GetLeftPart(UriPartial.Authority)} failed: {e.HttpRequestError}");
        }
    }

    private static JsonElement? Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // OAuth's error and its description, or the envelope of Google's other APIs (spec/runtimes-and-providers.md 3.6).
    private static string Cause(JsonElement? answer)
    {
        if (answer is not { } error)
        {
            return "";
        }

        var cause = error.Text("error") is { } code
            ? $": {code}: {error.Text("error_description")}"
            : error.Get("error").Text("message") is { } message ? $": {error.Get("error").Text("status")}: {message}" : "";
        return cause.Length > LongestCause ? cause[..LongestCause] + "…" : cause;
    }
}

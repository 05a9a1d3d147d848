using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.ControlPlane.CodexAuth;

/// <summary>A ChatGPT login as codex keeps it in auth.json (spec/runtimes-and-providers.md 2.2).</summary>
public sealed class CodexLogin
{
    private readonly JsonObject _document;

    private CodexLogin(JsonObject document, string refreshToken, DateTimeOffset expires)
    {
        _document = document;
        RefreshToken = refreshToken;
        Expires = expires;
    }

    /// <summary>Single-use; secret.</summary>
    public string RefreshToken { get; }

    /// <summary>When its access token runs out, by the token's own word.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>Reads a login; one that is none, or cannot be refreshed, is left to codex.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out CodexLogin? login)
    {
        login = null;
        try
        {
            if (JsonNode.Parse(text) is JsonObject document
                && document["tokens"] is JsonObject tokens
                && Text(tokens, "refresh_token") is { Length: > 0 } refresh
                && Text(tokens, "access_token") is { } access
                && ExpiryOf(access) is { } expires)
            {
                login = new CodexLogin(document, refresh, expires);
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return login is not null;
    }

    /// <summary>The login with new tokens; what else stands in it is kept.</summary>
    /// <param name="tokens">The answer to the refresh.</param>
    /// <param name="now">When it was refreshed.</param>
    /// <returns>Null where the answer lacks a token.</returns>
    public string? With(JsonObject tokens, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (Text(tokens, "access_token") is not { Length: > 0 } access || Text(tokens, "refresh_token") is not { Length: > 0 } refresh)
        {
            return null;
        }

        var rotated = _document.DeepClone().AsObject();
        var kept = rotated["tokens"]!.AsObject();
        kept["access_token"] = access;
        kept["refresh_token"] = refresh;
        if (Text(tokens, "id_token") is { Length: > 0 } id)
        {
            kept["id_token"] = id;
        }

        rotated["last_refresh"] = now.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return rotated.ToJsonString();
    }

    public override string ToString() => $"CodexLogin {{ Expires = {Expires:O} }}";

    // RFC 7519, 4.1.4; nobody's signature is ours to check.
    private static DateTimeOffset? ExpiryOf(string token)
    {
        if (token.Split('.') is not [_, var claims, _] || !Base64Url.IsValid(claims))
        {
            return null;
        }

        return JsonNode.Parse(Base64Url.DecodeFromChars(claims)) is JsonObject said && said["exp"] is JsonValue value && value.TryGetValue<long>(out var seconds)
            && seconds is >= 0 and <= 253_402_300_799
                ? DateTimeOffset.FromUnixTimeSeconds(seconds)
                : null;
    }

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Harness.Logins;

/// <summary>A ChatGPT login as codex keeps it in auth.json (spec/runtimes-and-providers.md 2.2).</summary>
/// <param name="Text">The file's text; secret.</param>
/// <param name="Account">The account's id.</param>
/// <param name="Access">What a turn is paid with; secret.</param>
/// <param name="Refresh">Good for one use; secret.</param>
/// <param name="RefreshedAt">When these tokens were had.</param>
/// <param name="Expires">When the access token runs out, by its own word.</param>
public sealed record ChatGptLogin(string Text, string Account, string Access, string Refresh, DateTimeOffset RefreshedAt, DateTimeOffset Expires)
{
    /// <summary>Reads one; false where the text is none, or none that can be refreshed.</summary>
    public static bool TryRead(string? text, [NotNullWhen(true)] out ChatGptLogin? login)
    {
        login = Parse(text) is { } document
            && document["tokens"] is JsonObject tokens
            && Field(tokens, "account_id") is { Length: > 0 } account
            && Field(tokens, "access_token") is { Length: > 0 } access
            && Field(tokens, "refresh_token") is { Length: > 0 } refresh
            && ExpiryOf(access) is { } expires
            && DateTimeOffset.TryParse(Field(document, "last_refresh"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                ? new ChatGptLogin(text!, account, access, refresh, at, expires)
                : null;
        return login is not null;
    }

    /// <summary>Whether both hold the same tokens, however they are written.</summary>
    public bool IsSameAs(ChatGptLogin other) => other is not null && Account == other.Account && Refresh == other.Refresh && Access == other.Access;

    /// <summary>Whether it comes of another one: the same account, other tokens, had later.</summary>
    public bool IsLaterThan(ChatGptLogin other) => other is not null && Account == other.Account && Refresh != other.Refresh && RefreshedAt > other.RefreshedAt;

    /// <summary>The login with new tokens; what else stands in it is kept.</summary>
    /// <param name="tokens">The answer to the refresh.</param>
    /// <param name="now">When it was refreshed.</param>
    /// <returns>Null where the answer lacks a token.</returns>
    public ChatGptLogin? With(JsonObject tokens, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (Field(tokens, "access_token") is not { Length: > 0 } access || Field(tokens, "refresh_token") is not { Length: > 0 } refresh)
        {
            return null;
        }

        var document = Parse(Text)!;
        var kept = document["tokens"]!.AsObject();
        kept["access_token"] = access;
        kept["refresh_token"] = refresh;
        if (Field(tokens, "id_token") is { Length: > 0 } id)
        {
            kept["id_token"] = id;
        }

        // A clock that was set back must not make the successor look like the elder.
        var at = now > RefreshedAt ? now : RefreshedAt + TimeSpan.FromSeconds(1);
        document["last_refresh"] = at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
        return TryRead(document.ToJsonString(), out var login) ? login : null;
    }

    // Secrets are secret: no log and no message prints them.
    public override string ToString() => $"ChatGPT login of {RefreshedAt:O}";

    // RFC 7519, 4.1.4; nobody's signature is ours to check.
    private static DateTimeOffset? ExpiryOf(string token) =>
        token.Split('.') is [_, var claims, _] && Base64Url.IsValid(claims)
        && Parse(System.Text.Encoding.UTF8.GetString(Base64Url.DecodeFromChars(claims))) is { } said
        && said["exp"] is JsonValue value && value.TryGetValue<long>(out var seconds) && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;

    private static JsonObject? Parse(string? text)
    {
        try
        {
            return text is null ? null : JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Field(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

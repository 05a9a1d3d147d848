using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.Agents.Codex;

/// <summary>Tells whether codex has refreshed a ChatGPT login by itself: its refresh token is good for one use, so the older login is dead (spec 2.2).</summary>
public static class CodexRotation
{
    /// <summary>Where codex keeps its login.</summary>
    public static string FileIn(string home) => Path.Combine(home, ".codex", "auth.json");

    /// <summary>The names under which a workspace is given its login, the first one that is set counts (spec 3.0).</summary>
    public static IReadOnlyList<string> Variables { get; } = ["CODEX_AUTH_JSON", "CODEX_CHATGPT_AUTH_JSON"];

    /// <summary>Whether a kept login comes of a given one: the same account, refreshed later, with another refresh token.</summary>
    /// <param name="given">What the workspace was given.</param>
    /// <param name="kept">What codex has written; a login of another account or an older one is a stale file.</param>
    public static bool IsOf(string given, string kept) =>
        Read(given) is { } first && Read(kept) is { } later && first.Account == later.Account && first.Refresh != later.Refresh && later.At > first.At;

    private static (string Account, string Refresh, DateTimeOffset At)? Read(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonObject login
                && login["tokens"] is JsonObject tokens
                && Text(tokens, "account_id") is { Length: > 0 } account
                && Text(tokens, "refresh_token") is { Length: > 0 } refresh
                && DateTimeOffset.TryParse(Text(login, "last_refresh"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
                    ? (account, refresh, at)
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

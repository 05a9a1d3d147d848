using System.Collections.Immutable;

namespace Molecule.Workspace.Agents.ClaudeCode;

/// <summary>
/// Puts Anthropic credentials into the slot that their value belongs to, and sends Anthropic's own tokens to nobody but
/// Anthropic: the product's <c>normalise_llm_env</c> (spec/runtimes-and-providers.md 2.1, "Token-prefix trap"). Pure.
/// </summary>
public static class LlmEnvironment
{
    public const string ApiKey = "ANTHROPIC_API_KEY";
    public const string AuthToken = "ANTHROPIC_AUTH_TOKEN";
    public const string OAuthToken = "CLAUDE_CODE_OAUTH_TOKEN";
    public const string BaseUrl = "ANTHROPIC_BASE_URL";

    private const string OAuthPrefix = "sk-ant-oat01-";
    private const string ApiKeyPrefix = "sk-ant-api03-";

    /// <summary>The environment as the agent shall see it.</summary>
    /// <param name="environment">The workspace's environment.</param>
    /// <param name="provider">The provider that was resolved; one that is not Anthropic's drops an inherited OAuth token.</param>
    public static ImmutableDictionary<string, string> Normalise(ImmutableDictionary<string, string> environment, string? provider)
    {
        var foreign = provider is not (null or "anthropic-api" or "anthropic-oauth");
        var result = environment;
        foreach (var slot in (ReadOnlySpan<string>)[ApiKey, AuthToken])
        {
            if (result.TryGetValue(slot, out var value) && value.StartsWith(OAuthPrefix, StringComparison.Ordinal))
            {
                result = result.Remove(slot).SetItem(OAuthToken, value);
            }
        }

        if (foreign)
        {
            return result.Remove(OAuthToken);
        }

        if (result.TryGetValue(AuthToken, out var token) && token.StartsWith(ApiKeyPrefix, StringComparison.Ordinal))
        {
            result = WithoutForeignBaseUrl(result.Remove(AuthToken).SetItem(ApiKey, token));
        }

        return result.TryGetValue(OAuthToken, out var oauth) && oauth.StartsWith(OAuthPrefix, StringComparison.Ordinal)
            ? WithoutForeignBaseUrl(result)
            : result;
    }

    private static ImmutableDictionary<string, string> WithoutForeignBaseUrl(ImmutableDictionary<string, string> environment) =>
        environment.TryGetValue(BaseUrl, out var url) && !IsAnthropic(url) ? environment.Remove(BaseUrl) : environment;

    private static bool IsAnthropic(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed)
        && (parsed.Host is "anthropic.com" || parsed.Host.EndsWith(".anthropic.com", StringComparison.OrdinalIgnoreCase));
}

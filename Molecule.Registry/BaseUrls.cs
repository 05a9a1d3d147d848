using System.Text.RegularExpressions;

namespace Molecule.Registry;

/// <summary>A base URL needs a variable that nobody set.</summary>
public sealed class MissingEndpointVariableException(string message) : Exception(message);

/// <summary>Base URLs with their placeholders filled in (spec 4.3, <c>endpoint_vars</c>).</summary>
public static partial class BaseUrls
{
    /// <summary>
    /// The provider's base URL of one surface, without a trailing slash; null when the registry has none, so that the client's
    /// own default holds. The Anthropic one ends in <c>/v1</c> (spec 3.1).
    /// </summary>
    /// <param name="provider">The provider.</param>
    /// <param name="protocol">The surface that is asked for.</param>
    /// <param name="env">Looks a variable up; null or empty = unset.</param>
    /// <exception cref="MissingEndpointVariableException">A placeholder's variable is unset and has no default.</exception>
    public static string? RenderBaseUrl(this Provider provider, WireProtocol protocol, Func<string, string?> env) =>
        Template(provider, protocol) is { } template
            ? Placeholder.Replace(template, match => Value(provider, match.Groups[1].Value, env)).TrimEnd('/')
            : null;

    /// <summary>
    /// The base URL as Anthropic's own clients want it: without the <c>/v1</c> that they append themselves. Leaving it in
    /// was the product's double-/v1 defect (spec 3.1).
    /// </summary>
    /// <inheritdoc cref="RenderBaseUrl"/>
    public static string? RenderAnthropicClientUrl(this Provider provider, Func<string, string?> env) =>
        provider.RenderBaseUrl(WireProtocol.Anthropic, env) is { } url
            ? url.EndsWith("/v1", StringComparison.Ordinal) ? url[..^"/v1".Length] : url
            : null;

    /// <summary>The template is the surface of the provider's own protocol, unless an Anthropic URL stands beside it: then it is OpenAI's.</summary>
    private static string? Template(Provider provider, WireProtocol protocol) => protocol switch
    {
        WireProtocol.Anthropic => provider.BaseUrlAnthropic ?? (provider.Protocol == WireProtocol.Anthropic ? provider.BaseUrlTemplate : null),
        _ => provider.Protocol == WireProtocol.OpenAi || provider.BaseUrlAnthropic is not null ? provider.BaseUrlTemplate : null,
    };

    private static string Value(Provider provider, string placeholder, Func<string, string?> env)
    {
        if (!provider.EndpointVars.TryGetValue(placeholder, out var variable))
        {
            throw new MissingEndpointVariableException(
                $"provider '{provider.Name}': placeholder {{{placeholder}}} of its base URL has no entry in endpoint_vars");
        }

        return (env(variable.Env) is { Length: > 0 } set ? set : variable.Default)?.TrimEnd('/')
            ?? throw new MissingEndpointVariableException(
                $"provider '{provider.Name}': its base URL needs {{{placeholder}}}: set {variable.Env}, it has no default");
    }

    /// <summary>A <c>{placeholder}</c> of a URL template.</summary>
    [GeneratedRegex(@"\{([^{}]*)\}", RegexOptions.CultureInvariant)]
    internal static partial Regex Placeholder { get; }
}

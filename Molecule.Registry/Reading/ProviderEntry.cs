using System.Collections.Immutable;

namespace Molecule.Registry.Reading;

/// <summary>One item of <c>providers</c> (spec 4.3), with the places of what must be unique in the file.</summary>
internal sealed record ProviderEntry(Provider Provider, YamlScalar Name, YamlScalar? UpstreamVendor)
{
    private static readonly ImmutableArray<string> Keys =
    [
        "name", "display_name", "vendor_logo", "protocol", "auth_mode", "base_url_template", "base_url_anthropic", "endpoint_vars",
        "wire_model_prefix", "auth_env", "auth_token_env", "model_prefix_match", "model_aliases", "deprecated", "upstream_vendor",
        "thinking_policy",
    ];

    /// <summary>Null, with the errors noted, when it has no name: nothing else could refer to it.</summary>
    public static ProviderEntry? Read(YamlNode node, ErrorList errors)
    {
        var title = (node as YamlMapping)?.Entries.FirstOrDefault(entry => entry.Key.Value == "name")?.Value is YamlScalar said
            ? $"provider '{said.Value}'"
            : "this provider";
        if (Section.Open(node, title, Keys, errors) is not { } section)
        {
            return null;
        }

        // Everything is read before anything is given up: one look shows all errors.
        var name = section.RequireText("name");
        var protocol = section.RequireWord("protocol", ("openai", WireProtocol.OpenAi), ("anthropic", WireProtocol.Anthropic));
        var authMode = section.RequireWord(
            "auth_mode",
            ("anthropic_api", AuthMode.AnthropicApi),
            ("oauth", AuthMode.OAuth),
            ("third_party_anthropic_compat", AuthMode.ThirdPartyAnthropicCompat),
            ("wif_adc", AuthMode.WifAdc));
        var endpoints = EndpointSection.Read(section, title, errors);
        var upstreamVendor = section.FindText("upstream_vendor");
        var provider = new Provider
        {
            // Stryker disable once String : a provider without a name is given up below
            Name = name?.Value ?? "",
            DisplayName = section.FindText("display_name")?.Value,
            VendorLogo = section.FindText("vendor_logo")?.Value,
            Protocol = protocol ?? default,
            AuthMode = authMode ?? default,
            BaseUrlTemplate = endpoints.Template,
            BaseUrlAnthropic = endpoints.Anthropic,
            EndpointVars = endpoints.Variables,
            WireModelPrefix = section.FindText("wire_model_prefix")?.Value,
            AuthEnv = section.FindEnvNames("auth_env"),
            AuthTokenEnv = section.FindEnvName("auth_token_env"),
            ModelPrefixMatch = ReadPattern(section, title, errors),
            ModelAliases = [.. section.FindTexts("model_aliases").Select(alias => alias.Value)],
            Deprecated = section.FindFlag("deprecated"),
            UpstreamVendor = upstreamVendor?.Value,
            ThinkingPolicy = section.FindText("thinking_policy")?.Value,
        };
        return name is not null && EntryName.Check(name, "provider", errors) ? new ProviderEntry(provider, name, upstreamVendor) : null;
    }

    private static ModelPattern? ReadPattern(Section section, string title, ErrorList errors)
    {
        if (section.FindText("model_prefix_match") is not { } text)
        {
            return null;
        }

        if (!ModelPattern.TryParse(text.Value, out var pattern, out var problem))
        {
            errors.Add(text, $"model_prefix_match of {title} is no regular expression (RE2): {problem}");
        }

        return pattern;
    }
}

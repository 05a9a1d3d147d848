using System.Collections.Immutable;

namespace Molecule.Registry.Diff;

/// <summary>A provider's data by the key it stands under in the file (spec 4.3).</summary>
internal static class ProviderFields
{
    /// <summary>Every key but the name, in the order of spec 4.3; null = not set.</summary>
    public static ImmutableArray<(string Key, string? Value)> Of(Provider provider) =>
    [
        ("display_name", provider.DisplayName),
        ("vendor_logo", provider.VendorLogo),
        ("protocol", Word(provider.Protocol)),
        ("auth_mode", Word(provider.AuthMode)),
        ("base_url_template", provider.BaseUrlTemplate),
        ("base_url_anthropic", provider.BaseUrlAnthropic),
        ("endpoint_vars", Listed(provider.EndpointVars.Select(static one => $"{one.Key} from {one.Value.Env}{(one.Value.Default is { } set ? $", else {set}" : "")}"), "; ")),
        ("wire_model_prefix", provider.WireModelPrefix),
        ("auth_env", Listed(provider.AuthEnv)),
        ("auth_token_env", provider.AuthTokenEnv),
        ("model_prefix_match", provider.ModelPrefixMatch?.Text),
        ("model_aliases", Listed(provider.ModelAliases)),
        ("deprecated", provider.Deprecated ? "true" : null),
        ("upstream_vendor", provider.UpstreamVendor),
        ("thinking_policy", provider.ThinkingPolicy),
    ];

    /// <summary>The yaml's word.</summary>
    public static string Word(WireProtocol protocol) => protocol is WireProtocol.Anthropic ? "anthropic" : "openai";

    /// <summary>The yaml's word.</summary>
    public static string Word(AuthMode mode) => mode switch
    {
        AuthMode.AnthropicApi => "anthropic_api",
        AuthMode.OAuth => "oauth",
        AuthMode.ThirdPartyAnthropicCompat => "third_party_anthropic_compat",
        AuthMode.WifAdc => "wif_adc",
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "no such auth mode"),
    };

    private static string? Listed(IEnumerable<string> values, string between = ", ") => string.Join(between, values) is { Length: > 0 } text ? text : null;
}

using System.Collections.Immutable;

namespace Molecule.Registry;

/// <summary>The surface a base URL is for: OpenAI's (chat completions, responses) or Anthropic's (messages).</summary>
public enum WireProtocol
{
    /// <summary>Yaml <c>openai</c>.</summary>
    OpenAi,

    /// <summary>Yaml <c>anthropic</c>.</summary>
    Anthropic,
}

/// <summary>The yaml's auth_mode. Historical and misleading; only <see cref="WifAdc"/> is acted on (spec 4.3).</summary>
public enum AuthMode
{
    /// <summary>Yaml <c>anthropic_api</c>; OpenAI's key arms carry it as well (spec 4.3).</summary>
    AnthropicApi,

    /// <summary>Yaml <c>oauth</c>.</summary>
    OAuth,

    /// <summary>Yaml <c>third_party_anthropic_compat</c>.</summary>
    ThirdPartyAnthropicCompat,

    /// <summary>Yaml <c>wif_adc</c>: the control plane mints the bearer, no key reaches a workspace (spec 3.6).</summary>
    WifAdc,
}

/// <summary>Where a placeholder of a base URL takes its value from (spec 4.3, <c>endpoint_vars</c>).</summary>
/// <param name="Env">The environment variable's name.</param>
/// <param name="Default">The value when it is unset or empty; null = the variable is required.</param>
public sealed record EndpointVariable(string Env, string? Default);

/// <summary>One entry of the registry's catalogue: all keys of spec 4.3. A key that the file lacks is null, empty or false.</summary>
public sealed record Provider
{
    /// <summary>The arm's id, unique in the file.</summary>
    public required string Name { get; init; }

    /// <summary>A name for people.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The logo's key in the product's canvas.</summary>
    public string? VendorLogo { get; init; }

    /// <summary>The provider's first wire.</summary>
    public required WireProtocol Protocol { get; init; }

    /// <summary>See <see cref="Molecule.Registry.AuthMode"/>.</summary>
    public required AuthMode AuthMode { get; init; }

    /// <summary>The base URL of <see cref="Protocol"/>'s surface, with <c>{placeholders}</c>; null = the client's own default.</summary>
    public string? BaseUrlTemplate { get; init; }

    /// <summary>The base URL of the Anthropic surface, ending in <c>/v1</c> (spec 3.1).</summary>
    public string? BaseUrlAnthropic { get; init; }

    /// <summary>The placeholders' sources, by placeholder.</summary>
    public ImmutableSortedDictionary<string, EndpointVariable> EndpointVars { get; init; } =
        ImmutableSortedDictionary.Create<string, EndpointVariable>(StringComparer.Ordinal);

    /// <summary>What the vendor wants before the model's id on the wire, e.g. <c>google/</c> (spec 3.6).</summary>
    public string? WireModelPrefix { get; init; }

    /// <summary>The names under which a workspace may hold this provider's credential; any one will do.</summary>
    public ImmutableArray<string> AuthEnv { get; init; } = [];

    /// <summary>The name under which the runtime's client wants the credential (spec 3.0, "token env").</summary>
    public string? AuthTokenEnv { get; init; }

    /// <summary>Which model ids this provider owns besides the listed ones.</summary>
    public ModelPattern? ModelPrefixMatch { get; init; }

    /// <summary>Other names of models.</summary>
    public ImmutableArray<string> ModelAliases { get; init; } = [];

    /// <summary>Not to be offered to new users.</summary>
    public bool Deprecated { get; init; }

    /// <summary>The vendor's name in an upstream model id; unique in the file (spec 3.8, 4.3).</summary>
    public string? UpstreamVendor { get; init; }

    /// <summary>E.g. <c>require_enabled</c> (spec 3.4).</summary>
    public string? ThinkingPolicy { get; init; }

    /// <summary>The metered arm: the control plane's proxy pays, no key of the user's is involved (spec 3.8).</summary>
    public bool IsPlatform => Name == "platform";

    /// <summary>The control plane makes the vendor call on the workspace's behalf: the platform arm, and keyless ones (spec 3.6).</summary>
    public bool IsServedByControlPlane => IsPlatform || AuthMode == AuthMode.WifAdc;
}

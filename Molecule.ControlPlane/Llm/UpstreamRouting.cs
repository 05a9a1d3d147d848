using System.Collections.Immutable;
using System.Net.Http.Headers;
using Molecule.Registry;

namespace Molecule.ControlPlane.Llm;

/// <summary>Where a request goes.</summary>
/// <param name="Vendor">The vendor's name.</param>
/// <param name="Url">The whole URL, without the query.</param>
/// <param name="Model">The id on the vendor's wire.</param>
/// <param name="Key">The vendor key; null where a bearer is minted instead.</param>
public sealed record UpstreamTarget(string Vendor, string Url, string Model, string? Key)
{
    /// <summary>A bearer has to be minted first.</summary>
    public bool IsKeyless => Key is null;

    // What spec/runtimes-and-providers.md 3.0 says of the vendors: Anthropic's own API wants x-api-key, all others take a bearer.
    private const string KeyHeaderVendor = "anthropic";

    /// <summary>Puts the vendor's key where that vendor wants it.</summary>
    /// <exception cref="InvalidOperationException">It has none yet.</exception>
    public void Authorize(HttpRequestHeaders headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        var key = Key ?? throw new InvalidOperationException($"No bearer has been minted for {Vendor}.");
        if (Vendor == KeyHeaderVendor)
        {
            headers.Add("x-api-key", key);
        }
        else
        {
            headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    public override string ToString() => $"UpstreamTarget {{ Vendor = {Vendor}, Url = {Url}, Model = {Model} }}";
}

/// <summary>Why a model cannot be served.</summary>
public sealed record UpstreamRefusal(int Status, string Message);

/// <summary>Model id and surface -> vendor, URL and key (spec/runtimes-and-providers.md 3.8).</summary>
public sealed class UpstreamRouting(ProviderRegistry registry, Settings settings, IConfiguration configuration)
{
    // platform:gemini-2.5-pro names the payer, not a vendor (spec/runtimes-and-providers.md 0.1).
    private static readonly ImmutableArray<string> Payer = ["platform:", "platform/"];

    /// <summary>Ends with a target or a refusal, never both.</summary>
    /// <param name="model">The id as the client sent it.</param>
    /// <param name="surface">The surface that it was sent to.</param>
    /// <param name="arm">The arm of the workspace that pays.</param>
    public (UpstreamTarget? Target, UpstreamRefusal? Refusal) Route(string model, LlmSurface surface, string? arm)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(surface);
        var id = Payer.FirstOrDefault(prefix => model.StartsWith(prefix, StringComparison.Ordinal)) is { } prefix ? model[prefix.Length..] : model;
        var keyless = arm is not null && registry.FindProvider(arm) is { AuthMode: AuthMode.WifAdc } own ? own : null;
        var upstream = registry.ResolveUpstream(id) ?? (keyless is null ? Bare(id) : new Upstream(keyless, keyless.WireModelPrefix + id));

        // A keyless vendor and its arm belong together: neither pays for the other arms' models, nor they for its.
        if (upstream is null || (upstream.Vendor.AuthMode is AuthMode.WifAdc ? upstream.Vendor != keyless : keyless is not null))
        {
            return (null, new UpstreamRefusal(
                StatusCodes.Status404NotFound,
                upstream is null
                    ? $"model: {model} belongs to no vendor of the platform; write it like minimax/MiniMax-M2.7"
                    : $"model: {model} belongs to vendor '{upstream.Vendor.UpstreamVendor}', which does not serve a workspace of arm '{arm}'"));
        }

        var vendor = upstream.Vendor.UpstreamVendor!;
        var place = settings.Vendors.GetValueOrDefault(vendor);
        string? url;
        try
        {
            url = upstream.Vendor.RenderBaseUrl(surface.Protocol, name => configuration[name]);
        }
        catch (MissingEndpointVariableException e)
        {
            return (null, new UpstreamRefusal(StatusCodes.Status403Forbidden, e.Message));
        }

        if (url is null)
        {
            return (null, new UpstreamRefusal(StatusCodes.Status400BadRequest, $"vendor '{vendor}' of model {model} does not speak {surface.Name}"));
        }

        if (keyless is not null)
        {
            return settings.Vertex is null
                ? (null, new UpstreamRefusal(StatusCodes.Status403Forbidden, $"the platform has no identity at vendor '{vendor}' of model {model}: set Molecule__Vertex__Audience and the AWS key"))
                : (new UpstreamTarget(vendor, At(place?.Origin, url) + surface.UpstreamPath, upstream.WireModel, null), null);
        }

        if (place?.Key is not { } key)
        {
            return (null, new UpstreamRefusal(StatusCodes.Status403Forbidden, $"the platform has no key for vendor '{vendor}' of model {model}: set Molecule__Vendors__{vendor}__Key"));
        }

        return (new UpstreamTarget(vendor, At(place.Origin, url) + surface.UpstreamPath, upstream.WireModel, key), null);
    }

    // A bare id, such as claude-code's side calls send: the one vendor whose expression or list owns it (3.8, "bare legacy ids fall back").
    private Upstream? Bare(string model)
    {
        var owners = registry.Providers
            .Where(provider => provider.UpstreamVendor is not null && (provider.ModelPrefixMatch?.Matches(model) is true || Lists(provider, model)))
            .Take(2)
            .ToArray();
        return owners is [var owner] ? new Upstream(owner, owner.WireModelPrefix + model) : null;
    }

    private bool Lists(Provider provider, string model) => registry.Runtimes.Any(runtime => runtime.FindArm(provider.Name)?.Models.Contains(model) is true);

    private static string At(string? origin, string url) => origin is null ? url : origin + new Uri(url).AbsolutePath.TrimEnd('/');
}

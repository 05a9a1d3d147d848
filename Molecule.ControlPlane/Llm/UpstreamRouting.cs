using System.Net.Http.Headers;
using Molecule.Registry;

namespace Molecule.ControlPlane.Llm;

/// <summary>Where a request goes.</summary>
/// <param name="Vendor">The vendor's name.</param>
/// <param name="Url">The whole URL, without the query.</param>
/// <param name="Model">The id on the vendor's wire.</param>
public sealed record UpstreamTarget(string Vendor, string Url, string Model, string Key)
{
    // What spec/runtimes-and-providers.md 3.0 says of the vendors: Anthropic's own API wants x-api-key, all others take a bearer.
    private const string KeyHeaderVendor = "anthropic";

    /// <summary>Puts the vendor's key where that vendor wants it.</summary>
    public void Authorize(HttpRequestHeaders headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        if (Vendor == KeyHeaderVendor)
        {
            headers.Add("x-api-key", Key);
        }
        else
        {
            headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        }
    }

    public override string ToString() => $"UpstreamTarget {{ Vendor = {Vendor}, Url = {Url}, Model = {Model} }}";
}

/// <summary>Why a model cannot be served.</summary>
public sealed record UpstreamRefusal(int Status, string Message);

/// <summary>Model id and surface -> vendor, URL and key (spec/runtimes-and-providers.md 3.8).</summary>
public sealed class UpstreamRouting(ProviderRegistry registry, Settings settings)
{
    /// <summary>Ends with a target or a refusal, never both.</summary>
    public (UpstreamTarget? Target, UpstreamRefusal? Refusal) Route(string model, LlmSurface surface)
    {
        ArgumentNullException.ThrowIfNull(surface);
        if ((registry.ResolveUpstream(model) ?? Bare(model)) is not { } upstream)
        {
            return (null, new UpstreamRefusal(StatusCodes.Status404NotFound, $"model: {model} belongs to no vendor of the platform; write it like minimax/MiniMax-M2.7"));
        }

        var vendor = upstream.Vendor.UpstreamVendor!;
        var own = settings.Vendors.GetValueOrDefault(vendor);
        if (upstream.Vendor.RenderBaseUrl(surface.Protocol, static _ => null) is not { } url)
        {
            return (null, new UpstreamRefusal(StatusCodes.Status400BadRequest, $"vendor '{vendor}' of model {model} does not speak {surface.Name}"));
        }

        if (own?.Key is not { } key)
        {
            return (null, new UpstreamRefusal(StatusCodes.Status403Forbidden, $"the platform has no key for vendor '{vendor}' of model {model}: set Molecule__Vendors__{vendor}__Key"));
        }

        return (new UpstreamTarget(vendor, At(own.Origin, url) + surface.UpstreamPath, upstream.WireModel, key), null);
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

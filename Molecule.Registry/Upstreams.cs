namespace Molecule.Registry;

/// <summary>Where the control plane's proxy sends a model.</summary>
/// <param name="Vendor">The entry that owns the vendor's name.</param>
/// <param name="WireModel">The id the vendor knows, with the entry's wire_model_prefix.</param>
public sealed record Upstream(Provider Vendor, string WireModel);

/// <summary>Model id -> upstream vendor (spec 3.8).</summary>
public static class Upstreams
{
    /// <summary>
    /// The owner of the vendor that <c>vendor/model</c> or <c>vendor:model</c> names; the slash is tried first. Null for a bare
    /// id and for a vendor without owner: those are the proxy's own matter (spec 3.8, "bare legacy ids fall back"). A vendor
    /// becomes reachable by the key <c>upstream_vendor</c> alone.
    /// </summary>
    public static Upstream? ResolveUpstream(this ProviderRegistry registry, string model)
    {
        foreach (var separator in (ReadOnlySpan<char>)['/', ':'])
        {
            var end = model.IndexOf(separator, StringComparison.Ordinal);

            // Stryker disable once Equality : at 0 the vendor would be empty, and no provider owns that
            if (end <= 0 || end == model.Length - 1)
            {
                continue;
            }

            var vendor = model[..end];
            if (registry.Providers.FirstOrDefault(provider => provider.UpstreamVendor == vendor) is { } owner)
            {
                return new Upstream(owner, owner.WireModelPrefix + model[(end + 1)..]);
            }
        }

        return null;
    }
}

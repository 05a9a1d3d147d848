using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Molecule.ControlPlane.Provisioning;

/// <summary>Where the control plane is reached: PLATFORM_URL, or the first address that it listens on.</summary>
public sealed class PlatformAddress(Settings settings, IServer server)
{
    /// <summary>Without a trailing slash.</summary>
    /// <exception cref="InvalidOperationException">It does not listen yet.</exception>
    public string Url => settings.PlatformUrl ?? Listening();

    private string Listening()
    {
        var first = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("PLATFORM_URL is not set and the control plane does not listen yet.");
        var address = BindingAddress.Parse(first);

        // Wildcards and loopback literals are no names to hand out.
        return $"{address.Scheme}://localhost:{address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)}";
    }
}

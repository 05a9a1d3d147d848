using System.Collections.Immutable;
using System.Net;
using Molecule.Coverage.Ledger;

namespace Molecule.Harness.Live;

/// <summary>Says whose endpoint an address is, from the address alone (design.md 4, "Attested, not claimed").</summary>
public static class LiveAddress
{
    /// <summary>Whose endpoint a workspace reaches that was given an address.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="given">What the workspace's environment holds; null where it holds nothing, so that its client goes to the vendor.</param>
    /// <param name="fakes">Our fakes.</param>
    /// <param name="resolve">The addresses of a host.</param>
    public static ReachedMode Of(LiveArm arm, Uri? given, Uri fakes, Func<string, ImmutableArray<IPAddress>> resolve)
    {
        ArgumentNullException.ThrowIfNull(arm);
        ArgumentNullException.ThrowIfNull(fakes);
        ArgumentNullException.ThrowIfNull(resolve);
        var address = given ?? arm.Base;
        var at = resolve(address.Host);
        if (at.Any(IPAddress.IsLoopback))
        {
            return address.Port == fakes.Port ? ReachedMode.Mock : ReachedMode.LiveStandIn;
        }

        // Whoever forwards to the vendor is not the vendor.
        return address is { Scheme: "https", IsDefaultPort: true } && address.Host == arm.Base.Host ? ReachedMode.Live : ReachedMode.LiveStandIn;
    }

    /// <summary>What this machine takes a host for; nothing where it knows it not.</summary>
    public static ImmutableArray<IPAddress> Resolve(string host)
    {
        try
        {
            return [.. Dns.GetHostAddresses(host)];
        }
        catch (System.Net.Sockets.SocketException)
        {
            return [];
        }
    }
}

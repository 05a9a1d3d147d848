using System.Net;
using System.Net.Sockets;

namespace Molecule.ControlPlane.Registry;

/// <summary>Which URLs of agents are taken, and which are called (spec/control-plane.md 2.6).</summary>
public static class AgentUrl
{
    private static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("fc00::/7"),
    ];

    private static readonly IPNetwork[] NeverPublic =
    [
        IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("198.51.100.0/24"),
        IPNetwork.Parse("203.0.113.0/24"), IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("::1/128"), IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("ff00::/8"), IPNetwork.Parse("::/128"),
    ];

    /// <summary>Whether an agent may register under it: <c>localhost</c> by name, otherwise an http(s) URL that leads to a public address; as a service to a private one too.</summary>
    public static async Task<bool> MayRegisterAsync(string url, Settings settings, CancellationToken cancellation)
    {
        if (!IsHttp(url, out var uri))
        {
            return false;
        }

        return uri.Host == "localhost" || await LeadsOutAsync(uri, settings.IsSaas, cancellation);
    }

    /// <summary>Whether the A2A proxy may call it; in development loopback and private addresses too, as a service private ones.</summary>
    public static async Task<bool> MayCallAsync(string url, Settings settings, CancellationToken cancellation) =>
        IsHttp(url, out var uri) && (settings.IsDevelopment || await LeadsOutAsync(uri, settings.IsSaas, cancellation));

    private static bool IsHttp(string url, out Uri uri) =>
        Uri.TryCreate(url, UriKind.Absolute, out uri!) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && uri.UserInfo.Length == 0;

    private static async Task<bool> LeadsOutAsync(Uri uri, bool takesPrivate, CancellationToken cancellation)
    {
        try
        {
            var addresses = IPAddress.TryParse(uri.DnsSafeHost, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(uri.DnsSafeHost, cancellation);
            return addresses.Length > 0 && addresses.All(address => LeadsOut(address, takesPrivate));
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool LeadsOut(IPAddress address, bool takesPrivate)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return (takesPrivate || !Array.Exists(Private, network => network.Contains(plain))) && !Array.Exists(NeverPublic, network => network.Contains(plain));
    }
}

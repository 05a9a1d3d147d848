using System.Net;

namespace Molecule.Harness.Egress;

/// <summary>Gives every name an address of its own out of 198.18.0.0/15, which belongs to nobody (RFC 2544), and knows it again by that. Thread-safe.</summary>
public sealed class OutsideNames
{
    // 198.18.0.0, and how many there are behind it.
    private const uint First = 0xC6120000;
    private const uint Most = 0x1FFFF;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, uint> _addresses = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<uint, string> _names = [];

    /// <summary>The address of a name.</summary>
    /// <exception cref="InvalidOperationException">There are none left.</exception>
    public IPAddress AddressOf(string name)
    {
        lock (_gate)
        {
            if (!_addresses.TryGetValue(name, out var address))
            {
                var next = (uint)_addresses.Count + 1;
                address = next < Most ? First + next : throw new InvalidOperationException($"{next} names have been looked up: there is no address left for '{name}'.");
                _addresses[name] = address;
                _names[address] = name;
            }

            return new IPAddress((long)(uint)IPAddress.HostToNetworkOrder((int)address));
        }
    }

    /// <summary>The name that was given an address; the address itself where none was.</summary>
    public string NameOf(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        lock (_gate)
        {
            return plain.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork
                && _names.TryGetValue(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(plain.GetAddressBytes()), out var name)
                    ? name
                    : plain.ToString();
        }
    }
}

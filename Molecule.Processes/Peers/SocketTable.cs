using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Molecule.Processes.Peers;

/// <summary>The kernel's tables of TCP and UDP sockets: /proc/net/tcp, tcp6, udp and udp6 (Linux, Documentation/networking/proc_net_tcp.rst).</summary>
internal static class SocketTable
{
    private const int LocalField = 1;
    private const int RemoteField = 2;
    private const int InodeField = 9;

    /// <summary>The inode of the socket with these two ends; null where there is none, or it belongs to no process any more.</summary>
    public static ulong? FindInode(IPEndPoint local, IPEndPoint remote)
    {
        // A dual-stack listener sees ::ffff:127.0.0.1 where the client's own socket is an IPv4 one; both spellings mean one connection.
        var (near, far) = (Plain(local), Plain(remote));
        return SocketDiagnostics.TryFindInode(near, far, out var found) ? found : ReadInode(near, far);
    }

    /// <summary>What <see cref="FindInode(IPEndPoint, IPEndPoint)"/> finds, by the tables alone: for a kernel that answers no diagnostics.</summary>
    internal static ulong? ReadInode(IPEndPoint near, IPEndPoint far)
    {
        foreach (var table in (ReadOnlySpan<string>)["/proc/net/tcp", "/proc/net/tcp6"])
        {
            if (File.Exists(table) && FindInode(File.ReadLines(table), near, far) is { } inode)
            {
                return inode;
            }
        }

        return null;
    }

    /// <summary>The inode of the UDP socket that sends from this end; null where there is none, or it belongs to no process any more.</summary>
    public static ulong? FindSenderInode(IPEndPoint sender)
    {
        var near = Plain(sender);
        foreach (var table in (ReadOnlySpan<string>)["/proc/net/udp", "/proc/net/udp6"])
        {
            if (File.Exists(table) && FindSenderInode(File.ReadLines(table), near) is { } inode)
            {
                return inode;
            }
        }

        return null;
    }

    // A socket that was never connected has a port and no address of its own.
    internal static ulong? FindSenderInode(IEnumerable<string> lines, IPEndPoint sender) =>
        FindInode(lines, fields =>
            Matches(fields[LocalField], sender)
            || Matches(fields[LocalField], new IPEndPoint(IPAddress.Any, sender.Port))
            || Matches(fields[LocalField], new IPEndPoint(IPAddress.IPv6Any, sender.Port)));

    internal static ulong? FindInode(IEnumerable<string> lines, IPEndPoint local, IPEndPoint remote) =>
        FindInode(lines, fields => Matches(fields[LocalField], local) && Matches(fields[RemoteField], remote));

    private static ulong? FindInode(IEnumerable<string> lines, Func<string[], bool> isMeant)
    {
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > InodeField
                && isMeant(fields)
                && ulong.TryParse(fields[InodeField], NumberStyles.None, CultureInfo.InvariantCulture, out var inode)
                && inode != 0)
            {
                return inode;
            }
        }

        return null;
    }

    private static bool Matches(string field, IPEndPoint endpoint)
    {
        var colon = field.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0
            && int.TryParse(field.AsSpan(colon + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port)
            && port == endpoint.Port
            && Plain(ParseAddress(field.AsSpan(0, colon))).Equals(endpoint.Address);
    }

    // 32-bit words as the kernel prints them: of network order, read in the machine's own.
    private static IPAddress ParseAddress(ReadOnlySpan<char> hex)
    {
        Span<byte> address = stackalloc byte[hex.Length / 2];
        for (var word = 0; word < address.Length; word += sizeof(uint))
        {
            var value = uint.Parse(hex.Slice(word * 2, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (BitConverter.IsLittleEndian)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(address[word..], value);
            }
            else
            {
                BinaryPrimitives.WriteUInt32BigEndian(address[word..], value);
            }
        }

        return new IPAddress(address);
    }

    private static IPEndPoint Plain(IPEndPoint endpoint) => new(Plain(endpoint.Address), endpoint.Port);

    private static IPAddress Plain(IPAddress address) => address switch
    {
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
        { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } => new IPAddress(address.GetAddressBytes()),
        _ => address,
    };
}

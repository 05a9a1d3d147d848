using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Molecule.Processes.Peers;

/// <summary>
/// Asks the kernel for one TCP socket by its two ends (man 7 sock_diag). The tables under /proc hold the same, but to read one the kernel walks
/// its whole hash: some milliseconds each time, where this takes some microseconds.
/// </summary>
internal static partial class SocketDiagnostics
{
    private const int NetlinkFamily = 16;
    private const int DatagramCloseOnExec = 2 | 0x80000;
    private const int InetDiagnostics = 4;
    private const int DoNotWait = 0x40;

    private const ushort ByFamily = 20;
    private const ushort RequestFlag = 1;
    private const byte InterNetwork = 2;
    private const byte InterNetworkV6 = 10;
    private const byte Tcp = 6;

    // struct nlmsghdr (linux/netlink.h) and, behind it, struct inet_diag_req_v2 and inet_diag_msg (linux/inet_diag.h).
    private const int HeaderLength = 16;
    private const int RequestLength = HeaderLength + 56;
    private const int RequestId = HeaderLength + 8;
    private const int AnswerLength = HeaderLength + 72;
    private const int AnswerId = HeaderLength + 4;
    private const int AnswerInode = HeaderLength + 68;
    private const int ErrorLength = HeaderLength + 4;
    private const ushort Error = 2;
    private const int NoSuchSocket = -2;

    // struct inet_diag_sockid: both ports and both addresses in network order, then interface and cookie.
    private const int RemotePort = 2;
    private const int LocalAddress = 4;
    private const int RemoteAddress = 20;
    private const int Cookie = 40;
    private const int IdLength = 48;

    /// <summary>Looks for the socket whose own end is <paramref name="local"/>. Both ends in plain form: no IPv4 address mapped into IPv6.</summary>
    /// <param name="local">The socket's own end.</param>
    /// <param name="remote">Its peer's end.</param>
    /// <param name="inode">Its inode; null where there is no such socket, or it belongs to no process any more.</param>
    /// <returns>False where this kernel cannot be asked so.</returns>
    public static bool TryFindInode(IPEndPoint local, IPEndPoint remote, out ulong? inode)
    {
        inode = null;
        Span<byte> answer = stackalloc byte[512];
        if (Exchange(Request(local, remote), answer) is not { } length)
        {
            return false;
        }

        answer = answer[..length];
        if (length >= AnswerLength && Type(answer) == ByFamily)
        {
            // Where no connection matches, the kernel answers with who listens at the local end.
            var id = answer.Slice(AnswerId, IdLength);
            if (EndOf(answer[HeaderLength], id, 0, LocalAddress).Equals(local) && EndOf(answer[HeaderLength], id, RemotePort, RemoteAddress).Equals(remote))
            {
                inode = MemoryMarshal.Read<uint>(answer[AnswerInode..]) is > 0 and var found ? found : null;
            }

            return true;
        }

        return length >= ErrorLength && Type(answer) == Error && MemoryMarshal.Read<int>(answer[HeaderLength..]) == NoSuchSocket;
    }

    private static byte[] Request(IPEndPoint local, IPEndPoint remote)
    {
        var request = new byte[RequestLength];
        MemoryMarshal.Write(request, RequestLength);
        MemoryMarshal.Write(request.AsSpan(4), ByFamily);
        MemoryMarshal.Write(request.AsSpan(6), RequestFlag);
        request[HeaderLength] = local.AddressFamily is AddressFamily.InterNetworkV6 ? InterNetworkV6 : InterNetwork;
        request[HeaderLength + 1] = Tcp;
        MemoryMarshal.Write(request.AsSpan(HeaderLength + 4), uint.MaxValue);
        var id = request.AsSpan(RequestId, IdLength);
        BinaryPrimitives.WriteUInt16BigEndian(id, (ushort)local.Port);
        BinaryPrimitives.WriteUInt16BigEndian(id[RemotePort..], (ushort)remote.Port);
        local.Address.TryWriteBytes(id[LocalAddress..RemoteAddress], out _);
        remote.Address.TryWriteBytes(id[RemoteAddress..], out _);
        id[Cookie..].Fill(byte.MaxValue);
        return request;
    }

    private static int? Exchange(ReadOnlySpan<byte> request, Span<byte> answer)
    {
        var socket = Open(NetlinkFamily, DatagramCloseOnExec, InetDiagnostics);
        if (socket < 0)
        {
            return null;
        }

        try
        {
            // The kernel has answered when the sending returns.
            return Send(socket, request, request.Length, 0) == request.Length && Receive(socket, answer, answer.Length, DoNotWait) is >= HeaderLength and var length ? (int)length : null;
        }
        finally
        {
            _ = Close(socket);
        }
    }

    private static IPEndPoint EndOf(byte family, ReadOnlySpan<byte> id, int port, int address)
    {
        var ip = new IPAddress(id.Slice(address, family == InterNetworkV6 ? 16 : 4));
        return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, BinaryPrimitives.ReadUInt16BigEndian(id[port..]));
    }

    private static ushort Type(ReadOnlySpan<byte> message) => MemoryMarshal.Read<ushort>(message[4..]);

    [LibraryImport("libc", EntryPoint = "socket")]
    private static partial int Open(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send")]
    private static partial nint Send(int socket, ReadOnlySpan<byte> data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv")]
    private static partial nint Receive(int socket, Span<byte> data, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int socket);
}

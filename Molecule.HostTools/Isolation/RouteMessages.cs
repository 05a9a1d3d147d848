using System.Buffers.Binary;

namespace Molecule.HostTools.Isolation;

/// <summary>The three messages that make a namespace's loopback the end of every way (Linux, man 7 rtnetlink; linux/rtnetlink.h).</summary>
internal static class RouteMessages
{
    public const byte InterNetwork = 2;
    public const byte InterNetworkV6 = 10;

    private const int HeaderLength = 16;
    private const ushort NewLink = 16;
    private const ushort NewRoute = 24;

    // NLM_F_REQUEST | NLM_F_ACK, and NLM_F_CREATE for what is not there yet.
    private const ushort Asked = 0x1 | 0x4;
    private const ushort Create = 0x400;

    // The first interface of every network namespace.
    private const int Loopback = 1;
    private const uint Up = 1;

    /// <summary>Brings the loopback interface up; the kernel gives it its own addresses by itself.</summary>
    public static byte[] LoopbackUp()
    {
        // struct ifinfomsg: family, padding, type, index, flags, which of the flags are meant.
        var body = new byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), Loopback);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), Up);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), Up);
        return Message(NewLink, Asked, body);
    }

    /// <summary>Makes every address of a family this machine's own: <c>local 0.0.0.0/0 dev lo</c>, <c>local ::/0 dev lo</c>.</summary>
    public static byte[] EveryAddressIsLocal(byte family)
    {
        const byte localTable = 255, ofAnAdministrator = 3, scopeHost = 254, typeLocal = 2;
        const ushort outgoingInterface = 4;

        // struct rtmsg: family, lengths of destination and source prefix, service, table, protocol, scope, type, flags; one attribute.
        var body = new byte[12 + 8];
        body[0] = family;
        body[4] = localTable;
        body[5] = ofAnAdministrator;
        body[6] = family == InterNetwork ? scopeHost : (byte)0;
        body[7] = typeLocal;
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(12), 8);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(14), outgoingInterface);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(16), Loopback);
        return Message(NewRoute, Asked | Create, body);
    }

    /// <summary>The errno of an acknowledgement; 0 is success.</summary>
    public static int ErrorIn(ReadOnlySpan<byte> answer) => -BinaryPrimitives.ReadInt32LittleEndian(answer[HeaderLength..]);

    // struct nlmsghdr: length, type, flags, sequence, sender. In the machine's own byte order, which is little-endian wherever .NET 10 runs but s390x.
    private static byte[] Message(ushort type, ushort flags, byte[] body)
    {
        var message = new byte[HeaderLength + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(message, message.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), flags);
        body.CopyTo(message, HeaderLength);
        return message;
    }
}

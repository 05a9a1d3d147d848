using System.Buffers.Binary;

namespace Molecule.ControlPlane.Desktop.Relay;

/// <summary>
/// The encodings that a client may offer. A pseudo-encoding can be the leave to speak otherwise: with ExtendedMouseButtons (-316) a pointer event has
/// 7 bytes instead of 6, with xvp (-309) a client may shut the machine down. So only those are let through whose messages are known here.
/// </summary>
internal static class RfbEncodings
{
    private const int ExtendedClipboard = unchecked((int)0xc0a1e5ce);
    private const int VMwareCursor = 0x574d5664;

    /// <summary>Takes the others out of a SetEncodings (RFC 6143 7.5.2), in place.</summary>
    /// <param name="message">Type, padding, number, then 4 bytes an encoding.</param>
    /// <returns>The message's new length.</returns>
    public static int Keep(Span<byte> message)
    {
        var end = 4;
        for (var at = 4; at < message.Length; at += 4)
        {
            var encoding = message.Slice(at, 4);
            if (IsKnown(BinaryPrimitives.ReadInt32BigEndian(encoding)))
            {
                encoding.CopyTo(message[end..]);
                end += 4;
            }
        }

        BinaryPrimitives.WriteUInt16BigEndian(message[2..], (ushort)((end - 4) / 4));
        return end;
    }

    // Registry of RFB's encodings: https://github.com/rfbproto/rfbproto/blob/master/rfbproto.rst
    private static bool IsKnown(int encoding) => encoding switch
    {
        VMwareCursor or ExtendedClipboard => true,
        >= 0 and < 256 => true, // pictures: RFC 6143 7.7 and their like
        >= -32 and <= -23 => true, // JPEG quality
        >= -256 and <= -247 => true, // compression
        >= -512 and <= -412 => true, // fine quality
        >= -768 and <= -763 => true, // subsampling
        -223 or -224 => true, // DesktopSize, LastRect
        -239 or -240 or -314 => true, // cursors
        -258 => true, // QEMU's extended key event
        -260 => true, // TightPNG
        -261 => true, // QEMU's LED state
        -307 or -308 => true, // DesktopName, ExtendedDesktopSize
        -312 or -313 => true, // Fence, ContinuousUpdates
        _ => false,
    };
}

using System.Buffers;
using System.Buffers.Binary;

namespace Molecule.ControlPlane.Desktop.Relay;

/// <summary>
/// What a client says to an RFB server (RFC 6143), followed byte by byte however it is cut, and let pass message by message: from one that only
/// looks on nothing that the desktop would feel. A message of unknown length cannot be followed; it ends the connection.
/// </summary>
/// <param name="mayControl">Whether keys, pointer and clipboard pass.</param>
public sealed class RfbClientMessages(bool mayControl)
{
    // No client has as many; more would be memory for the asking.
    private const int MostEncodings = 256;

    // The longest that is kept until it is whole: SetEncodings.
    private readonly byte[] _head = new byte[4 + 4 * MostEncodings];

    private Phase _phase = Phase.Version;
    private int _filled;

    // Of a message whose end is not kept but passed on or dropped as it comes: 4 GiB at most.
    private long _body;
    private bool _bodyPasses;

    private enum Phase
    {
        Version,
        Security,
        Init,
        Messages,
    }

    /// <summary>Takes what has come and writes what goes on to the server.</summary>
    /// <param name="bytes">Any piece of what the client says.</param>
    /// <param name="onward">At most as much longer than the piece as was kept of the pieces before it.</param>
    /// <returns>Whether any of what goes on is input: keys, pointer, clipboard, or a change of the screen.</returns>
    /// <exception cref="RfbViolationException">It is nothing that a client of this relay may say.</exception>
    public bool Take(ReadOnlySpan<byte> bytes, IBufferWriter<byte> onward)
    {
        var isInput = false;
        while (!bytes.IsEmpty)
        {
            if (_body > 0)
            {
                var part = bytes[..(int)Math.Min(_body, bytes.Length)];
                bytes = bytes[part.Length..];
                _body -= part.Length;
                if (_bodyPasses)
                {
                    onward.Write(part);
                    isInput = true;
                }

                continue;
            }

            var needed = Needed();
            var taken = bytes[..Math.Min(needed - _filled, bytes.Length)];
            taken.CopyTo(_head.AsSpan(_filled));
            _filled += taken.Length;
            bytes = bytes[taken.Length..];

            // What has come may tell that the message is longer than was known before.
            if (_filled == Needed())
            {
                isInput |= Pass(_head.AsSpan(0, _filled), onward);
                _filled = 0;
            }
        }

        return isInput;
    }

    // How long the message that has begun is, as far as its bytes so far tell.
    private int Needed() => _phase switch
    {
        Phase.Version => 12,
        Phase.Security or Phase.Init => 1,
        _ when _filled == 0 => 1,
        _ => (RfbClientMessage)_head[0] switch
        {
            RfbClientMessage.SetPixelFormat => 20,
            RfbClientMessage.SetEncodings => _filled < 4 ? 4 : 4 + 4 * EncodingCount(),
            RfbClientMessage.FramebufferUpdateRequest => 10,
            RfbClientMessage.KeyEvent => 8,
            RfbClientMessage.PointerEvent => 6,
            RfbClientMessage.ClientCutText => 8,
            RfbClientMessage.EnableContinuousUpdates => 10,

            // type, 3 of padding, 4 of flags, length of the payload: 64 at most by its own specification.
            RfbClientMessage.ClientFence => _filled < 9 ? 9 : 9 + _head[8],

            // type, padding, width, height, number of screens, padding; 16 a screen.
            RfbClientMessage.SetDesktopSize => _filled < 8 ? 8 : 8 + 16 * _head[6],

            // Of QEMU's messages submessage 0, the extended key event, and no other: audio is 1.
            RfbClientMessage.QemuClientMessage => _filled < 2 ? 2 : _head[1] == 0 ? 12 : throw new RfbViolationException($"QEMU client message {_head[1]} is not relayed"),
            var other => throw new RfbViolationException($"client message {(byte)other} is not relayed"),
        },
    };

    private int EncodingCount()
    {
        var count = BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2));
        return count <= MostEncodings ? count : throw new RfbViolationException($"{count} encodings are more than {MostEncodings}");
    }

    // One whole message, or the whole head of one with a body; whether it goes on as input.
    private bool Pass(Span<byte> message, IBufferWriter<byte> onward)
    {
        switch (_phase)
        {
            case Phase.Version:
                // 7.1.1. In 3.3 the server alone chooses the security, so what comes next could not be told.
                if (!message.SequenceEqual("RFB 003.008\n"u8) && !message.SequenceEqual("RFB 003.007\n"u8))
                {
                    throw new RfbViolationException("the protocol version is neither 3.7 nor 3.8");
                }

                _phase = Phase.Security;
                break;
            case Phase.Security:
                // 7.1.2. 1 is None; any other would go on with an exchange of its own.
                if (message[0] != 1)
                {
                    throw new RfbViolationException($"security type {message[0]} is not relayed: the token was the authentication");
                }

                _phase = Phase.Init;
                break;
            case Phase.Init:
                // 7.3.1. 0 would have the server throw everybody else out.
                message[0] = 1;
                _phase = Phase.Messages;
                break;
            default:
                return PassMessage(message, onward);
        }

        onward.Write(message);
        return false;
    }

    private bool PassMessage(Span<byte> message, IBufferWriter<byte> onward)
    {
        var type = (RfbClientMessage)message[0];
        switch (type)
        {
            case RfbClientMessage.SetEncodings:
                message = message[..RfbEncodings.Keep(message)];
                break;
            case RfbClientMessage.ClientCutText:
                // 7.5.6: type, 3 of padding, length. A negative length is that of an extended clipboard's.
                _body = Math.Abs((long)BinaryPrimitives.ReadInt32BigEndian(message[4..]));
                _bodyPasses = mayControl;
                break;
        }

        var isInput = type is RfbClientMessage.KeyEvent or RfbClientMessage.PointerEvent or RfbClientMessage.ClientCutText
            or RfbClientMessage.SetDesktopSize or RfbClientMessage.QemuClientMessage;
        if (isInput && !mayControl)
        {
            return false;
        }

        onward.Write(message);
        return isInput;
    }
}

/// <summary>A client said what cannot be relayed; the message is told to it.</summary>
public sealed class RfbViolationException(string message) : Exception(message);

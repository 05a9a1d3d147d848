using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;

namespace Molecule.ControlPlane.Desktop.Agent;

/// <summary>The control plane's own client of a desktop, for its agent: a picture, keys, the pointer (RFC 6143, version 3.8).</summary>
internal sealed class RfbSession
{
    // More than any screen; what a server claims is memory here.
    private const int MostPixels = 32 * 1024 * 1024;

    private readonly WebSocket _server;

    private RfbSession(WebSocket server) => _server = server;

    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>Greets the server.</summary>
    /// <exception cref="RfbServerException">It is no server that this client knows.</exception>
    public static async Task<RfbSession> GreetAsync(WebSocket server, CancellationToken cancellation)
    {
        var session = new RfbSession(server);

        // 7.1.1 version, 7.1.2 security types and the choice of None, 7.1.3 its result.
        var version = Encoding.ASCII.GetString(await session.ReadAsync(12, cancellation));
        if (version != "RFB 003.008\n")
        {
            throw new RfbServerException($"the desktop speaks '{version.TrimEnd()}' and not RFB 3.8");
        }

        await session.SendAsync(Encoding.ASCII.GetBytes(version), cancellation);
        var types = await session.ReadAsync((await session.ReadAsync(1, cancellation))[0], cancellation);
        if (!types.Contains((byte)1))
        {
            throw new RfbServerException("the desktop asks for another authentication than None");
        }

        await session.SendAsync([1], cancellation);
        if (BinaryPrimitives.ReadUInt32BigEndian(await session.ReadAsync(4, cancellation)) != 0)
        {
            throw new RfbServerException("the desktop refused the connection");
        }

        // 7.3.1 shared; 7.3.2 the screen: size, pixel format, name.
        await session.SendAsync([1], cancellation);
        var screen = await session.ReadAsync(24, cancellation);
        (session.Width, session.Height) = (BinaryPrimitives.ReadUInt16BigEndian(screen), BinaryPrimitives.ReadUInt16BigEndian(screen.AsSpan(2)));
        if ((long)session.Width * session.Height > MostPixels)
        {
            throw new RfbServerException($"the desktop is {session.Width} by {session.Height} pixels");
        }

        await session.ReadAsync(BinaryPrimitives.ReadInt32BigEndian(screen.AsSpan(20)), cancellation);

        // 7.5.1: 32 bits, little-endian, red in the lowest byte: R, G, B and one of padding in memory. 7.5.2: Raw alone.
        await session.SendAsync([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0], cancellation);
        await session.SendAsync([2, 0, 0, 1, 0, 0, 0, 0], cancellation);
        return session;
    }

    /// <summary>7.5.4.</summary>
    public Task KeyAsync(uint symbol, bool isDown, CancellationToken cancellation)
    {
        var message = new byte[] { 4, isDown ? (byte)1 : (byte)0, 0, 0, 0, 0, 0, 0 };
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), symbol);
        return SendAsync(message, cancellation);
    }

    /// <summary>7.5.5; a bit a button.</summary>
    public Task PointAsync(int x, int y, byte buttons, CancellationToken cancellation)
    {
        var message = new byte[] { 5, buttons, 0, 0, 0, 0 };
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), (ushort)x);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(4), (ushort)y);
        return SendAsync(message, cancellation);
    }

    /// <summary>Waits until the server has taken everything that was sent: it answers in order.</summary>
    public Task SettleAsync(CancellationToken cancellation) => CaptureAsync(1, 1, cancellation);

    /// <summary>The whole screen.</summary>
    /// <returns>Three bytes a pixel: red, green, blue; row by row.</returns>
    public Task<byte[]> CaptureAsync(CancellationToken cancellation) => CaptureAsync(Width, Height, cancellation);

    private async Task<byte[]> CaptureAsync(int width, int height, CancellationToken cancellation)
    {
        // 7.5.3: not incremental, from the upper left corner.
        var request = new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(6), (ushort)width);
        BinaryPrimitives.WriteUInt16BigEndian(request.AsSpan(8), (ushort)height);
        await SendAsync(request, cancellation);
        var picture = new byte[3 * width * height];
        for (var missing = width * height; missing > 0;)
        {
            missing -= await UpdateAsync(picture, width, height, cancellation);
        }

        return picture;
    }

    // One message of the server's; how many pixels came with it.
    private async Task<int> UpdateAsync(byte[] picture, int width, int height, CancellationToken cancellation)
    {
        switch ((await ReadAsync(1, cancellation))[0])
        {
            case 0: // 7.6.1 FramebufferUpdate
                break;
            case 2: // 7.6.3 Bell
                return 0;
            case 3: // 7.6.4 ServerCutText
                await ReadAsync(BinaryPrimitives.ReadInt32BigEndian((await ReadAsync(7, cancellation)).AsSpan(3)), cancellation);
                return 0;
            case var other:
                throw new RfbServerException($"the desktop sent message {other}, which was not asked for");
        }

        var pixels = 0;
        var rectangles = BinaryPrimitives.ReadUInt16BigEndian((await ReadAsync(3, cancellation)).AsSpan(1));
        for (var n = 0; n < rectangles; n++)
        {
            var head = await ReadAsync(12, cancellation);
            var (x, y) = (BinaryPrimitives.ReadUInt16BigEndian(head), BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(2)));
            var (w, h) = (BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(4)), BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(6)));
            if (BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8)) != 0 || x + w > width || y + h > height)
            {
                throw new RfbServerException("the desktop sent a rectangle that was not asked for");
            }

            var raw = await ReadAsync(4 * w * h, cancellation);
            for (var at = 0; at < w * h; at++)
            {
                raw.AsSpan(4 * at, 3).CopyTo(picture.AsSpan(3 * (((y + at / w) * width) + x + at % w)));
            }

            pixels += w * h;
        }

        return pixels;
    }

    private Task SendAsync(byte[] message, CancellationToken cancellation) => _server.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, cancellation);

    private async Task<byte[]> ReadAsync(int length, CancellationToken cancellation)
    {
        if (length is < 0 or > 4 * MostPixels)
        {
            throw new RfbServerException($"the desktop sent a length of {length} bytes");
        }

        var bytes = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var got = await _server.ReceiveAsync(bytes.AsMemory(filled), cancellation);
            filled += got.MessageType is WebSocketMessageType.Binary ? got.Count : throw new RfbServerException("the desktop has ended");
        }

        return bytes;
    }
}

/// <summary>The desktop did not do what RFB says; the message says what.</summary>
internal sealed class RfbServerException(string message) : Exception(message);

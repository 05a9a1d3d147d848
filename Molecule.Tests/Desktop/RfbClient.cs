using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text;

namespace Molecule.Tests.Desktop;

/// <summary>A client of RFB 3.8 (RFC 6143) over a display's WebSocket, just large enough to see a picture and to type.</summary>
internal sealed class RfbClient : IAsyncDisposable
{
    private static readonly TimeSpan _deadline = TimeSpan.FromSeconds(90);

    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private RfbClient() => _limit.CancelAfter(_deadline);

    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>The close that the relay sent, once a read has met it.</summary>
    public string? ClosedWith => _socket.CloseStatusDescription;

    /// <summary>Connects with the token of a session's URL and greets the server.</summary>
    public static async Task<RfbClient> ConnectAsync(string controlPlane, string sessionUrl, bool greets = true)
    {
        var client = new RfbClient();
        client._socket.Options.AddSubProtocol("binary");
        client._socket.Options.AddSubProtocol($"molecule-display-token.{sessionUrl.Split("#token=")[1]}");
        await client._socket.ConnectAsync(new Uri(controlPlane.Replace("http", "ws", StringComparison.Ordinal) + sessionUrl.Split('#')[0]), client._limit.Token);
        Assert.Equal("binary", client._socket.SubProtocol);
        try
        {
            if (greets)
            {
                await client.GreetAsync();
            }

            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends bytes as they are, cut into pieces of a size.</summary>
    public async Task SendAsync(byte[] bytes, int pieces = int.MaxValue)
    {
        foreach (var piece in bytes.Chunk(Math.Min(pieces, bytes.Length)))
        {
            await _socket.SendAsync(piece, WebSocketMessageType.Binary, endOfMessage: true, _limit.Token);
        }
    }

    /// <summary>Types a line, and Return.</summary>
    public async Task TypeAsync(string line)
    {
        // 7.5.4: a printable key's symbol of X11 is its character's Latin-1 code; 0xff0d is Return.
        foreach (var symbol in line.Select(static c => (uint)c).Append(0xff0du))
        {
            await SendAsync([.. Key(symbol, isDown: true), .. Key(symbol, isDown: false)]);
        }
    }

    /// <summary>Asks for the whole screen and waits for it.</summary>
    /// <returns>How many different colours are on it.</returns>
    public async Task<int> LookAsync()
    {
        // 7.5.2: Raw alone. 7.5.3: not incremental, everything.
        await SendAsync([2, 0, 0, 1, 0, 0, 0, 0]);
        await SendAsync([3, 0, 0, 0, 0, 0, (byte)(Width >> 8), (byte)Width, (byte)(Height >> 8), (byte)Height]);
        Assert.Equal([0], await ReadAsync(1));

        var colours = new HashSet<uint>();
        var rectangles = BinaryPrimitives.ReadUInt16BigEndian((await ReadAsync(3)).AsSpan(1));
        for (var n = 0; n < rectangles; n++)
        {
            var head = await ReadAsync(12);
            Assert.Equal(0, BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(8)));
            var pixels = await ReadAsync(4 * BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(4)) * BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(6)));
            for (var at = 0; at < pixels.Length; at += 4)
            {
                colours.Add(BinaryPrimitives.ReadUInt32BigEndian(pixels.AsSpan(at)) & 0x00ffffffu);
            }
        }

        return colours.Count;
    }

    /// <summary>Waits until the relay closes the connection.</summary>
    /// <returns>Its status and its words.</returns>
    public async Task<(int Status, string Reason)> ClosedAsync()
    {
        var buffer = new byte[64 * 1024];
        while ((await _socket.ReceiveAsync(buffer, _limit.Token)).MessageType is not WebSocketMessageType.Close)
        {
        }

        return ((int)_socket.CloseStatus!, _socket.CloseStatusDescription ?? "");
    }

    /// <summary>Goes without a word, as a lost network does.</summary>
    public void Drop() => _socket.Abort();

    public async Task<byte[]> ReadAsync(int length)
    {
        var bytes = new byte[length];
        for (var filled = 0; filled < length;)
        {
            var got = await _socket.ReceiveAsync(bytes.AsMemory(filled), _limit.Token);
            if (got.MessageType is not WebSocketMessageType.Binary)
            {
                throw new RfbClosedException(_socket.CloseStatusDescription ?? "", $"{_socket.CloseStatus} {_socket.CloseStatusDescription} came instead of bytes.");
            }

            filled += got.Count;
        }

        return bytes;
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _limit.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>7.5.4: type 4, down, padding, symbol.</summary>
    public static byte[] Key(uint symbol, bool isDown) => [4, isDown ? (byte)1 : (byte)0, 0, 0, (byte)(symbol >> 24), (byte)(symbol >> 16), (byte)(symbol >> 8), (byte)symbol];

    private async Task GreetAsync()
    {
        // 7.1: version, security types, the choice of None, its result; 7.3: shared; the screen.
        Assert.Equal("RFB 003.008\n", Encoding.ASCII.GetString(await ReadAsync(12)));
        await SendAsync("RFB 003.008\n"u8.ToArray());
        var types = await ReadAsync((await ReadAsync(1))[0]);
        Assert.Contains((byte)1, types);
        await SendAsync([1]);
        Assert.Equal([0, 0, 0, 0], await ReadAsync(4));
        await SendAsync([1]);
        var screen = await ReadAsync(24);
        (Width, Height) = (BinaryPrimitives.ReadUInt16BigEndian(screen), BinaryPrimitives.ReadUInt16BigEndian(screen.AsSpan(2)));
        await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(screen.AsSpan(20)));
    }
}

/// <summary>The relay closed the connection where bytes were awaited.</summary>
internal sealed class RfbClosedException(string reason, string message) : Exception(message)
{
    /// <summary>What the relay said.</summary>
    public string Reason => reason;
}

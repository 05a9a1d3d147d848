using System.Buffers;
using Molecule.ControlPlane.Desktop.Relay;

namespace Molecule.Tests.Desktop;

/// <summary>What a client's bytes become on their way to the server (RFC 6143).</summary>
public sealed class RfbClientMessagesTests
{
    // 7.1.1, 7.1.2, 7.3.1.
    private static readonly byte[] _greeting = [.. "RFB 003.008\n"u8, 1, 1];

    private static readonly byte[] _pixelFormat = [0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
    private static readonly byte[] _encodings = [2, 0, 0, 2, 0, 0, 0, 7, 0xff, 0xff, 0xff, 0x21];
    private static readonly byte[] _request = [3, 1, 0, 0, 0, 0, 4, 0, 3, 0];
    private static readonly byte[] _updates = [150, 1, 0, 0, 0, 0, 4, 0, 3, 0];
    private static readonly byte[] _fence = [248, 0, 0, 0, 0, 0, 0, 1, 3, 10, 11, 12];
    private static readonly byte[] _key = [4, 1, 0, 0, 0, 0, 0, 0x61];
    private static readonly byte[] _pointer = [5, 1, 0, 10, 0, 20];
    private static readonly byte[] _cut = [6, 0, 0, 0, 0, 0, 0, 3, 0x61, 0x62, 0x63];

    // The length of an extended clipboard's is negative.
    private static readonly byte[] _extendedCut = [6, 0, 0, 0, 0xff, 0xff, 0xff, 0xfc, 1, 0, 0, 1];
    private static readonly byte[] _size = [251, 0, 4, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0, 0, 0, 0];
    private static readonly byte[] _qemuKey = [255, 0, 0, 1, 0, 0, 0, 0x61, 0, 0, 0, 30];

    private static readonly byte[][] _looking = [_pixelFormat, _encodings, _request, _updates, _fence];
    private static readonly byte[][] _input = [_key, _pointer, _cut, _extendedCut, _size, _qemuKey];

    public static TheoryData<int> Pieces => [1, 2, 3, 5, 7, 11, 13, 64, 4096];

    [Theory]
    [MemberData(nameof(Pieces))]
    public void The_holders_messages_pass_as_they_are_however_they_are_cut(int piece)
    {
        byte[] said = [.. _greeting, .. Mixed()];

        var (passed, inputs) = Say(new RfbClientMessages(mayControl: true), said, piece);

        Assert.Equal(said, passed);
        Assert.True(inputs > 0);
    }

    [Theory]
    [MemberData(nameof(Pieces))]
    public void Of_a_viewers_messages_those_that_look_pass_and_those_that_act_do_not(int piece)
    {
        var (passed, inputs) = Say(new RfbClientMessages(mayControl: false), [.. _greeting, .. Mixed()], piece);

        Assert.Equal((byte[])[.. _greeting, .. _looking.SelectMany(static m => m), .. _request], passed);
        Assert.Equal(0, inputs);
    }

    [Fact]
    public void Only_input_counts_as_input()
    {
        var messages = new RfbClientMessages(mayControl: true);
        Say(messages, _greeting, 4096);
        Assert.All(_looking, message => Assert.Equal(0, Say(messages, message, 4096).Inputs));
        Assert.All(_input, message => Assert.Equal(1, Say(messages, message, 4096).Inputs));
    }

    [Fact]
    public void A_large_paste_is_not_kept_and_a_viewers_is_dropped_to_its_end()
    {
        byte[] paste = [6, 0, 0, 0, 0, 0x10, 0, 0, .. Enumerable.Repeat((byte)4, 0x100000)];
        Assert.Equal(_greeting.Length + paste.Length, Say(new RfbClientMessages(mayControl: true), [.. _greeting, .. paste], 4096).Passed.Length);
        Assert.Equal((byte[])[.. _greeting, .. _request], Say(new RfbClientMessages(mayControl: false), [.. _greeting, .. paste, .. _request], 4096).Passed);
    }

    [Fact]
    public void Nobody_throws_the_others_out_by_asking_not_to_share()
    {
        Assert.Equal(_greeting, Say(new RfbClientMessages(mayControl: true), [.. "RFB 003.008\n"u8, 1, 0], 4096).Passed);
    }

    [Fact]
    public void Encodings_that_would_change_what_the_client_says_are_not_offered()
    {
        // Raw, ExtendedMouseButtons (-316), xvp (-309), Fence (-312), gii (-305), Tight.
        byte[] offered = [2, 0, 0, 6, 0, 0, 0, 0, 0xff, 0xff, 0xfe, 0xc4, 0xff, 0xff, 0xfe, 0xcb, 0xff, 0xff, 0xfe, 0xc8, 0xff, 0xff, 0xfe, 0xcf, 0, 0, 0, 7];

        var (passed, _) = Say(new RfbClientMessages(mayControl: true), [.. _greeting, .. offered, .. _key], 5);

        Assert.Equal((byte[])[.. _greeting, 2, 0, 0, 3, 0, 0, 0, 0, 0xff, 0xff, 0xfe, 0xc8, 0, 0, 0, 7, .. _key], passed);
    }

    [Theory]
    [InlineData("RFB 003.003\n", "the protocol version is neither 3.7 nor 3.8")]
    [InlineData("RFB 003.008\n\u0002", "security type 2 is not relayed: the token was the authentication")]
    [InlineData("RFB 003.008\n\u0001\u0001\u0001", "client message 1 is not relayed")]
    [InlineData("RFB 003.008\n\u0001\u0001\u00fa", "client message 250 is not relayed")]
    [InlineData("RFB 003.008\n\u0001\u0001\u00ff\u0001", "QEMU client message 1 is not relayed")]
    [InlineData("RFB 003.008\n\u0001\u0001\u0002\0\u0001\u0001", "257 encodings are more than 256")]
    public void What_cannot_be_followed_ends_the_connection_with_its_reason(string said, string reason)
    {
        var refused = Assert.Throws<RfbViolationException>(() => Say(new RfbClientMessages(mayControl: true), System.Text.Encoding.Latin1.GetBytes(said), 1));

        Assert.Equal(reason, refused.Message);
    }

    [Fact]
    public void Ten_thousand_clients_that_say_anything_are_followed_or_refused_and_a_viewer_never_acts()
    {
        var random = new Random(20261128);
        for (var n = 0; n < 10_000; n++)
        {
            var said = new byte[random.Next(1, 200)];
            random.NextBytes(said);
            try
            {
                Assert.Equal(0, Say(new RfbClientMessages(mayControl: false), [.. _greeting, .. said], random.Next(1, 64)).Inputs);
            }
            catch (RfbViolationException e)
            {
                Assert.EndsWith("is not relayed", e.Message.Replace("are more than 256", "is not relayed", StringComparison.Ordinal), StringComparison.Ordinal);
            }
        }
    }

    private static byte[] Mixed() => [.. _looking.Zip(_input, static (look, act) => (byte[])[.. act, .. look]).SelectMany(static m => m), .. _input[^1], .. _request];

    private static (byte[] Passed, int Inputs) Say(RfbClientMessages messages, byte[] said, int piece)
    {
        var onward = new ArrayBufferWriter<byte>();
        var inputs = said.Chunk(piece).Count(part => messages.Take(part, onward));
        return (onward.WrittenSpan.ToArray(), inputs);
    }
}

using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Molecule.ProviderFakes.Wires;

/// <summary>One event of an event stream as it goes out (https://html.spec.whatwg.org/multipage/server-sent-events.html).</summary>
/// <param name="Event">Its name; null for one without.</param>
/// <param name="Bytes">All of it, to the empty line.</param>
public sealed record SseFrame(string? Event, ReadOnlyMemory<byte> Bytes)
{
    private const int UsualLength = 256;

    /// <summary>An event whose data is a JSON document.</summary>
    public static SseFrame Of<T>(string? name, T data)
    {
        var frame = Begin(name);
        using (var json = new Utf8JsonWriter(frame, new JsonWriterOptions { Encoder = WireJson.Encoder }))
        {
            JsonSerializer.Serialize(json, data, WireJson.Options);
        }

        return End(name, frame);
    }

    /// <summary>An event whose data is a text of one line.</summary>
    public static SseFrame OfText(string? name, string text)
    {
        var frame = Begin(name);
        Encoding.UTF8.GetBytes(text, frame);
        return End(name, frame);
    }

    private static ArrayBufferWriter<byte> Begin(string? name)
    {
        var frame = new ArrayBufferWriter<byte>(UsualLength);
        if (name is not null)
        {
            frame.Write("event: "u8);
            Encoding.UTF8.GetBytes(name, frame);
            frame.Write("\n"u8);
        }

        frame.Write("data: "u8);
        return frame;
    }

    private static SseFrame End(string? name, ArrayBufferWriter<byte> frame)
    {
        frame.Write("\n\n"u8);
        return new SseFrame(name, frame.WrittenMemory);
    }
}

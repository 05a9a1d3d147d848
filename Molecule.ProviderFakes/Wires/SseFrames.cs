using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Molecule.ProviderFakes.Wires;

/// <summary>Writes the events of one stream, all into one buffer by one writer: a turn has thirty of them, and two hundred turns may run at once.</summary>
/// <param name="length">How many bytes the stream is likely to have.</param>
internal sealed class SseFrames(int length = SseFrames.UsualLength) : IDisposable
{
    private const int UsualLength = 6 * 1024;
    private const int UsualCount = 32;

    private readonly ArrayBufferWriter<byte> _buffer = new(length);
    private readonly List<SseFrame> _frames = new(UsualCount);
    private Utf8JsonWriter? _json;

    /// <summary>What has been added, in order.</summary>
    public IReadOnlyList<SseFrame> All => _frames;

    /// <summary>Adds an event whose data is a JSON document.</summary>
    public SseFrame Add<T>(string? name, T data) => Add(name, data, static (json, data) => JsonSerializer.Serialize(json, data, WireJson.Options));

    /// <summary>Adds an event whose data is a JSON document that <paramref name="write"/> writes: for those of which a stream has many.</summary>
    public SseFrame Add<T>(string? name, T data, Action<Utf8JsonWriter, T> write)
    {
        var start = Begin(name);
        if (_json is null)
        {
            _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = WireJson.Encoder });
        }
        else
        {
            _json.Reset();
        }

        write(_json, data);
        _json.Flush();
        return End(name, start);
    }

    /// <summary>Adds an event whose data is a text of one line.</summary>
    public SseFrame AddText(string? name, string text)
    {
        var start = Begin(name);
        Encoding.UTF8.GetBytes(text, _buffer);
        return End(name, start);
    }

    public void Dispose() => _json?.Dispose();

    private int Begin(string? name)
    {
        var start = _buffer.WrittenCount;
        if (name is not null)
        {
            _buffer.Write("event: "u8);
            Encoding.UTF8.GetBytes(name, _buffer);
            _buffer.Write("\n"u8);
        }

        _buffer.Write("data: "u8);
        return start;
    }

    // A buffer that has to grow leaves its bytes where earlier frames see them.
    private SseFrame End(string? name, int start)
    {
        _buffer.Write("\n\n"u8);
        var frame = new SseFrame(name, _buffer.WrittenMemory[start..]);
        _frames.Add(frame);
        return frame;
    }
}

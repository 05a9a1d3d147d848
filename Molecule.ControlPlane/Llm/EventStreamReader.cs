using System.Buffers;
using System.Text.Json;

namespace Molecule.ControlPlane.Llm;

/// <summary>Reads server-sent events from bytes as they pass (https://html.spec.whatwg.org/multipage/server-sent-events.html). Chunks may end anywhere.</summary>
public sealed class EventStreamReader(Action<JsonElement> onData, Action onDone)
{
    // An event longer than this is passed on unread.
    private const int EventLimit = 8 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _line = new();
    private readonly ArrayBufferWriter<byte> _data = new();
    private bool _isTooLong;

    public void Feed(ReadOnlySpan<byte> chunk)
    {
        while (chunk.IndexOf((byte)'\n') is var end and >= 0)
        {
            Take(chunk[..end]);
            ReadLine();
            chunk = chunk[(end + 1)..];
        }

        Take(chunk);
    }

    private void Take(ReadOnlySpan<byte> part)
    {
        if (_line.WrittenCount + _data.WrittenCount + part.Length > EventLimit)
        {
            _isTooLong = true;
        }
        else
        {
            _line.Write(part);
        }
    }

    private void ReadLine()
    {
        var line = _line.WrittenSpan.TrimEnd((byte)'\r');
        if (line.IsEmpty)
        {
            Dispatch();
        }
        else if (line.StartsWith("data:"u8))
        {
            _data.Write(line["data:"u8.Length..].TrimStart((byte)' '));
            _data.Write("\n"u8);
        }

        _line.ResetWrittenCount();
    }

    private void Dispatch()
    {
        var data = _data.WrittenSpan.TrimEnd((byte)'\n');
        if (!_isTooLong && !data.IsEmpty)
        {
            if (data.SequenceEqual("[DONE]"u8))
            {
                onDone();
            }
            else
            {
                Parse(data);
            }
        }

        _data.ResetWrittenCount();
        _isTooLong = false;
    }

    private void Parse(ReadOnlySpan<byte> data)
    {
        try
        {
            onData(JsonElement.Parse(data));
        }
        catch (JsonException)
        {
            // The vendor's matter; it is passed on as it is.
        }
    }
}

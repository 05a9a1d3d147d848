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
        using var frames = new SseFrames(UsualLength);
        return frames.Add(name, data);
    }

    /// <summary>An event whose data is a text of one line.</summary>
    public static SseFrame OfText(string? name, string text)
    {
        using var frames = new SseFrames(UsualLength);
        return frames.AddText(name, text);
    }
}

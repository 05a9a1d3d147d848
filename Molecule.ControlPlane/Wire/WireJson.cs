using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Molecule.ControlPlane.Wire;

/// <summary>JSON as the product writes it: compact, <c>&lt; &gt; &amp;</c> escaped, all other Unicode raw, shortest-form numbers (spec/control-plane.md 1).</summary>
public static class WireJson
{
    /// <summary>Strict enough for a request, whatever its Content-Type: unknown members are ignored.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>The UTF-8 text of a value.</summary>
    public static ReadOnlyMemory<byte> Serialize<T>(T value)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, Options);
        return bytes.AsSpan().ContainsAny(Escaped) ? Escape(bytes) : bytes;
    }

    private static SearchValues<byte> Escaped { get; } = SearchValues.Create("<>&"u8);

    // Outside strings these three never stand in JSON, so replacing the bytes is exact.
    private static ReadOnlyMemory<byte> Escape(ReadOnlySpan<byte> bytes)
    {
        var buffer = new ArrayBufferWriter<byte>(bytes.Length + 64);
        while (bytes.IndexOfAny(Escaped) is var at and >= 0)
        {
            buffer.Write(bytes[..at]);
            buffer.Write(bytes[at] switch { (byte)'<' => "\\u003c"u8, (byte)'>' => "\\u003e"u8, _ => "\\u0026"u8 });
            bytes = bytes[(at + 1)..];
        }

        buffer.Write(bytes);
        return buffer.WrittenMemory;
    }
}

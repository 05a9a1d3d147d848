using System.Buffers;
using System.Text.Json;

namespace Molecule.ControlPlane.Wire;

/// <summary>Request bodies: read whatever the Content-Type says (spec/control-plane.md 1.8).</summary>
public static class RequestBody
{
    /// <summary>Bodies of the API's own objects are small.</summary>
    private const int ObjectLimit = 1024 * 1024;

    /// <summary>Reads at most <paramref name="limit"/> bytes; what lies behind them is not read.</summary>
    /// <returns>The bytes, and whether the body was longer.</returns>
    public static async Task<(ReadOnlyMemory<byte> Bytes, bool Cut)> ReadAsync(HttpRequest request, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var buffer = new ArrayBufferWriter<byte>((int)Math.Clamp(request.ContentLength ?? 4096, 256, 1 << 20));
        while (true)
        {
            var target = buffer.GetMemory(Math.Min(16 * 1024, limit + 1 - buffer.WrittenCount));
            var read = await request.Body.ReadAsync(target[..Math.Min(target.Length, limit + 1 - buffer.WrittenCount)], cancellation);
            if (read == 0)
            {
                return (buffer.WrittenMemory, false);
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > limit)
            {
                return (buffer.WrittenMemory[..limit], true);
            }
        }
    }

    /// <summary>Reads an object; null where the body is no JSON of that shape.</summary>
    public static async Task<T?> ReadObjectAsync<T>(HttpRequest request, CancellationToken cancellation)
        where T : class
    {
        var (bytes, _) = await ReadAsync(request, ObjectLimit, cancellation);
        try
        {
            return JsonSerializer.Deserialize<T>(bytes.Span, WireJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

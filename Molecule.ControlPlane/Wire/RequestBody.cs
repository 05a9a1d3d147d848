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
        return bytes.Length > 0 && TryParse<T>(bytes, out var value) ? value : null;
    }

    /// <summary>Reads any JSON value; null where the body is none.</summary>
    public static async Task<JsonElement?> ReadJsonAsync(HttpRequest request, CancellationToken cancellation)
    {
        var (bytes, _) = await ReadAsync(request, ObjectLimit, cancellation);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads an object that may be left out: an empty body is null and right, as are some routes' calls (spec/control-plane.md 1.8).</summary>
    /// <returns>False where there is a body and it is no JSON of that shape.</returns>
    public static bool TryParse<T>(ReadOnlyMemory<byte> body, out T? value)
        where T : class
    {
        value = null;
        if (body.IsEmpty)
        {
            return true;
        }

        try
        {
            value = JsonSerializer.Deserialize<T>(body.Span, WireJson.Options);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

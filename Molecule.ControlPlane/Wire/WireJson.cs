using System.Text.Json;

namespace Molecule.ControlPlane.Wire;

/// <summary>JSON as the product writes it: compact, escaped as Go does, numbers in their shortest form (spec/control-plane.md 1).</summary>
public static class WireJson
{
    /// <summary>For replies and requests; members that are not known are ignored.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        Encoder = new GoJsonEncoder(),
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>The UTF-8 text of a value.</summary>
    public static ReadOnlyMemory<byte> Serialize<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);
}

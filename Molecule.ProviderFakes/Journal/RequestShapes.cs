using System.Buffers;
using System.Text.Json;
using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Journal;

/// <summary>One request for a turn of each shape: the same sender, path and members make the same shape, whatever stands in the texts.</summary>
public sealed class RequestShapes(int capacity = RequestShapes.DefaultCapacity)
{
    /// <summary>Shapes at once; a whole gate has a few hundred.</summary>
    public const int DefaultCapacity = 2_000;

    private const int TextLimit = 64;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<RequestSample> _samples = [];
    private long _dropped;

    /// <summary>Keeps a request where none of its shape is kept.</summary>
    public void Note(string fake, string path, string? userAgent, JsonElement body)
    {
        var sender = SenderOf(userAgent);
        var members = new SortedSet<string>(StringComparer.Ordinal);
        Collect(body, "", members);
        var shape = $"{fake} {path} {sender}\n{string.Join('\n', members)}";
        lock (_gate)
        {
            if (_known.Contains(shape))
            {
                return;
            }

            if (_samples.Count == capacity)
            {
                _dropped++;
                return;
            }

            _known.Add(shape);
            _samples.Add(new RequestSample(fake, path, sender, Cut(body)));
        }
    }

    /// <summary>What has been kept.</summary>
    public RequestSamples All()
    {
        lock (_gate)
        {
            return new RequestSamples([.. _samples], _dropped);
        }
    }

    // RFC 9110, 10.1.5: product [ "/" version ].
    private static string SenderOf(string? userAgent) => userAgent is { Length: > 0 } ? userAgent.Split('/', ' ')[0] : "none";

    private static void Collect(JsonElement at, string path, SortedSet<string> members)
    {
        if (at.ValueKind is JsonValueKind.Array)
        {
            foreach (var item in at.EnumerateArray())
            {
                Collect(item, path, members);
            }
        }
        else if (at.ValueKind is JsonValueKind.Object)
        {
            // What a member may be depends on the kind of its object.
            var kind = at.TryGetProperty("type", out var type) && type.ValueKind is JsonValueKind.String ? $"<{type}>" : "";
            foreach (var member in at.EnumerateObject())
            {
                var below = $"{path}{kind}.{member.Name}";
                members.Add(below);
                Collect(member.Value, below, members);
            }
        }
    }

    private static JsonElement Cut(JsonElement body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(body, writer);
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static void Write(JsonElement at, Utf8JsonWriter writer)
    {
        switch (at.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in at.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in at.EnumerateArray())
                {
                    Write(item, writer);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when at.GetString() is { Length: > TextLimit } text:
                writer.WriteStringValue(text.AsSpan(0, char.IsHighSurrogate(text[TextLimit - 1]) ? TextLimit - 1 : TextLimit));
                break;
            default:
                at.WriteTo(writer);
                break;
        }
    }
}

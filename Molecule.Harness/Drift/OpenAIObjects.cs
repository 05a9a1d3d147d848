#pragma warning disable SCME0001 // JsonPatch is marked experimental; it is where the SDK puts what it does not know.
using System.ClientModel.Primitives;
using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace Molecule.Harness.Drift;

/// <summary>An object of the OpenAI SDK and what it has put aside: in a JsonPatch, or in a dictionary of additional data.</summary>
internal sealed class OpenAIObjects
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly object _model;
    private readonly ImmutableArray<FieldInfo> _aside;

    private OpenAIObjects(object model)
    {
        _model = model;
        _aside = [.. Fields(model).Where(static f => f.FieldType == typeof(JsonPatch) || f.FieldType == typeof(IDictionary<string, BinaryData>))];
    }

    public string TypeName => _model.GetType().Name;

    /// <summary>The SDK reads a kind that it does not know as an object of a type that says so.</summary>
    public bool IsOfNoKnownKind => TypeName.Contains("Unknown", StringComparison.Ordinal);

    /// <summary>What the object says of its kind.</summary>
    public string Kind
    {
        get
        {
            using var written = JsonDocument.Parse(ModelReaderWriter.Write(_model));
            return written.RootElement.TryGetProperty("type", out var kind) ? kind.ToString() : "(none)";
        }
    }

    /// <summary>The objects of a model, itself first.</summary>
    public static ImmutableArray<OpenAIObjects> Under(object model)
    {
        var objects = ImmutableArray.CreateBuilder<OpenAIObjects>();
        Collect(model, new HashSet<object>(ReferenceEqualityComparer.Instance), objects);
        return objects.ToImmutable();
    }

    /// <summary>Whether a member of this name was sent that the object does not know.</summary>
    public bool HasPutAside(string name) => _aside.Any(field => field.GetValue(_model) switch
    {
        JsonPatch patch => patch.Contains(Encoding.UTF8.GetBytes($"$['{name.Replace("'", "\\'", StringComparison.Ordinal)}']")),
        IDictionary<string, BinaryData> data => data.ContainsKey(name),
        _ => false,
    });

    /// <summary>Makes the object forget what it does not know.</summary>
    public void Forget()
    {
        foreach (var field in _aside)
        {
            field.SetValue(_model, field.FieldType == typeof(JsonPatch) ? default(JsonPatch) : null);
        }
    }

    private static void Collect(object? at, HashSet<object> seen, ImmutableArray<OpenAIObjects>.Builder objects)
    {
        if (at is null or string || at.GetType().IsPrimitive || !seen.Add(at))
        {
            return;
        }

        if (at.GetType().Namespace?.StartsWith("OpenAI", StringComparison.Ordinal) is true)
        {
            objects.Add(new OpenAIObjects(at));
            foreach (var field in Fields(at))
            {
                Collect(field.GetValue(at), seen, objects);
            }
        }

        if (at is IEnumerable items)
        {
            foreach (var item in items)
            {
                Collect(item, seen, objects);
            }
        }
    }

    private static IEnumerable<FieldInfo> Fields(object model)
    {
        for (var type = model.GetType(); type is not null && type != typeof(object); type = type.BaseType)
        {
            foreach (var field in type.GetFields(Own))
            {
                yield return field;
            }
        }
    }
}

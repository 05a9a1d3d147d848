using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Anthropic.Core;
using Anthropic.Exceptions;

namespace Molecule.Harness.Drift;

/// <summary>
/// A model of the official Anthropic SDK. Its objects keep every member that was sent (RawData), and read one when it is asked for, which throws
/// where it has to be there and is not; one that may be null may be away as well. The names that they read stand in the code of their properties alone.
/// </summary>
/// <param name="type">The model's type.</param>
/// <param name="read">Makes the model's object of a document.</param>
public sealed class AnthropicModel(Type type, Func<JsonElement, object?> read) : IVendorModel
{
    /// <inheritdoc/>
    public string Name { get; } = $"Anthropic {SdkVersion.Of(typeof(JsonModel))} {type.Name}";

    /// <summary>An answer's model.</summary>
    public static AnthropicModel Of<T>()
        where T : ModelBase => new(typeof(T), static document => JsonSerializer.Deserialize<T>(document));

    /// <inheritdoc/>
    public ImmutableArray<MemberFinding> Read(JsonElement document)
    {
        var findings = new HashSet<MemberFinding>();
        try
        {
            Walk(read(document), "", findings);
        }
        catch (Exception e) when (e is JsonException or AnthropicInvalidDataException)
        {
            findings.Add(new MemberFinding("", MemberFault.Unreadable, e.Message));
        }

        return [.. findings.OrderBy(static f => f.Path, StringComparer.Ordinal)];
    }

    private static void Walk(object? at, string path, HashSet<MemberFinding> findings)
    {
        switch (at)
        {
            case JsonModel model:
                Members(model, model.RawData, path, findings);
                break;
            case ParamsBase request when request.GetType().GetProperty("RawBodyData")?.GetValue(request) is IReadOnlyDictionary<string, JsonElement> body:
                Members(request, body, path, findings);
                break;

            // One of several models; none where the SDK recognised none.
            case ModelBase union when union.GetType().GetProperty("Value") is { } value:
                if (value.GetValue(union) is { } chosen)
                {
                    Walk(chosen, path, findings);
                }
                else
                {
                    findings.Add(new MemberFinding(path, MemberFault.UnknownKind, $"no {union.GetType().Name} of the SDK's"));
                }

                break;
            case IEnumerable items and not string and not IDictionary:
                foreach (var item in items)
                {
                    Walk(item, $"{path}[]", findings);
                }

                break;
        }
    }

    private static void Members(object model, IReadOnlyDictionary<string, JsonElement> sent, string path, HashSet<MemberFinding> findings)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in model.GetType().GetProperties(BindingFlags.Instance | BindingFlags.Public))
        {
            foreach (var name in ReadNames.Of(property))
            {
                known.Add(name);
                var below = JsonPaths.Below(path, name);
                try
                {
                    Walk(property.GetValue(model), below, findings);
                }
                catch (TargetInvocationException e) when (e.InnerException is AnthropicInvalidDataException or JsonException)
                {
                    findings.Add(new MemberFinding(below, sent.ContainsKey(name) ? MemberFault.Unreadable : MemberFault.Missing, sent.ContainsKey(name) ? e.InnerException.Message : null));
                }
            }
        }

        findings.UnionWith(sent.Keys.Where(name => !known.Contains(name)).Select(name => new MemberFinding(JsonPaths.Below(path, name), MemberFault.Unknown)));
    }
}

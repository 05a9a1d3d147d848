using System.ClientModel.Primitives;
using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Harness.Drift;

/// <summary>
/// A model of the official OpenAI SDK. Its objects put aside each member that they do not know; emptied of those and written again they hold what they
/// know, and what they always write.
/// </summary>
/// <param name="type">The model's type.</param>
public sealed class OpenAIModel(Type type) : IVendorModel
{
    /// <inheritdoc/>
    public string Name { get; } = $"OpenAI {SdkVersion.Of(typeof(OpenAI.OpenAIClient))} {type.Name}";

    /// <summary>A model.</summary>
    public static OpenAIModel Of<T>() => new(typeof(T));

    /// <inheritdoc/>
    public ImmutableArray<MemberFinding> Read(JsonElement document)
    {
        object model;
        try
        {
            model = ModelReaderWriter.Read(BinaryData.FromString(document.GetRawText()), type)!;
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException or FormatException or ArgumentException)
        {
            return [new MemberFinding("", MemberFault.Unreadable, e.Message)];
        }

        var sent = JsonPaths.Of(document);
        var objects = OpenAIObjects.Under(model);
        ImmutableHashSet<string> aside = [.. sent.Keys.Select(Last).Distinct().Where(name => objects.Any(o => o.HasPutAside(name)))];
        ImmutableArray<MemberFinding> kinds = [.. objects.Where(static o => o.IsOfNoKnownKind).Select(static o => new MemberFinding($"type={o.Kind}", MemberFault.UnknownKind, o.TypeName))];
        foreach (var one in objects)
        {
            one.Forget();
        }

        using var written = JsonDocument.Parse(ModelReaderWriter.Write(model));
        var known = JsonPaths.Of(written.RootElement);
        return
        [
            .. kinds,
            .. sent.Keys.Where(path => !known.ContainsKey(path) && aside.Contains(Last(path)) && !IsBelowUnknown(path)).Select(static path => new MemberFinding(path, MemberFault.Unknown)),
            .. known.Keys.Where(path => !sent.ContainsKey(path) && (JsonPaths.Above(path) is "" || sent.ContainsKey(Holder(path)))).Select(static path => new MemberFinding(path, MemberFault.Missing)),
        ];

        bool IsBelowUnknown(string path) => JsonPaths.Above(path) is { Length: > 0 } above && Holder(path) is var holder && !known.ContainsKey(holder) && (aside.Contains(Last(holder)) || IsBelowUnknown(above));
    }

    private static string Last(string path) => path[(path.LastIndexOf('.') + 1)..].Replace("[]", "", StringComparison.Ordinal);

    private static string Holder(string path) => JsonPaths.Above(path) is var above && above.EndsWith(']') ? above[..above.IndexOf("[]", above.LastIndexOf('.') + 1, StringComparison.Ordinal)] : above;
}

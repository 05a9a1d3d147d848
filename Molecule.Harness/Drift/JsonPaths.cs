using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Harness.Drift;

/// <summary>The members of a document by path, items of arrays all alike.</summary>
public static class JsonPaths
{
    /// <summary>Every member's path; true where it is null at each place.</summary>
    public static ImmutableSortedDictionary<string, bool> Of(JsonElement document)
    {
        var paths = new SortedDictionary<string, bool>(StringComparer.Ordinal);
        Collect(document, "", paths);
        return paths.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>The path of a member below another.</summary>
    public static string Below(string path, string member) => path.Length == 0 ? member : $"{path}.{member}";

    /// <summary>The path of whatever holds a member; empty for a member of the document itself.</summary>
    public static string Above(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.LastIndexOf('.') is var dot && dot < 0 ? "" : path[..dot];
    }

    private static void Collect(JsonElement at, string path, SortedDictionary<string, bool> paths)
    {
        if (at.ValueKind is JsonValueKind.Array)
        {
            foreach (var item in at.EnumerateArray())
            {
                Collect(item, $"{path}[]", paths);
            }
        }
        else if (at.ValueKind is JsonValueKind.Object)
        {
            foreach (var member in at.EnumerateObject())
            {
                var below = Below(path, member.Name);
                paths[below] = member.Value.ValueKind is JsonValueKind.Null && paths.GetValueOrDefault(below, true);
                Collect(member.Value, below, paths);
            }
        }
    }
}

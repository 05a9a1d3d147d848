using System.Text.Json;

namespace Molecule.ProviderFakes.Turns;

/// <summary>What a model can read: every text of its request, whichever wire the request came on.</summary>
/// <remarks>
/// The wires differ in where a text stands (<c>messages[].content</c>, <c>input[].content[].text</c>, <c>contents[].parts[].text</c>), not in
/// its member's name: spec/runtimes-and-providers.md 3.1, 3.2, 3.6.
/// </remarks>
public static class ModelContext
{
    /// <summary>The texts before a prompt, oldest first; all of them where the prompt is no text of its own.</summary>
    public static IReadOnlyList<string> Before(string prompt, JsonElement request)
    {
        var texts = TextsOf(request).ToList();
        var last = texts.FindLastIndex(text => text.Contains(prompt, StringComparison.Ordinal));
        return last < 0 ? texts : texts[..last];
    }

    private static IEnumerable<string> TextsOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static member =>
            member.Value.ValueKind is not JsonValueKind.String ? TextsOf(member.Value)
            : member.Name is "text" or "content" ? [member.Value.GetString()!]
            : []),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(TextsOf),
        _ => [],
    };
}

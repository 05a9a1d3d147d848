using System.Text.Json;

namespace Molecule.ProviderFakes.Turns;

/// <summary>What a model can read: every text of its request, whichever wire the request came on.</summary>
/// <remarks>
/// The wires differ in where a text stands (<c>messages[].content</c>, <c>input[].content[].text</c>, <c>contents[].parts[].text</c>), not in
/// its member's name: spec/runtimes-and-providers.md 3.1, 3.2, 3.6.
/// </remarks>
public static class ModelContext
{
    /// <summary>The texts before a prompt, oldest first. A prompt may be several messages of the user's, a line each.</summary>
    public static IReadOnlyList<string> Before(string prompt, JsonElement request)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        var texts = TextsOf(request).Where(static text => text.Length > 0).ToList();
        var first = texts.FindLastIndex(text => text.Contains(prompt, StringComparison.Ordinal) || prompt.Contains(text, StringComparison.Ordinal));
        while (first > 0 && prompt.Contains(texts[first - 1], StringComparison.Ordinal))
        {
            first--;
        }

        return first < 0 ? texts : texts[..first];
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

using System.Text.Json;
using System.Text.RegularExpressions;

namespace Molecule.ProviderFakes.Turns;

/// <summary>A model's wish to have one of the request's tools run.</summary>
/// <param name="Id">24 hex digits from which the wires make their ids.</param>
/// <param name="Name">The tool's.</param>
/// <param name="Arguments">A JSON object, as text.</param>
public sealed partial record ToolCall(string Id, string Name, string Arguments)
{
    /// <summary>What a prompt such as <c>Call the tool weather with {"city":"Kyiv"}</c> makes a model do, where it has that tool; otherwise null.</summary>
    public static ToolCall? AskedFor(string prompt, IEnumerable<string> tools)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (Asking().Match(prompt) is not { Success: true } asked || !tools.Contains(asked.Groups["name"].Value, StringComparer.Ordinal))
        {
            return null;
        }

        try
        {
            using var arguments = JsonDocument.Parse(asked.Groups["arguments"].Value);
            return new ToolCall(Guid.NewGuid().ToString("N")[..24], asked.Groups["name"].Value, arguments.RootElement.GetRawText());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"\bcall\s+the\s+tool\s+[""'`]?(?<name>[\w-]+)[""'`]?\s+with\s+(?<arguments>\{.*\})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex Asking();
}

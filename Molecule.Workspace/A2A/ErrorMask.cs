using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Workspace.A2A;

/// <summary>Error texts as a caller may see them: the workspace's secrets masked, at most 1 KB (spec/runtimes-and-providers.md 1.7).</summary>
public sealed class ErrorMask
{
    private const int LongestText = 1024;

    // Shorter values are words rather than secrets; masking them would garble the text.
    private const int ShortestSecret = 8;

    private static readonly ImmutableArray<string> SecretNames = ["KEY", "TOKEN", "SECRET", "PASSWORD", "AUTH_JSON"];

    private readonly Lock _lock = new();
    private ImmutableArray<string> _secrets;

    public ErrorMask(ImmutableDictionary<string, string> environment) =>
        _secrets = [.. environment
            .Where(static e => SecretNames.Any(n => e.Key.EndsWith(n, StringComparison.OrdinalIgnoreCase)))
            .SelectMany(static e => Values(e.Value))
            .Where(static v => v.Length >= ShortestSecret)
            .Distinct()
            .OrderByDescending(static v => v.Length)];

    /// <summary>Masks these values too, whatever their names: they came as secrets.</summary>
    public void Learn(IEnumerable<string> values)
    {
        lock (_lock)
        {
            _secrets = [.. _secrets.Concat(values.SelectMany(Values).Where(static v => v.Length >= ShortestSecret)).Distinct().OrderByDescending(static v => v.Length)];
        }
    }

    /// <summary>An error text as a caller may see it.</summary>
    public string Apply(string text)
    {
        var masked = Mask(text);
        return masked.Length <= LongestText ? masked : masked[..(LongestText - 1)] + "…";
    }

    /// <summary>The text with the workspace's secrets masked, however long it is.</summary>
    public string Mask(string text)
    {
        ImmutableArray<string> secrets;
        lock (_lock)
        {
            secrets = _secrets;
        }

        foreach (var secret in secrets)
        {
            text = text.Replace(secret, "[masked]", StringComparison.Ordinal);
        }

        return text;
    }

    // A secret may be a JSON document that holds several, as codex's auth.json is.
    private static IEnumerable<string> Values(string secret)
    {
        if (!secret.StartsWith('{'))
        {
            return [secret];
        }

        try
        {
            return Strings(JsonNode.Parse(secret)).Append(secret);
        }
        catch (JsonException)
        {
            return [secret];
        }
    }

    private static IEnumerable<string> Strings(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(static p => Strings(p.Value)),
        JsonArray a => a.SelectMany(Strings),
        JsonValue v when v.TryGetValue<string>(out var text) => [text],
        _ => [],
    };
}

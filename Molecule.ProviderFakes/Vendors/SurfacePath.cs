using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>A surface's path: a text, or one with <c>{names}</c> in the place of a model, a project, a location.</summary>
public sealed partial class SurfacePath
{
    private static readonly ImmutableDictionary<string, string> NoValues = ImmutableDictionary<string, string>.Empty;

    private readonly string _text;
    private readonly Regex? _pattern;
    private readonly ImmutableArray<string> _names;

    public SurfacePath(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
        _names = [.. Name().Matches(text).Select(static m => m.Groups[1].Value)];
        Pattern = "^" + Name().Replace(Regex.Escape(text).Replace(@"\{", "{", StringComparison.Ordinal), static m => $"(?<{m.Groups[1].Value}>[^/:]+)") + "$";
        _pattern = _names.IsEmpty ? null : new Regex(Pattern, RegexOptions.CultureInvariant);
    }

    /// <summary>The path as a regular expression over the whole of a request's.</summary>
    public string Pattern { get; }

    /// <summary>What stands at the names; null where the path is another one.</summary>
    public ImmutableDictionary<string, string>? Match(string path)
    {
        if (_pattern is null)
        {
            return path == _text ? NoValues : null;
        }

        return _pattern.Match(path) is { Success: true } match ? _names.ToImmutableDictionary(static n => n, n => match.Groups[n].Value) : null;
    }

    public override string ToString() => _text;

    [GeneratedRegex(@"\{(\w+)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}

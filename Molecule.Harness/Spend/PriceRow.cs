using System.Collections.Immutable;
using System.Globalization;
using Molecule.Coverage.Planning;
using YamlDotNet.RepresentationModel;

namespace Molecule.Harness.Spend;

/// <summary>A row of prices.yaml, with exactly the keys that it must have.</summary>
internal sealed class PriceRow
{
    private readonly PlanFile _file;
    private readonly YamlNode _node;
    private readonly ImmutableDictionary<string, string> _values;

    /// <exception cref="CoverageFormatException">It is ill-formed.</exception>
    public PriceRow(PlanFile file, YamlNode node, string what, string[] keys)
    {
        (_file, _node) = (file, node);
        if (node is not YamlMappingNode row)
        {
            throw Wrong(file, node, $"a {what} must read {{ {string.Join(", ", keys)} }}");
        }

        _values = row.Children.ToImmutableDictionary(static pair => ((YamlScalarNode)pair.Key).Value ?? "", static pair => (pair.Value as YamlScalarNode)?.Value ?? "");
        if (_values.Keys.Except(keys).FirstOrDefault() is { } unknown)
        {
            throw Wrong(file, node, $"unknown key '{unknown}'; known: {string.Join(", ", keys)}");
        }

        if (keys.FirstOrDefault(key => _values.GetValueOrDefault(key) is not { Length: > 0 }) is { } missing)
        {
            throw Wrong(file, node, $"'{missing}' is missing");
        }
    }

    public string this[string key] => _values[key];

    public decimal Usd(string key) => decimal.TryParse(this[key], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)
        ? usd
        : throw Wrong(_file, _node, $"{key} must be USD per million tokens, such as 3 or 0.25, not '{this[key]}'");

    public long Tokens(string key) => long.TryParse(this[key], NumberStyles.None, CultureInfo.InvariantCulture, out var tokens) && tokens > 0
        ? tokens
        : throw Wrong(_file, _node, $"{key} must be a number of tokens, such as 200000, not '{this[key]}'");

    public DateOnly Day(string key) => DateOnly.TryParseExact(this[key], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
        ? day
        : throw Wrong(_file, _node, $"{key} must read yyyy-MM-dd, not '{this[key]}'");

    public static CoverageFormatException Wrong(PlanFile file, YamlNode node, string text) => new([new CoverageError(file.Name, (int)node.Start.Line, (int)node.Start.Column, text)]);
}

using System.Collections.Immutable;
using System.Globalization;
using Molecule.Coverage.Planning;
using YamlDotNet.RepresentationModel;

namespace Molecule.Harness.Spend;

/// <summary>What a model costs, in USD per million tokens.</summary>
/// <param name="Model">As the registry offers it, or without the prefix that names its payer.</param>
/// <param name="Input">Of the prompt.</param>
/// <param name="Output">Of the answer.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="Date">When.</param>
public sealed record Price(string Model, decimal Input, decimal Output, string Source, DateOnly Date)
{
    private const decimal Million = 1_000_000;

    /// <summary>USD for so many tokens.</summary>
    public decimal Of(long input, long output) => ((input * Input) + (output * Output)) / Million;
}

/// <summary>prices.yaml. Written by hand: a price that nobody has read anywhere is none.</summary>
public sealed class PriceTable
{
    private static readonly string[] _keys = ["model", "input", "output", "source", "date"];

    // anthropic:claude-opus-4-7, openai/gpt-5.4: the prefix says who pays.
    private static readonly char[] _behindPrefixes = [':', '/'];

    private readonly ImmutableDictionary<string, Price> _prices;

    private PriceTable(ImmutableDictionary<string, Price> prices) => _prices = prices;

    /// <summary>The price of a model; null where none is known.</summary>
    public Price? Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return _prices.GetValueOrDefault(model) ?? _prices.GetValueOrDefault(model[(model.LastIndexOfAny(_behindPrefixes) + 1)..]);
    }

    /// <summary>Reads the table.</summary>
    /// <exception cref="CoverageFormatException">It is ill-formed.</exception>
    public static PriceTable Read(PlanFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var prices = ImmutableDictionary.CreateBuilder<string, Price>(StringComparer.Ordinal);
        foreach (var node in RowsOf(file))
        {
            var price = PriceOf(file, node);
            if (!prices.TryAdd(price.Model, price))
            {
                throw Wrong(file, node, $"the model '{price.Model}' has a price already: keep one of the two");
            }
        }

        return new PriceTable(prices.ToImmutable());
    }

    private static IEnumerable<YamlNode> RowsOf(PlanFile file)
    {
        var stream = new YamlStream();
        try
        {
            using var text = new StringReader(file.Text);
            stream.Load(text);
        }
        catch (YamlDotNet.Core.YamlException e)
        {
            throw new CoverageFormatException([new CoverageError(file.Name, (int)e.Start.Line, (int)e.Start.Column, $"not yaml: {e.Message}")]);
        }

        return stream.Documents is [{ RootNode: YamlMappingNode root }] && root.Children.Count == 2
            && Under(root, "schema") is YamlScalarNode { Value: "1" } && Under(root, "prices") is YamlSequenceNode prices
            ? prices.Children
            : throw new CoverageFormatException([new CoverageError(file.Name, 1, 1, "it must say schema: 1 and list prices, and nothing else")]);
    }

    private static YamlNode? Under(YamlMappingNode root, string key) => root.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;

    private static Price PriceOf(PlanFile file, YamlNode node)
    {
        if (node is not YamlMappingNode row)
        {
            throw Wrong(file, node, $"a price must read {{ {string.Join(", ", _keys)} }}");
        }

        var values = row.Children.ToDictionary(static pair => ((YamlScalarNode)pair.Key).Value ?? "", static pair => (pair.Value as YamlScalarNode)?.Value ?? "");
        if (values.Keys.Except(_keys).FirstOrDefault() is { } unknown)
        {
            throw Wrong(file, node, $"unknown key '{unknown}'; known: {string.Join(", ", _keys)}");
        }

        if (_keys.FirstOrDefault(key => values.GetValueOrDefault(key) is not { Length: > 0 }) is { } missing)
        {
            throw Wrong(file, node, $"'{missing}' is missing");
        }

        return new Price(values["model"], Money("input"), Money("output"), values["source"], Day());

        decimal Money(string key) => decimal.TryParse(values[key], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var usd)
            ? usd
            : throw Wrong(file, node, $"{key} must be USD per million tokens, such as 3 or 0.25, not '{values[key]}'");

        DateOnly Day() => DateOnly.TryParseExact(values["date"], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? day
            : throw Wrong(file, node, $"date must read yyyy-MM-dd, not '{values["date"]}'");
    }

    private static CoverageFormatException Wrong(PlanFile file, YamlNode node, string text) => new([new CoverageError(file.Name, (int)node.Start.Line, (int)node.Start.Column, text)]);
}

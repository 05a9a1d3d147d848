using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.Harness.Live;
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

/// <summary>How much a model takes in one request.</summary>
/// <param name="Model">As <see cref="Price.Model"/>.</param>
/// <param name="Tokens">Of input; what has more is refused for its length, which costs nothing.</param>
/// <param name="Source">Where it was read.</param>
/// <param name="Date">When.</param>
public sealed record ModelWindow(string Model, long Tokens, string Source, DateOnly Date);

/// <summary>prices.yaml. Written by hand: a price or a window that nobody has read anywhere is none.</summary>
public sealed class PriceTable
{
    private static readonly string[] _keys = ["model", "input", "output", "source", "date"];
    private static readonly string[] _windowKeys = ["model", "tokens", "source", "date"];

    // anthropic:claude-opus-4-7, openai/gpt-5.4: the prefix says who pays.
    private static readonly char[] _behindPrefixes = [':', '/'];

    private readonly ImmutableDictionary<string, Price> _prices;
    private readonly ImmutableDictionary<string, ModelWindow> _windows;

    private PriceTable(ImmutableDictionary<string, Price> prices, ImmutableDictionary<string, ModelWindow> windows) => (_prices, _windows) = (prices, windows);

    /// <summary>The price of a model; null where none is known.</summary>
    public Price? Find(string model) => Find(_prices, model);

    /// <summary>Which of some models costs least to fill, and its window; of equals the first.</summary>
    /// <exception cref="LiveUncheckedException">None of them has both a window and a price.</exception>
    public (string Model, long Window) CheapestToFill(IReadOnlyCollection<string> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        return models
            .Select(model => (Model: model, Price: Find(model), Window: Find(_windows, model)))
            .Where(static one => one is { Price: not null, Window: not null })
            .Select(static one => (one.Model, Window: one.Window!.Tokens, Usd: one.Price!.Of(one.Window.Tokens, 0)))
            .OrderBy(static one => one.Usd)
            .Select(static one => ((string, long)?)(one.Model, one.Window))
            .FirstOrDefault() ?? throw new LiveUncheckedException(
                $"unknown-window: prices.yaml has no window and price of {string.Join(" or ", models.Select(static model => $"'{model}'"))}: add one with its source, or leave the cell out");
    }

    private static T? Find<T>(ImmutableDictionary<string, T> rows, string model)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(model);
        return rows.GetValueOrDefault(model) ?? rows.GetValueOrDefault(model[(model.LastIndexOfAny(_behindPrefixes) + 1)..]);
    }

    /// <summary>Reads the table.</summary>
    /// <exception cref="CoverageFormatException">It is ill-formed.</exception>
    public static PriceTable Read(PlanFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        var prices = ImmutableDictionary.CreateBuilder<string, Price>(StringComparer.Ordinal);
        var windows = ImmutableDictionary.CreateBuilder<string, ModelWindow>(StringComparer.Ordinal);
        var (priced, windowed) = RowsOf(file);
        foreach (var node in priced)
        {
            var price = PriceOf(new PriceRow(file, node, "price", _keys));
            if (!prices.TryAdd(price.Model, price))
            {
                throw PriceRow.Wrong(file, node, $"the model '{price.Model}' has a price already: keep one of the two");
            }
        }

        foreach (var node in windowed)
        {
            var row = new PriceRow(file, node, "window", _windowKeys);
            if (!windows.TryAdd(row["model"], new ModelWindow(row["model"], row.Tokens("tokens"), row["source"], row.Day("date"))))
            {
                throw PriceRow.Wrong(file, node, $"the model '{row["model"]}' has a window already: keep one of the two");
            }
        }

        return new PriceTable(prices.ToImmutable(), windows.ToImmutable());
    }

    private static (IEnumerable<YamlNode> Prices, IEnumerable<YamlNode> Windows) RowsOf(PlanFile file)
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

        return stream.Documents is [{ RootNode: YamlMappingNode root }] && root.Children.Count == 3
            && Under(root, "schema") is YamlScalarNode { Value: "1" } && Under(root, "prices") is YamlSequenceNode prices && Under(root, "windows") is YamlSequenceNode windows
            ? (prices.Children, windows.Children)
            : throw new CoverageFormatException([new CoverageError(file.Name, 1, 1, "it must say schema: 1 and list prices and windows, and nothing else")]);
    }

    private static YamlNode? Under(YamlMappingNode root, string key) => root.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;

    private static Price PriceOf(PriceRow row) => new(row["model"], row.Usd("input"), row.Usd("output"), row["source"], row.Day("date"));
}

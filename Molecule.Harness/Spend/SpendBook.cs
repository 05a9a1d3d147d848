using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Journal;
using Molecule.Harness.Live;

namespace Molecule.Harness.Spend;

/// <summary>One cell's part of what a run has spent.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Model">The model that was paid for.</param>
/// <param name="Tokens">What its runtime reported; null where it reported nothing, and the most it may use is counted.</param>
/// <param name="Usd">What that costs.</param>
public sealed record SpentCell(string Cell, string Model, TokenCount? Tokens, decimal Usd);

/// <summary>
/// What the live cells of a run cost. A cell is let go only where the most that it may use is still there; it is then set against what it used. What
/// was not let go is refused by name: nothing goes on over a limit.
/// </summary>
/// <param name="prices">prices.yaml.</param>
/// <param name="limits">The limits.</param>
/// <param name="file">Where the sum is kept, so that it is known of a run that was cut short; below the run's folder.</param>
public sealed class SpendBook(PriceTable prices, SpendLimits limits, string file)
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "spend.json";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (Price Price, TokenCount Limit)> _open = new(StringComparer.Ordinal);
    private ImmutableArray<SpentCell> _spent = [];

    /// <summary>Lets a cell go.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="model">The model that is paid for.</param>
    /// <param name="turns">How many turns of it the vendor serves.</param>
    /// <param name="besides">Tokens of input that its own messages make beyond what a turn ordinarily has.</param>
    /// <exception cref="LiveUncheckedException">Its model has no price, or there is too little money left.</exception>
    public void Begin(string cell, string model, int turns, long besides = 0)
    {
        if (prices.Find(model) is not { } price)
        {
            throw new LiveUncheckedException($"unknown-price: prices.yaml has no price of '{model}': add one with its source, or leave the cell out");
        }

        var limit = limits.Of(turns, besides);
        var most = price.Of(limit.Input, limit.Output);
        lock (_lock)
        {
            var bound = _spent.Sum(static s => s.Usd) + _open.Values.Sum(static o => Most(o));
            if (bound + most > limits.RunUsd)
            {
                throw new LiveUncheckedException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"spend-limit: {bound:0.####} of {limits.RunUsd:0.####} USD are spent or bound and this cell may cost {most:0.####}: raise {SpendLimits.Variable}, or select fewer cells"));
            }

            _open.Add(cell, (price, limit));
            Write();
        }
    }

    /// <summary>Books what a cell has used. Every cell that was let go must be booked, however it ended.</summary>
    /// <returns>Why it used more than a cell may; null where it did not.</returns>
    public string? End(string cell, TokenCount? used)
    {
        lock (_lock)
        {
            if (!_open.Remove(cell, out var open))
            {
                throw new InvalidOperationException($"{cell} was not let go.");
            }

            _spent = _spent.Add(new SpentCell(cell, open.Price.Model, used, used is null ? Most(open) : open.Price.Of(used.Input, used.Output)));
            Write();
            return used is not null && (used.Input > open.Limit.Input || used.Output > open.Limit.Output)
                ? $"token-limit: it used {used.Input} tokens of input and {used.Output} of output; the cell may use {open.Limit.Input} and {open.Limit.Output}"
                : null;
        }
    }

    /// <summary>What a run's file says, as a line behind its verdict; null where the run spent nothing.</summary>
    public static string? Line(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return null;
        }

        var sum = JsonSerializer.Deserialize<Sum>(File.ReadAllText(file), ContractJson.Compact)!;
        var guessed = sum.Cells.Count(static c => c.Tokens is null);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"spent {sum.SpentUsd:0.####} of {sum.LimitUsd:0.####} USD on {sum.Cells.Length} live cells{(guessed == 0 ? "" : $" ({guessed} of them counted at the most they may use)")}");
    }

    private static decimal Most((Price Price, TokenCount Limit) open) => open.Price.Of(open.Limit.Input, open.Limit.Output);

    private void Write()
    {
        // A cell that is still open counts with the most it may use: whoever is killed now has perhaps spent it.
        var cells = _spent.AddRange(_open.Select(static o => new SpentCell(o.Key, o.Value.Price.Model, null, Most(o.Value))));
        var partial = $"{file}.partial";
        File.WriteAllText(partial, JsonSerializer.Serialize(new Sum(limits.RunUsd, cells.Sum(static c => c.Usd), cells), ContractJson.Indented));
        File.Move(partial, file, overwrite: true);
    }

    private sealed record Sum(decimal LimitUsd, decimal SpentUsd, ImmutableArray<SpentCell> Cells);
}

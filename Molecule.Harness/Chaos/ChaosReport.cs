using System.Collections.Immutable;
using System.Globalization;

namespace Molecule.Harness.Chaos;

/// <summary>A campaign as lines for a terminal or a log.</summary>
public static class ChaosReport
{
    /// <summary>One line a round, and one a violation.</summary>
    public static IEnumerable<string> Lines(ChaosRound round)
    {
        ArgumentNullException.ThrowIfNull(round);
        var kills = string.Join(", ", round.Kills.Select(static k => string.Create(CultureInfo.InvariantCulture, $"{k.Part} at {k.After.TotalSeconds:0.0} s")));
        var exit = round.ExitCode is { } code ? $"exit {code.ToString(CultureInfo.InvariantCulture)}" : "gate killed";
        yield return $"round {round.Number} ({round.Run}): {exit}, {round.Covered} covered, {round.LedgerSays.Length} findings; killed {(kills.Length == 0 ? "nothing" : kills)}";
        if (round.LedgerSays is [var first, ..])
        {
            yield return $"  the ledger says first: {first.Split('\n')[0]}";
        }

        foreach (var violation in round.Violations)
        {
            yield return $"  VIOLATION {violation}";
        }
    }

    /// <summary>The campaign's last line and, above it, how often each part was killed.</summary>
    public static IEnumerable<string> Summary(ImmutableArray<ChaosRound> rounds, int seed)
    {
        foreach (var part in rounds.SelectMany(static r => r.Kills).GroupBy(static k => k.Part).OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key, StringComparer.Ordinal))
        {
            yield return $"{part.Count(),4}  {part.Key}";
        }

        yield return $"seed {seed}: {rounds.Sum(static r => r.Kills.Length)} kills in {rounds.Length} gates, {rounds.Count(static r => r.ExitCode == 0)} of them green, {rounds.Sum(static r => r.Violations.Length)} violations";
    }
}

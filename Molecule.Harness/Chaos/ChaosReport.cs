using System.Collections.Immutable;
using System.Globalization;

namespace Molecule.Harness.Chaos;

/// <summary>A campaign as lines for a terminal or a log, and as a table.</summary>
public static class ChaosReport
{
    /// <summary>One line a round, and one a violation.</summary>
    public static IEnumerable<string> Lines(ChaosRound round)
    {
        ArgumentNullException.ThrowIfNull(round);
        var kills = string.Join(", ", round.Kills.Select(static k => string.Create(CultureInfo.InvariantCulture, $"{k.Part} at {k.After.TotalSeconds:0.0} s")));
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"round {round.Number} ({round.Run}, {round.Selection}): {Exit(round)} after {round.Took.TotalSeconds:0.0} s, {round.Covered} covered, {round.LedgerSays.Length} findings; killed {(kills.Length == 0 ? "nothing" : kills)}");
        if (round.LedgerSays is [var first, ..])
        {
            yield return $"  the ledger says first: {FirstLine(first)}";
        }

        foreach (var violation in round.Violations)
        {
            yield return $"  VIOLATION {violation}";
        }
    }

    /// <summary>The campaign's last line and, above it, how often each part was killed.</summary>
    public static IEnumerable<string> Summary(ImmutableArray<ChaosRound> rounds, int seed)
    {
        foreach (var part in ByPart(rounds.SelectMany(static r => r.Kills), static k => k.Part))
        {
            yield return $"{part.Count(),4}  {part.Key}";
        }

        yield return Total(rounds, seed);
    }

    /// <summary>The campaign in Markdown: by the part that a round's first kill hit, how the gates ended, what their ledgers said first, what was left.</summary>
    public static string Markdown(ImmutableArray<ChaosRound> rounds, int seed)
    {
        var lines = new List<string>
        {
            $"# Kill -9 at random, seed {seed}",
            "",
            Total(rounds, seed) + ".",
            "",
            "| first killed | gates | kills in all | how the gates ended | what the ledger said first | violations |",
            "|---|---|---|---|---|---|",
        };
        var kills = rounds.SelectMany(static r => r.Kills).CountBy(static k => k.Part).ToDictionary();
        foreach (var part in ByPart(rounds, static r => r.Kills is [var first, ..] ? first.Part : "nothing"))
        {
            var violations = string.Join("<br>", part.SelectMany(static r => r.Violations.Select(v => $"{Cell(v)} (round {r.Number})")));
            lines.Add(
                $"| {Cell(part.Key)} | {part.Count()} | {kills.GetValueOrDefault(part.Key)} | {Counted(part.Select(Exit))} | {Counted(part.Select(static r => r.LedgerSays is [var first, ..] ? Kind(first) : "nothing amiss"))} | {(violations.Length == 0 ? "none" : violations)} |");
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Total(ImmutableArray<ChaosRound> rounds, int seed) =>
        $"seed {seed}: {rounds.Sum(static r => r.Kills.Length)} kills in {rounds.Length} gates, {rounds.Count(static r => r.ExitCode == 0)} of them green, {rounds.Sum(static r => r.Violations.Length)} violations";

    private static string Exit(ChaosRound round) => round.ExitCode is { } code ? $"exit {code.ToString(CultureInfo.InvariantCulture)}" : "gate killed";

    private static IEnumerable<IGrouping<string, T>> ByPart<T>(IEnumerable<T> all, Func<T, string> part) =>
        all.GroupBy(part).OrderByDescending(static g => g.Count()).ThenBy(static g => g.Key, StringComparer.Ordinal);

    private static string Counted(IEnumerable<string> said) =>
        string.Join("<br>", said.CountBy(static s => s).OrderByDescending(static s => s.Value).ThenBy(static s => s.Key, StringComparer.Ordinal).Select(static s => $"{s.Value} x {Cell(s.Key)}"));

    // Without the cell's name and the run's folder, so that equal words fall together.
    private static string Kind(string finding)
    {
        var line = FirstLine(finding);
        var text = line[(line.IndexOf(": ", StringComparison.Ordinal) is var at and >= 0 ? at + 2 : 0)..];
        return text.Length <= 100 ? text : text[..100] + "...";
    }

    private static string FirstLine(string text) => text.Split('\n')[0];

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Coverage.Verdict;

namespace Molecule.Harness.Chaos;

/// <summary>Holds what a killed gate left against what may never be. It reads the ledger's lines by itself, since the verdict is what it checks.</summary>
public static class RoundJudge
{
    /// <summary>The violations of a round; empty when all is in order.</summary>
    /// <param name="verdict">Over the ledger on disk.</param>
    /// <param name="ledger">The ledger's lines as they lie on disk; empty where none was written.</param>
    /// <param name="exitCode">The gate's; null where it was killed.</param>
    /// <param name="left">Processes of the run that still live, as text.</param>
    /// <param name="folder">The run's temporary folder where it is still there.</param>
    public static IEnumerable<string> Violations(RunVerdict verdict, ImmutableArray<string> ledger, int? exitCode, ImmutableArray<string> left, string? folder)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        foreach (var process in left)
        {
            yield return $"orphan: {process}";
        }

        if (folder is not null)
        {
            yield return $"left behind: {folder}";
        }

        var proven = Proven(ledger);
        foreach (var cell in verdict.Cells.Where(c => c.State is CellState.Covered && !proven.Contains(c.Expected.Id.ToString())))
        {
            yield return $"covered without evidence: {cell.Expected.Id}";
        }

        if (exitCode == 0 && verdict.Exit is not GateExit.Green)
        {
            yield return "the gate exited 0 over a ledger that is red";
        }

        if (verdict.Exit is not GateExit.Green && verdict.Findings.Any(static f => string.IsNullOrWhiteSpace(f.Text)))
        {
            yield return "the ledger is red without saying why";
        }
    }

    // A cell is proven by a passed record that names its evidence, and a passed result, both in this ledger.
    private static HashSet<string> Proven(ImmutableArray<string> ledger)
    {
        var evidenced = new HashSet<string>(StringComparer.Ordinal);
        var passed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in ledger)
        {
            if (Parsed(line) is not { } parsed || parsed["record"] is not JsonObject record || Text(record["cell"]) is not { } cell)
            {
                continue;
            }

            if (Text(record["outcome"]) != "passed")
            {
                continue;
            }

            if (Text(parsed["kind"]) == "result")
            {
                passed.Add(cell);
            }
            else if (Text(record["evidence"]) is { Length: > 0 })
            {
                evidenced.Add(cell);
            }
        }

        evidenced.IntersectWith(passed);
        return evidenced;
    }

    private static JsonNode? Parsed(string line)
    {
        try
        {
            return JsonNode.Parse(line);
        }
        catch (JsonException)
        {
            // The writer was killed in the middle of the line.
            return null;
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}

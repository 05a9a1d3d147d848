using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Coverage.Verdict;

namespace Molecule.Harness.Chaos;

/// <summary>What is there once a gate has ended and all of it has had time to go.</summary>
/// <param name="Processes">Those of the run that still live.</param>
/// <param name="Folder">The run's temporary folder; null where it is gone.</param>
/// <param name="Containers">Those that carry the run's label.</param>
/// <param name="Report">artifacts/coverage.json, of whichever run; null where there is none.</param>
public sealed record RoundRemains(ImmutableArray<string> Processes, string? Folder, ImmutableArray<string> Containers, string? Report)
{
    public static RoundRemains Nothing { get; } = new([], null, [], null);
}

/// <summary>Holds what a killed gate left against what may never be. It reads the ledger's lines by itself, since the verdict is what it checks.</summary>
public static class RoundJudge
{
    /// <summary>The violations of a round; empty when all is in order.</summary>
    /// <param name="verdict">Over the ledger on disk.</param>
    /// <param name="ledger">The ledger's lines as they lie on disk; empty where none was written.</param>
    /// <param name="exitCode">The gate's; null where it was killed.</param>
    /// <param name="left">What is left of the run.</param>
    public static IEnumerable<string> Violations(RunVerdict verdict, ImmutableArray<string> ledger, int? exitCode, RoundRemains left)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        ArgumentNullException.ThrowIfNull(left);
        foreach (var process in left.Processes)
        {
            yield return $"orphan: {process}";
        }

        foreach (var container in left.Containers)
        {
            yield return $"container left behind: {container}";
        }

        if (left.Folder is not null)
        {
            yield return $"left behind: {left.Folder}";
        }

        if (left.Report is not null && Parsed(left.Report) is null)
        {
            yield return "coverage.json is half-written";
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

        // 1 over a green ledger: the test process was killed after its last word, which the gate does not pass over.
        if (exitCode is > 0 && exitCode != (int)verdict.Exit && !(exitCode == 1 && verdict.Exit is GateExit.Green))
        {
            yield return $"the gate exited {exitCode}, its ledger amounts to {(int)verdict.Exit}";
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

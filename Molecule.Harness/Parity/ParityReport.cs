using System.Collections.Immutable;
using Molecule.Coverage.Planning;

namespace Molecule.Harness.Parity;

/// <summary>Two transcripts of one cell, held against each other.</summary>
/// <param name="Cell">Runtime, arm and feature.</param>
/// <param name="Left">Which cell stands on the left; null where none does.</param>
/// <param name="Right">Which on the right.</param>
/// <param name="Differences">In what they differ.</param>
/// <param name="Notes">What could not be compared.</param>
public sealed record ParityCell(string Cell, CellId? Left, CellId? Right, ImmutableArray<string> Differences, ImmutableArray<string> Notes);

/// <summary>Shows by cell in what two runs differ: a mock run and a live one, or two of a kind.</summary>
public static class ParityReport
{
    /// <summary>Compares. Where a side holds a cell in both modes, the left one's is mock and the right one's live, so that a run of both can be held against itself.</summary>
    public static ImmutableArray<ParityCell> Compare(IReadOnlyDictionary<CellId, Transcript> left, IReadOnlyDictionary<CellId, Transcript> right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        return
        [
            .. left.Keys.Concat(right.Keys).Select(NameOf).Distinct().Order(StringComparer.Ordinal)
                .Select(name => Compare(name, Find(left, name, CellMode.Mock), Find(right, name, CellMode.Live))),
        ];
    }

    /// <summary>The lines of a comparison.</summary>
    public static IEnumerable<string> Lines(ImmutableArray<ParityCell> cells)
    {
        foreach (var cell in cells)
        {
            yield return $"{cell.Cell} ({cell.Left?.Mode.ToString().ToLowerInvariant() ?? "-"} | {cell.Right?.Mode.ToString().ToLowerInvariant() ?? "-"}): {(cell.Differences.IsEmpty ? "same" : "DIFFERENT")}";
            foreach (var line in cell.Differences.Concat(cell.Notes))
            {
                yield return $"  {line}";
            }
        }

        yield return $"{cells.Count(static c => c.Differences.IsEmpty)} same, {cells.Count(static c => !c.Differences.IsEmpty)} different";
    }

    private static (CellId Id, Transcript Transcript)? Find(IReadOnlyDictionary<CellId, Transcript> side, string name, CellMode preferred) =>
        side.Where(pair => NameOf(pair.Key) == name).OrderByDescending(pair => pair.Key.Mode == preferred).Select(static pair => ((CellId, Transcript)?)(pair.Key, pair.Value)).FirstOrDefault();

    private static ParityCell Compare(string name, (CellId Id, Transcript Transcript)? left, (CellId Id, Transcript Transcript)? right)
    {
        if (left is not var (leftId, one) || right is not var (rightId, other))
        {
            return new ParityCell(name, left?.Id, right?.Id, [$"only the {(left is null ? "right" : "left")} run holds it"], []);
        }

        var differences = ImmutableArray.CreateBuilder<string>();
        Differ("engine", one.Engine, other.Engine);
        Differ("workspace afterwards", one.Status, other.Status);
        for (var turn = 0; turn < Math.Max(one.Turns.Length, other.Turns.Length); turn++)
        {
            Differ($"turn {turn + 1}", one.Turns.ElementAtOrDefault(turn)?.ToString(), other.Turns.ElementAtOrDefault(turn)?.ToString());
        }

        if (one.Requests is not { } these || other.Requests is not { } those)
        {
            return new ParityCell(name, leftId, rightId, differences.ToImmutable(), ["requests: not compared, no fake of ours sees those of a live cell"]);
        }

        for (var request = 0; request < Math.Max(these.Length, those.Length); request++)
        {
            Differ($"request {request + 1}", these.ElementAtOrDefault(request)?.ToString(), those.ElementAtOrDefault(request)?.ToString());
        }

        return new ParityCell(name, leftId, rightId, differences.ToImmutable(), []);

        void Differ(string what, string? a, string? b)
        {
            if (a != b)
            {
                differences.Add($"{what}: {a ?? "none"} | {b ?? "none"}");
            }
        }
    }

    private static string NameOf(CellId cell) => $"{cell.Runtime}/{cell.Arm}/{cell.Feature}";
}

using System.Collections.Immutable;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>Finds evidence that more than one cell shows: an activity row and a trace belong to one turn, and a turn to one cell.</summary>
internal static class EvidenceReuse
{
    /// <summary>The cells of all ledgers together that share an activity or a trace with another one.</summary>
    public static ImmutableHashSet<CellId> In(IEnumerable<RecordedRun> ledgers)
    {
        var cells = ledgers.SelectMany(ledger => ledger.Cells).ToImmutableArray();
        return [.. Shared(cells, cell => cell.Evidence?.Activity), .. Shared(cells, cell => cell.Evidence?.Trace)];
    }

    private static IEnumerable<CellId> Shared(ImmutableArray<LedgerCell> cells, Func<LedgerCell, string?> mark) => cells
        .Where(cell => mark(cell) is not null)
        .GroupBy(cell => mark(cell)!)
        .Where(group => group.Select(cell => cell.Cell).Distinct().Skip(1).Any())
        .SelectMany(group => group.Select(cell => cell.Cell));
}

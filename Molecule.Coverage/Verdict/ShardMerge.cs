using System.Collections.Immutable;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>Puts the cells of several ledgers together: each must be selected by exactly one of them.</summary>
internal static class ShardMerge
{
    /// <param name="runs">Each ledger with its own expectation.</param>
    /// <param name="isWhole">Whether a cell that no ledger selected is red, or only left out.</param>
    /// <param name="today">Decides which entries have expired.</param>
    public static ImmutableArray<JudgedCell> Judge(ImmutableArray<(RecordedRun Ledger, Expectation Expectation)> runs, bool isWhole, DateOnly today)
    {
        var reused = EvidenceReuse.In(runs.Select(run => run.Ledger));
        var judges = runs.Select(run => new CellJudge(run.Ledger, run.Expectation.Request, today, reused)).ToImmutableArray();
        var claims = new Dictionary<CellId, List<(int Run, ExpectedCell Cell)>>();
        var order = new List<CellId>();
        for (var run = 0; run < runs.Length; run++)
        {
            foreach (var cell in runs[run].Expectation.Cells)
            {
                if (!claims.TryGetValue(cell.Id, out var list))
                {
                    claims[cell.Id] = list = [];
                    order.Add(cell.Id);
                }

                list.Add((run, cell));
            }
        }

        return [.. order.Select(id => JudgeOne(claims[id]))];

        JudgedCell JudgeOne(List<(int Run, ExpectedCell Cell)> claim)
        {
            var selecting = claim.Where(one => one.Cell.Disposition is not Disposition.NotSelected).ToImmutableArray();

            // Not-applicable is no part of a selection: every shard says so.
            if (selecting.Length == 1 || (!selecting.IsEmpty && selecting.All(one => one.Cell.Disposition is Disposition.NotApplicable)))
            {
                return judges[selecting[0].Run].Judge(selecting[0].Cell);
            }

            if (selecting.IsEmpty)
            {
                var cell = judges[claim[0].Run].Judge(claim[0].Cell);
                return isWhole ? cell with { Reason = "in-no-ledger: none of the ledgers selected it", Exit = GateExit.Uncovered } : cell;
            }

            var names = string.Join(", ", selecting.Select(one => runs[one.Run].Ledger.Start?.Run ?? runs[one.Run].Ledger.Source));
            return new JudgedCell(selecting[0].Cell, CellState.Uncovered, $"held-twice: runs {names} all hold it", null, null, GateExit.Uncovered);
        }
    }
}

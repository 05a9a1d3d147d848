using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;

namespace Molecule.Coverage.Reports;

/// <summary>What stands over each report. What a damaged ledger does not tell is null.</summary>
/// <param name="Run">The run's id; of several, joined by <c>+</c>.</param>
/// <param name="Started">The first start.</param>
/// <param name="Ended">The last end; null when any is missing.</param>
/// <param name="Mode">mock, live or both.</param>
/// <param name="Graph">The Aspire engine; offline when any of several was.</param>
/// <param name="Filter">Null for none, and for a merge.</param>
/// <param name="ControlPlane">Those from outside the graph; null where each ledger had the graph's own.</param>
internal sealed record ReportHeading(string Run, DateTimeOffset? Started, DateTimeOffset? Ended, RunMode Mode, GraphEngine? Graph, CellFilter? Filter, string? ControlPlane)
{
    public static ReportHeading Of(RunVerdict verdict)
    {
        var starts = verdict.Ledgers.Select(ledger => ledger.Start).OfType<LedgerStart>().ToList();
        var ends = verdict.Ledgers.Select(ledger => ledger.End?.Ended).ToList();
        var modes = starts.Select(start => start.Request.Mode).Distinct().ToList();
        return new ReportHeading(
            starts.Count == 0 ? "unknown" : string.Join('+', starts.Select(start => start.Run)),
            starts.Count == 0 ? null : starts.Min(start => start.Started),
            ends.Contains(null) ? null : ends.Max(),
            modes.Count switch { 0 => verdict.Expectation.Request.Mode, 1 => modes[0], _ => RunMode.Both },
            starts.Count == 0 ? null : new GraphEngine(
                string.Join(" + ", starts.Select(start => start.Graph.Engine).Distinct()),
                starts.Any(start => start.Graph.Kind is GraphKind.Offline) ? GraphKind.Offline : GraphKind.Real),
            verdict.IsMerge ? null : verdict.Expectation.Request.Filter,
            starts.Select(start => start.Request.ControlPlane).OfType<string>().Distinct().ToList() is [_, ..] foreign ? string.Join(" + ", foreign) : null);
    }

    public override string ToString()
    {
        var graph = Graph is null ? "graph unknown" : $"graph {Graph.Engine} ({Graph.Kind.ToString().ToLowerInvariant()})";
        var filter = Filter is null ? "" : $", {Filter}";
        return $"Coverage of run {Run}: mode {Mode.ToString().ToLowerInvariant()}, {graph}{(ControlPlane is null ? "" : $", control plane {ControlPlane}")}{filter}";
    }
}

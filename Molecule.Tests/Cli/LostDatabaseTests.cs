using Molecule.Coverage.Verdict;
using Molecule.Harness.Runs;
using Molecule.Processes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Cli;

/// <summary>PostgreSQL killed under a running gate (design.md 7: the running cells fail, the rest are uncovered with the cause).</summary>
public sealed class LostDatabaseTests
{
    private const string Cause = "graph lost: postgres ended in the middle of the run with exit code 137";

    [Fact]
    public async Task A_killed_database_fails_the_running_cells_leaves_the_rest_uncovered_with_the_cause_and_nothing_behind()
    {
        // Four lanes, of which no more run at once than there are processors.
        await using var gate = RunningGate.Start("codex");
        await gate.PartAsync("codex");
        var server = await gate.PartAsync("postgres");

        ProcessTable.Kill(server.Key);
        await gate.EndAsync();

        Assert.True(gate.ExitCode == 3, gate.Output);
        var verdict = gate.Verdict();
        Assert.True(verdict.IsComplete);
        Assert.Contains(verdict.Findings, static finding => finding is { Exit: GateExit.Failed, Subject: "run" } && finding.Text.EndsWith(Cause.Replace("graph lost", "graph-lost", StringComparison.Ordinal), StringComparison.Ordinal));
        var cells = verdict.Cells.Where(static cell => cell.Expected.IsExecuted).ToList();
        Assert.Equal(4, cells.Count);
        Assert.Contains(cells, static cell => cell.State is CellState.Failed);
        Assert.All(cells, static cell => Assert.True(cell.State is CellState.Failed or CellState.Uncovered or CellState.Covered, cell.State.ToString()));
        Assert.All(cells.Where(static cell => cell.State is CellState.Failed), static cell => Assert.Contains(Cause, cell.Reason, StringComparison.Ordinal));
        Assert.All(cells.Where(static cell => cell.State is CellState.Uncovered), static cell => Assert.Equal($"skipped: {Cause}", cell.Reason));

        var coverage = await RunningGate.CoverageAsync();
        Assert.Equal((gate.Run, true), ((string?)coverage["run"], (bool?)coverage["complete"]));
        await Eventually.HoldsAsync(() => RunProcesses.Of(gate.Run).IsEmpty && !Directory.Exists(gate.TemporaryRunFolder), TimeSpan.FromSeconds(10), "the run's processes and folder are gone");
    }
}

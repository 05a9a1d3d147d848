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
        // Nine lanes, of which four at most run at once on two processors.
        await using var gate = RunningGate.Start("claude-code,codex");
        await gate.PartAsync("claude");
        var server = await gate.PartAsync("postgres");

        ProcessTable.Kill(server.Key);
        await gate.EndAsync();

        Assert.True(gate.ExitCode == 3, gate.Output);
        var verdict = gate.Verdict();
        Assert.True(verdict.IsComplete);
        Assert.Contains(verdict.Findings, static finding => finding is { Exit: GateExit.Failed, Subject: "run" } && finding.Text.EndsWith(Cause.Replace("graph lost", "graph-lost", StringComparison.Ordinal), StringComparison.Ordinal));
        var cells = verdict.Cells.Where(static cell => cell.Expected.IsExecuted).ToList();
        Assert.Equal(9, cells.Count);
        Assert.Contains(cells, static cell => cell.State is CellState.Failed);
        Assert.Contains(cells, static cell => cell.State is CellState.Uncovered);
        Assert.All(cells, static cell => Assert.True(cell.State is CellState.Failed or CellState.Uncovered or CellState.Covered, cell.State.ToString()));

        // A lane may be told by the control plane before the graph is (spec/control-plane.md: platform_unavailable).
        Assert.All(cells.Where(static cell => cell.State is CellState.Failed), static cell => Assert.True(
            cell.Reason!.Contains(Cause, StringComparison.Ordinal) || cell.Reason.Contains("platform_unavailable", StringComparison.Ordinal), cell.Reason));
        Assert.All(cells.Where(static cell => cell.State is CellState.Uncovered), static cell => Assert.Equal($"unchecked-without-leave: {Cause}", cell.Reason));

        var coverage = await gate.CoverageAsync();
        Assert.Equal((gate.Run, true), ((string?)coverage["run"], (bool?)coverage["complete"]));
        await Eventually.HoldsAsync(() => RunProcesses.Of(gate.Run).IsEmpty && !Directory.Exists(gate.TemporaryRunFolder), TimeSpan.FromSeconds(10), "the run's processes and folder are gone");
    }
}

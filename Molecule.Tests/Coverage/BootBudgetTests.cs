using System.Collections.Immutable;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>How many starts a run may take of a runtime whose start is dear (design.md 4).</summary>
public sealed class BootBudgetTests
{
    private static readonly Expectation Budgeted = Expected with { BootBudget = ImmutableSortedDictionary<string, int>.Empty.Add("openclaw", 3) };

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_run_within_its_budget_is_green(int taken) => Assert.Empty(Findings(Counted("openclaw", taken)));

    [Fact]
    public void One_start_more_is_red() =>
        Assert.Equal((GateExit.Failed, "run: boot-budget: 4 starts of openclaw; coverage.yaml allows 3 a run"), Assert.Single(Findings(Counted("openclaw", 4))));

    [Fact]
    public void A_runtime_without_a_budget_may_start_as_often_as_it_likes() => Assert.Empty(Findings(Counted("codex", 40)));

    [Fact]
    public void A_run_that_counted_nothing_is_red() =>
        Assert.Equal((GateExit.Uncovered, "run: boot-budget: coverage.yaml allows 3 starts of openclaw, and the run counted none"), Assert.Single(Findings(null)));

    [Fact]
    public void The_repository_limits_the_starts_of_the_runtime_whose_gateway_is_dear()
    {
        var (plan, _) = OwnPlan.ReadRepository();

        Assert.Equal(["openclaw"], plan.Expect(RunRequest.Mock).BootBudget.Keys);
    }

    private static ImmutableSortedDictionary<string, int> Counted(string runtime, int taken) => ImmutableSortedDictionary<string, int>.Empty.Add(runtime, taken);

    private static IEnumerable<(GateExit Exit, string Text)> Findings(ImmutableSortedDictionary<string, int>? boots) =>
        JudgeRecords(Budgeted, [.. RecordsOf(Budgeted), new LedgerEnd(Now, 0, 0, []) { Boots = boots }]).Findings.Select(static f => (f.Exit, f.ToString()));
}

using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>What a control plane from outside the graph cannot show is unchecked by name, and nothing else is.</summary>
public sealed class ForeignControlPlaneTests
{
    private const string Url = "url:http://10.0.0.7:8080";
    private const string Capability = "  own-control-plane: { needs: Molecule:ControlPlane=project }\n";
    private const string Rule = "  - { cells: 'codex/platform/*@mock', on: [url], reason: its vendors are its own }\n";

    [Fact]
    public void A_rule_leaves_its_cells_unchecked_under_its_kinds_alone()
    {
        var plan = OwnPlan.ReadWith(WithRule(Rule));

        var foreign = plan.Expect(RunRequest.Mock with { ControlPlane = Url }).Cells.Where(static c => c.Reason?.StartsWith("SUT", StringComparison.Ordinal) is true);
        Assert.Equal(
            ("codex/platform/serving@mock", Disposition.Unchecked, "SUT: its vendors are its own", "own-control-plane"),
            Assert.Single(foreign.Select(static c => (c.Id.ToString(), c.Disposition, c.Reason, c.Lacks))));
        Assert.All(
            (string?[])[null, "container:platform:7", "url2:http://10.0.0.7:8080"],
            other => Assert.DoesNotContain(plan.Expect(RunRequest.Mock with { ControlPlane = other }).Cells, static c => c.Disposition is Disposition.Unchecked));
    }

    [Fact]
    public void The_repositorys_rules_leave_every_cell_of_a_key_of_ones_own_and_every_refusal_to_be_run()
    {
        var cells = OwnPlan.ReadRepository().Plan.Expect(RunRequest.Mock with { ControlPlane = Url, Capabilities = ["egress"] }).Cells;

        Assert.All(cells.Where(static c => c.Id.Feature is "serving" or "streaming"), static c => Assert.Equal(
            c.Id.Arm is "platform" or "vertex" ? Disposition.Unchecked : Disposition.Run, c.Disposition));
        Assert.All(cells.Where(static c => c.Id.Feature.StartsWith("refusal", StringComparison.Ordinal)), static c => Assert.Equal(Disposition.Run, c.Disposition));
        Assert.All(cells.Where(static c => c.Id.Feature == "egress"), static c => Assert.StartsWith("SUT: ", c.Reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("on: [url]", "on: [project]", "'project' is no kind of foreign control plane; known: container, url")]
    [InlineData("codex/platform/*@mock", "codex/nobody/*@mock", "'codex/nobody/*@mock' matches no cell: correct it, or delete its entry")]
    [InlineData(", reason: its vendors are its own", "", "a foreignControlPlane entry lacks 'reason'")]
    public void A_wrong_rule_is_an_error(string right, string wrong, string error) =>
        Assert.Contains(OwnPlan.ErrorsOf(WithRule(Rule.Replace(right, wrong, StringComparison.Ordinal))), e => e.Contains(error, StringComparison.Ordinal));

    [Fact]
    public void Rules_need_the_capability_by_which_they_can_be_required() =>
        Assert.Contains(
            OwnPlan.ErrorsOf($"{OwnPlan.Coverage.Text}\nforeignControlPlane:\n{Rule}"),
            static e => e.Contains("capabilities must name 'own-control-plane'", StringComparison.Ordinal));

    [Theory]
    [InlineData(Url, "SUT: out of sight", "", CellState.Unchecked, GateExit.Green)]
    [InlineData(Url, "SUT: out of sight", "own-control-plane", CellState.Unchecked, GateExit.Uncovered)]
    [InlineData(Url, "SUT: out of sight", "live", CellState.Unchecked, GateExit.Green)]
    [InlineData(Url, "felt unwell", "", CellState.Uncovered, GateExit.Uncovered)]
    [InlineData(null, "SUT: out of sight", "", CellState.Uncovered, GateExit.Uncovered)]
    public void A_running_cell_may_say_so_only_of_a_foreign_one(string? controlPlane, string reason, string required, CellState state, GateExit exit)
    {
        var expectation = Expected with { Request = Expected.Request with { ControlPlane = controlPlane, Require = required.Length == 0 ? [] : [required] } };

        var verdict = JudgeWith(expectation, Serving, Proof(Serving) with { Outcome = CellOutcome.Unchecked, Reason = reason }, Result(Serving));

        Assert.Equal((state, exit), (verdict.Of(Serving).State, verdict.Exit));
    }

    private static string WithRule(string rule) =>
        OwnPlan.Coverage.Text.Replace("capabilities:\n", "capabilities:\n" + Capability, StringComparison.Ordinal) + $"\nforeignControlPlane:\n{rule}";
}

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
    private const string Runtimes = "  own-runtimes: { needs: no image }\n";
    private const string ImageRule = "  - { cells: '*/*/serving@mock', on: [image], reason: it is an image }\n";
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
    [InlineData("on: [url]", "on: [project]", "'project' is no kind of foreign part; known: container, url, image")]
    [InlineData("codex/platform/*@mock", "codex/nobody/*@mock", "'codex/nobody/*@mock' matches no cell: correct it, or delete its entry")]
    [InlineData(", reason: its vendors are its own", "", "a foreign entry lacks 'reason'")]
    public void A_wrong_rule_is_an_error(string right, string wrong, string error) =>
        Assert.Contains(OwnPlan.ErrorsOf(WithRule(Rule.Replace(right, wrong, StringComparison.Ordinal))), e => e.Contains(error, StringComparison.Ordinal));

    // A rule of both kinds needs both: it is enough that one kind of several is the capability's.
    [Theory]
    [InlineData("on: [url]", "own-control-plane")]
    [InlineData("on: [url, image]", "own-control-plane")]
    [InlineData("on: [url, image]", "own-runtimes")]
    public void Rules_need_the_capability_by_which_they_can_be_required(string on, string capability) =>
        Assert.Contains(
            OwnPlan.ErrorsOf($"{OwnPlan.Coverage.Text}\nforeign:\n{Rule.Replace("on: [url]", on, StringComparison.Ordinal)}"),
            e => e.Contains($"capabilities must name '{capability}'", StringComparison.Ordinal));

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

    [Fact]
    public void A_rule_on_images_leaves_the_cells_of_those_runtimes_unchecked_and_no_others()
    {
        var plan = OwnPlan.ReadWith(WithRule(ImageRule));

        var unchecked_ = plan.Expect(RunRequest.Mock with { Images = ["codex"] }).Cells.Where(static c => c.Reason?.StartsWith("SUT", StringComparison.Ordinal) is true).ToList();

        Assert.NotEmpty(unchecked_);
        Assert.All(unchecked_, static c => Assert.Equal(
            ("codex", "serving", Disposition.Unchecked, "SUT: it is an image", "own-runtimes"), (c.Id.Runtime, c.Id.Feature, c.Disposition, c.Reason, c.Lacks)));
        Assert.DoesNotContain(plan.Expect(RunRequest.Mock with { Images = ["codex"] }).Cells, static c => c is { Id: { Runtime: "codex", Feature: "serving" }, Disposition: Disposition.Run });
        Assert.Contains(plan.Expect(RunRequest.Mock with { Images = ["codex"] }).Cells, static c => c is { Id: { Runtime: "claude-code", Feature: "serving" }, Disposition: Disposition.Run });
        Assert.All(
            (RunRequest[])[RunRequest.Mock, RunRequest.Mock with { ControlPlane = "image:x" }, RunRequest.Mock with { Images = ["hermes-of-somebody"] }],
            other => Assert.DoesNotContain(plan.Expect(other).Cells, static c => c.Reason is "SUT: it is an image" && c.Lacks is "own-runtimes"));
    }

    [Fact]
    public void A_cell_of_no_runtime_is_of_all_images_and_a_rule_on_control_planes_is_of_none()
    {
        var cells = OwnPlan.ReadRepository().Plan.Expect(RunRequest.Mock with { Images = ["codex"], Capabilities = ["egress", "desktop"] }).Cells;

        Assert.Equal(
            ["-/-/desktop-lease@mock", "-/-/desktop-reconnect@mock", "codex/-/registry-fingerprint@mock", "codex/-/secrets@mock"],
            cells.Where(static c => c.Disposition is Disposition.Unchecked).Select(static c => c.Id.ToString()).Order(StringComparer.Ordinal));
        Assert.All(cells.Where(static c => c.Disposition is Disposition.Unchecked), static c => Assert.Equal("own-runtimes", c.Lacks));
    }

    [Fact]
    public void A_rule_on_images_needs_a_capability_of_its_own() => Assert.Equal(
        ["capabilities must name 'own-runtimes'"],
        OwnPlan.ErrorsOf(OwnPlan.Coverage.Text.Replace("capabilities:\n", "capabilities:\n" + Capability, StringComparison.Ordinal) + $"\nforeign:\n{Rule}{ImageRule}")
            .Select(static e => e[(e.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]));

    [Fact]
    public void Rules_on_images_alone_need_that_capability_alone() => Assert.Contains(
        OwnPlan.ReadWith(OwnPlan.Coverage.Text.Replace("capabilities:\n", "capabilities:\n" + Runtimes, StringComparison.Ordinal) + $"\nforeign:\n{ImageRule}")
            .Expect(RunRequest.Mock with { Images = ["codex"] }).Cells,
        static c => c is { Id.Runtime: "codex", Lacks: "own-runtimes" });

    [Fact]
    public void A_run_knows_which_runtimes_are_images_and_refuses_a_lock_that_is_none()
    {
        Assert.Equal(["claude-code", "codex"], RunVariables.Read(static name => name is "Molecule__Runtimes__codex__Image" or "Molecule__Runtimes__claude-code__Image" ? "r:1" : null, [], []).Images);
        Assert.Empty(RunVariables.Read(static _ => null, [], []).Images);
        Assert.StartsWith(
            "Molecule__Runtimes__codex__ImageDigest is 'x'",
            Assert.Throws<RunRequestException>(static () => RunVariables.Read(static name => name == "Molecule__Runtimes__codex__ImageDigest" ? "x" : null, [], [])).Message,
            StringComparison.Ordinal);
    }

    private static string WithRule(string rule) =>
        OwnPlan.Coverage.Text.Replace("capabilities:\n", "capabilities:\n" + Capability + Runtimes, StringComparison.Ordinal) + $"\nforeign:\n{rule}";
}

using Molecule.Contracts.Evidence;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>Features of legal pairs or of runtimes alone whose cells show a refusal, and those that stand on the arms of one's own keys.</summary>
public sealed class RefusalFeatureTests
{
    private static readonly CellId OnPair = CellId.Parse("codex/openai-api/refusal-x@mock");
    private static readonly CellId OnRuntime = CellId.Parse("codex/-/refusal-y@mock");

    [Fact]
    public void A_feature_of_own_keys_stands_on_the_17_legal_pairs_that_the_control_plane_does_not_serve()
    {
        var cells = PlanWith("axes: [runtime, arm], pairs: own-keys").Expect(RunRequest.Mock).Cells.Where(static cell => cell.Id.Feature == "feature-x").ToArray();

        Assert.Equal(17, cells.Length);
        Assert.DoesNotContain(cells, static cell => cell.Id.Arm is "platform" or "vertex");
        Assert.All(cells, static cell => Assert.Equal((PairKind.Legal, false, true), (cell.Pairs, cell.IsRefusal, cell.IsTurnOnArm)));
    }

    [Theory]
    [InlineData("axes: [runtime, arm], pairs: own-keys, shows: refusal", true)]
    [InlineData("axes: [runtime], shows: refusal", true)]
    [InlineData("axes: [], shows: refusal", true)]
    [InlineData("axes: [runtime], shows: turn", false)]
    [InlineData("axes: [runtime, arm], pairs: refused", true)]
    public void A_feature_says_whether_it_shows_a_refusal(string said, bool isRefusal) => Assert.All(
        PlanWith(said).Expect(RunRequest.Mock).Cells.Where(static cell => cell.Id.Feature == "feature-x"),
        cell => Assert.Equal(isRefusal, cell.IsRefusal));

    [Fact]
    public void What_a_feature_shows_is_one_of_two_words() => Assert.Contains(
        "'silence' is no shows of feature 'feature-x'; known: turn, refusal",
        Assert.Single(OwnPlan.ErrorsOf(Text("axes: [runtime], shows: silence"))),
        StringComparison.Ordinal);

    [Fact]
    public void A_refusal_on_a_legal_pair_or_a_runtime_needs_no_engine_no_request_and_no_trail()
    {
        foreach (var id in (CellId[])[OnPair, OnRuntime])
        {
            Assert.Equal(CellState.Covered, JudgeOf(id, static evidence => evidence));
        }
    }

    [Fact]
    public void A_refusal_that_reached_a_vendor_is_uncovered()
    {
        foreach (var id in (CellId[])[OnPair, OnRuntime])
        {
            Assert.Equal(CellState.Uncovered, JudgeOf(id, static evidence => evidence with { Requests = [Request(Hop.Direct, "openai-api")] }));
        }
    }

    private static CellState JudgeOf(CellId id, Func<CellEvidence, CellEvidence> change)
    {
        var expected = Cell(id) with { ShowsRefusal = true, Pairs = id.Arm is null ? PairKind.None : PairKind.Legal, Emulated = EmulatedPolicy.MayNotGate };
        var evidence = change(Proof(Refusal).Evidence!);
        var record = Proof(Refusal) with { Cell = id, Evidence = evidence, Reached = evidence.Requests.IsEmpty ? null : ReachedMode.Mock };
        return JudgeWith(Expected with { Cells = [.. Expected.Cells, expected] }, id, record, Result(id)).Of(id).State;
    }

    private static CoveragePlan PlanWith(string said) => OwnPlan.ReadWith(Text(said));

    private static string Text(string said) => OwnPlan.Coverage.Text.Replace(
        "features:\n", $"features:\n  - {{ id: feature-x, {said}, modes: [mock], gate: required }}\n", StringComparison.Ordinal);
}

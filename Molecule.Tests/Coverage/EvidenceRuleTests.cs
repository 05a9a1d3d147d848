using Molecule.Contracts.Engines;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>A record that says passed and a platform that says passed are not enough. VerdictTests' green run is where these must not fire.</summary>
public sealed class EvidenceRuleTests
{
    [Fact]
    public void Evidence_of_another_runs_graph_covers_nothing() =>
        AssertUncovered(Proof(Serving) with { GraphRun = "r0" }, "foreign-graph: the graph answered as run 'r0', not as r1");

    [Fact]
    public void A_record_without_evidence_covers_nothing() => AssertUncovered(Proof(Serving) with { Evidence = null }, "no-evidence");

    [Fact]
    public void A_record_without_an_answer_covers_nothing() => AssertUncovered(With(Serving, evidence => evidence with { Answer = " " }), "no-evidence");

    [Fact]
    public void A_record_that_does_not_name_its_engine_covers_nothing() => AssertUncovered(Proof(Serving) with { Engine = null }, "no-engine");

    [Fact]
    public void Another_runtimes_engine_covers_nothing() =>
        AssertUncovered(Proof(Serving) with { Engine = new EngineIdentity("claude-code", "2.1.330", EngineKind.Real) }, "wrong-engine: claude-code 2.1.330 (real)");

    [Fact]
    public void An_engine_that_the_run_did_not_lock_covers_nothing() =>
        AssertUncovered(Proof(Serving) with { Engine = new EngineIdentity("codex", "0.1.0", EngineKind.Real) }, "unknown-engine: codex 0.1.0 (real)");

    [Theory]
    [InlineData(null, "not recorded")]
    [InlineData(ReachedMode.Live, "live")]
    [InlineData(ReachedMode.LiveStandIn, "live (stand-in)")]
    public void A_mock_cell_that_did_not_reach_the_fakes_is_uncovered(ReachedMode? reached, string word) =>
        AssertUncovered(Proof(Serving) with { Reached = reached }, $"wrong-mode: the address reached was {word}, the cell is mock");

    [Theory]
    [InlineData(null)]
    [InlineData(ReachedMode.Mock)]
    public void A_live_cell_that_did_not_reach_the_vendor_is_uncovered(ReachedMode? reached)
    {
        var expectation = Expected with { Cells = [.. Expected.Cells, Cell(Live)] };

        var cell = JudgeWith(expectation, Live, Proof(Live) with { Reached = reached }, Result(Live)).Of(Live);

        Assert.Equal(CellState.Uncovered, cell.State);
        Assert.StartsWith("wrong-mode", cell.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_serving_cell_whose_arm_got_no_request_is_uncovered() =>
        AssertUncovered(With(Serving, evidence => evidence with { Requests = [] }), "no-request");

    [Fact]
    public void A_serving_cell_that_hit_another_endpoint_too_is_uncovered() =>
        AssertUncovered(With(Serving, evidence => evidence with { Requests = [.. evidence.Requests, Request(Hop.Direct, "groq")] }), "wrong-endpoint: POST /v1/responses at groq");

    [Fact]
    public void A_vendors_second_origin_is_the_arms_own_and_a_name_that_only_begins_alike_is_not()
    {
        var own = With(Serving, evidence => evidence with { Requests = [Request(Hop.Direct, "openai-api-eu")] });

        Assert.Equal(CellState.Covered, JudgeWith(Serving, own, Result(Serving)).Of(Serving).State);
        AssertUncovered(With(Serving, evidence => evidence with { Requests = [.. evidence.Requests, Request(Hop.Direct, "openai-api2")] }), "wrong-endpoint: POST /v1/responses at openai-api2");
    }

    [Fact]
    public void Without_an_address_no_turn_and_no_request_can_be_of_any_mode()
    {
        AssertUncovered(With(Serving, evidence => evidence with { Requests = [] }) with { Reached = null }, "wrong-mode");
        AssertUncovered(With(Refusal, evidence => evidence with { Requests = [Request(Hop.Direct, "groq")] }) with { Reached = null }, "wrong-mode");
    }

    [Fact]
    public void Of_several_rules_that_are_broken_the_mode_is_named_before_the_engine_and_the_engine_before_the_requests()
    {
        AssertUncovered(Proof(Serving) with { Reached = ReachedMode.Live, Engine = null }, "wrong-mode");
        AssertUncovered(With(Serving, evidence => evidence with { Requests = [] }) with { Engine = null }, "no-engine");
    }

    [Fact]
    public void An_upstream_without_the_proxy_before_it_is_a_wrong_endpoint() =>
        AssertUncovered(With(Serving, evidence => evidence with { Requests = [.. evidence.Requests, Request(Hop.Upstream, "upstream-openai")] }), "wrong-endpoint");

    [Theory]
    [InlineData(Hop.Upstream, "groq")]
    [InlineData(Hop.Direct, "upstream-openai")]
    public void Behind_the_proxy_only_a_hop_upstream_to_an_upstream_of_the_proxys_belongs_to_the_turn(Hop hop, string fake) =>
        AssertUncovered(With(Platform, evidence => evidence with { Requests = [.. evidence.Requests, Request(hop, fake)] }), $"wrong-endpoint: POST /v1/responses at {fake}");

    [Fact]
    public void A_refused_arm_that_got_a_request_is_uncovered()
    {
        var hit = With(Refusal, evidence => evidence with { Requests = [Request(Hop.Direct, "groq")] }) with { Reached = ReachedMode.Mock };

        var cell = JudgeWith(Refusal, hit, Result(Refusal)).Of(Refusal);

        Assert.Equal((CellState.Uncovered, GateExit.Uncovered), (cell.State, cell.Exit));
        Assert.StartsWith("refused-arm-hit", cell.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Evidence_that_two_cells_show_covers_neither()
    {
        foreach (var stolen in new Func<CellEvidence, CellEvidence>[]
        {
            evidence => evidence with { Activity = Proof(Serving).Evidence!.Activity },
            evidence => evidence with { Trace = Proof(Serving).Evidence!.Trace },
        })
        {
            var verdict = JudgeWith(Platform, With(Platform, stolen), Result(Platform));

            Assert.Equal([Serving.ToString(), Platform.ToString()], verdict.Findings.Select(finding => finding.Subject));
            Assert.All(verdict.Findings, finding => Assert.Contains("reused-evidence", finding.Text, StringComparison.Ordinal));
            Assert.Equal(GateExit.Uncovered, verdict.Exit);
        }
    }

    [Fact]
    public void A_serving_cell_that_names_no_activity_row_or_no_trace_is_uncovered()
    {
        AssertUncovered(With(Serving, evidence => evidence with { Activity = null }), "no-trail");
        AssertUncovered(With(Serving, evidence => evidence with { Activity = "" }), "no-trail");
        AssertUncovered(With(Serving, evidence => evidence with { Trace = null }), "no-trail");
        AssertUncovered(With(Serving, evidence => evidence with { Trace = "" }), "no-trail");
    }

    private static LedgerCell With(CellId id, Func<CellEvidence, CellEvidence> change) => Proof(id) with { Evidence = change(Proof(id).Evidence!) };

    private static void AssertUncovered(LedgerCell record, string reason)
    {
        var verdict = JudgeWith(record.Cell, record, Result(record.Cell));

        Assert.Equal((CellState.Uncovered, GateExit.Uncovered), (verdict.Of(record.Cell).State, verdict.Exit));
        Assert.StartsWith(reason, verdict.Of(record.Cell).Reason, StringComparison.Ordinal);
        Assert.Equal(record.Cell.ToString(), Assert.Single(verdict.Findings).Subject);
    }
}

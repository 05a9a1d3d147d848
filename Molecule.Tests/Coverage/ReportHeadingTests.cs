using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>What stands over a report of one ledger, of several and of none, and the plan before any run.</summary>
public sealed class ReportHeadingTests
{
    private static readonly RecordedRun One = Record(Expected, [], "one");
    private static readonly RecordedRun Later = Record(Expected, [], "two") is var run
        ? run with
        {
            Start = run.Start! with { Started = Now.AddMinutes(5), Graph = new GraphEngine("Aspire 13.5.2", GraphKind.Real) },
            End = run.End! with { Ended = Now.AddMinutes(9) },
        }
        : null!;

    private static readonly Expectation Filtered = Expected with { Request = Expected.Request with { Filter = new CellFilter(["codex"], [], [], null) } };

    [Fact]
    public void Of_several_ledgers_it_spans_all_and_names_no_filter()
    {
        var heading = ReportHeading.Of(VerdictOf(true, One, Later));

        Assert.Equal("Coverage of run one+two: mode mock, graph Molecule.AspireOffline 0.1.0 + Aspire 13.5.2 (offline)", heading.ToString());
        Assert.Equal((Now.AddMinutes(-1), Now.AddMinutes(9)), (heading.Started, heading.Ended));
        Assert.Equal((heading.Started, heading.Ended), (ReportHeading.Of(VerdictOf(true, Later, One)).Started, ReportHeading.Of(VerdictOf(true, Later, One)).Ended));
        Assert.Null(heading.Filter);
    }

    [Fact]
    public void Of_one_ledger_it_names_its_filter_and_its_engine() =>
        Assert.Equal("Coverage of run two: mode mock, graph Aspire 13.5.2 (real), runtime codex", ReportHeading.Of(VerdictOf(false, Later)).ToString());

    [Fact]
    public void Control_planes_from_outside_the_graph_are_named_once_each()
    {
        static RecordedRun On(string? controlPlane) => One with { Start = One.Start! with { Request = One.Start!.Request with { ControlPlane = controlPlane } } };

        Assert.Equal(
            "Coverage of run one+one+one+one: mode mock, graph Molecule.AspireOffline 0.1.0 (offline), control plane url:http://10.0.0.7:8080 + container:platform:7",
            ReportHeading.Of(VerdictOf(true, On("url:http://10.0.0.7:8080"), On(null), On("container:platform:7"), On("url:http://10.0.0.7:8080"))).ToString());
    }

    [Fact]
    public void An_engine_that_two_ledgers_share_is_named_once() =>
        Assert.Equal("Coverage of run one+one: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)", ReportHeading.Of(VerdictOf(true, One, One)).ToString());

    [Fact]
    public void An_end_that_is_missing_leaves_none() => Assert.Null(ReportHeading.Of(VerdictOf(true, Later, One with { End = null })).Ended);

    [Fact]
    public void Ledgers_of_two_modes_are_of_both()
    {
        var live = One with { Start = One.Start! with { Request = One.Start!.Request with { Mode = RunMode.Live } } };

        Assert.Equal((RunMode.Live, RunMode.Both), (ReportHeading.Of(VerdictOf(true, live)).Mode, ReportHeading.Of(VerdictOf(true, live, One)).Mode));
    }

    [Fact]
    public void Of_a_ledger_without_a_start_it_says_that_it_does_not_know()
    {
        var heading = ReportHeading.Of(VerdictOf(true, One with { Start = null }));

        Assert.Equal("Coverage of run unknown: mode mock, graph unknown", heading.ToString());
        Assert.Null(heading.Started);
    }

    [Fact]
    public void The_plan_says_why_a_cell_does_not_run_and_where_the_list_differs()
    {
        var problem = new GoldenProblem(Serving, "gained: it is made and does not stand in expected-cells.txt: add its line");

        var text = PlanReport.RenderText(Expected with { GoldenProblems = [problem] });

        Assert.Contains($"{Pending}  pending (not built yet)\n", text, StringComparison.Ordinal);
        Assert.Contains($"\n{Serving}  {problem.Text}\n5 cells: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_as_json_ends_its_line_and_holds_every_cell()
    {
        var text = PlanReport.RenderJson(Expected with { OutsideTheMatrix = ["codex/zai"] });

        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(text);
        Assert.Equal(["schema", "sources", "cells", "goldenProblems", "outsideTheMatrix"], json.RootElement.EnumerateObject().Select(static member => member.Name));
        Assert.Equal(1, json.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal(5, json.RootElement.GetProperty("cells").GetArrayLength());
        Assert.Equal("codex/zai", json.RootElement.GetProperty("outsideTheMatrix")[0].GetString());
    }

    private static RunVerdict VerdictOf(bool isMerge, params ImmutableArray<RecordedRun> ledgers) => new(ledgers, Filtered, isMerge, [], [], [], []);
}

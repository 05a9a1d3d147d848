using System.Text.Json;
using System.Xml.Linq;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

public sealed class ReportTests
{
    [Fact]
    public void The_terminal_report_of_a_green_run() => Assert.Equal(
        """
        Coverage of run r1: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)

        mock         claude-code  codex    hermes    openclaw
        openai-api   .            covered  .         .
        groq         .            refused  .         pending
        platform     covered      .        .         .
        byok-openai  .            .        emulated  .

        .         no cell
        refused   not offered, and refused as it must be (covered)
        covered   expected, executed in this run, passed with evidence
        emulated  covered by an emulated runtime, counted apart
        pending   accepted in writing as not built yet

        Not covered (1):
          openclaw/groq/serving@mock: pending (not built yet [issue 4, ann, until 2027-01-21])

        3 covered, 1 covered emulated, 0 failed, 0 uncovered, 0 unchecked, 1 pending, 0 known failing, 0 quarantined of 5 expected; 0 not applicable; exit 0

        """,
        TerminalReport.Render(JudgeGreen()));

    [Fact]
    public void The_terminal_report_of_a_red_run_names_each_cell_with_its_reason()
    {
        var expectation = Expected.With(Pending, cell => cell with { Entry = Entry(Today.AddDays(3)) });
        expectation = expectation with { Cells = [.. expectation.Cells, Cell(CellId.Parse("-/-/registry-mirror@mock")) with { Pairs = PairKind.None }], OutsideTheMatrix = ["codex/zai"] };

        var text = TerminalReport.Render(JudgeRecords(expectation, [Proof(Serving) with { Outcome = CellOutcome.Failed, Reason = "wrong answer" }, Result(Serving, TestOutcome.Failed), Proof(Platform), Result(Platform)]));

        Assert.Equal(
            """
            Coverage of run r1: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)

            mock         claude-code  codex      hermes     openclaw
            openai-api   .            FAILED     .          .
            groq         .            UNCOVERED  .          pending
            platform     covered      .          .          .
            byok-openai  .            .          UNCOVERED  .
            -/-/registry-mirror@mock  UNCOVERED

            .          no cell
            covered    expected, executed in this run, passed with evidence
            pending    accepted in writing as not built yet
            UNCOVERED  not proven
            FAILED     an attempt failed

            Not covered (5):
              codex/openai-api/serving@mock: failed (attempt 1: wrong answer)
              hermes/byok-openai/serving@mock: uncovered (not-executed: no test claimed the cell)
              codex/groq/refusal@mock: uncovered (not-executed: no test claimed the cell)
              -/-/registry-mirror@mock: uncovered (not-executed: no test claimed the cell)
              openclaw/groq/serving@mock: pending (not built yet [issue 4, ann, until 2026-11-25])

            Red (4):
              [3] codex/openai-api/serving@mock: failed: attempt 1: wrong answer
              [4] hermes/byok-openai/serving@mock: uncovered: not-executed: no test claimed the cell
              [4] codex/groq/refusal@mock: uncovered: not-executed: no test claimed the cell
              [4] -/-/registry-mirror@mock: uncovered: not-executed: no test claimed the cell

            Expires soon (1):
              openclaw/groq/serving@mock: its pending entry expires on 2026-11-25 (ann, issue 4)

            Outside the matrix (1):
              codex/zai

            1 covered, 0 covered emulated, 1 failed, 3 uncovered, 0 unchecked, 1 pending, 0 known failing, 0 quarantined of 6 expected; 0 not applicable; exit 3

            """,
            text);
    }

    [Fact]
    public void The_last_line_of_a_filtered_green_run_says_what_it_does_not_say()
    {
        var text = TerminalReport.Render(Filtered());

        Assert.EndsWith("; exit 0\nselection green, 1 cells not selected\n", text, StringComparison.Ordinal);
        Assert.Contains("(offline), runtime claude-code|hermes\n", text, StringComparison.Ordinal);
        Assert.Contains("codex/openai-api/serving@mock: uncovered (filtered)\n", text, StringComparison.Ordinal);
        Assert.Contains("not selected", text.Split('\n')[3], StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_line_of_a_filtered_red_run_does_not_say_green()
    {
        var filtered = FilteredExpectation();

        var text = TerminalReport.Render(JudgeRecords(filtered, []));

        Assert.EndsWith("(1 not selected), 0 unchecked, 1 pending, 0 known failing, 0 quarantined of 5 expected; 0 not applicable; exit 4\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("green", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_features_on_a_pair_show_the_worst_state_and_how_many_are_covered()
    {
        var streaming = CellId.Parse("codex/openai-api/streaming@mock");
        var expectation = Expected with { Cells = [.. Expected.Cells, Cell(streaming)] };

        Assert.Contains("openai-api   .            covered 2/2  ", TerminalReport.Render(JudgeRecords(expectation, RecordsOf(expectation))), StringComparison.Ordinal);
        Assert.Contains("openai-api   .            UNCOVERED 1/2  ", TerminalReport.Render(JudgeWith(expectation, streaming)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_markdown_table_of_a_green_run() => Assert.Equal(
        """
        | mock | claude-code | codex | hermes | openclaw |
        |---|---|---|---|---|
        | openai-api | . | covered | . | . |
        | groq | . | refused | . | pending |
        | platform | covered | . | . | . |
        | byok-openai | . | . | emulated | . |

        **.**: no cell; **refused**: not offered, and refused as it must be (covered); **covered**: expected, executed in this run, passed with evidence; **emulated**: covered by an emulated runtime, counted apart; **pending**: accepted in writing as not built yet.

        """,
        MarkdownReport.RenderTable(JudgeGreen()));

    [Fact]
    public void A_failures_text_does_not_become_markup()
    {
        var text = MarkdownReport.Render(JudgeWith(Serving, Proof(Serving) with { Outcome = CellOutcome.Failed, Reason = "<img>\n# [x](y) `z` | *" }, Result(Serving)));

        Assert.Contains(@"- `codex/openai-api/serving@mock` failed: attempt 1: &lt;img> \# \[x\](y) \`z\` \| \*", text, StringComparison.Ordinal);
        Assert.Contains(@"- exit 3, `codex/openai-api/serving@mock`: failed: attempt 1: &lt;img> ", text, StringComparison.Ordinal);
        Assert.EndsWith("; exit 3**\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Coverage_json_of_a_green_run()
    {
        var cells = Of([.. Expected.Cells.Where(cell => cell.Id == Serving || cell.Id == Pending)]);

        Assert.Equal(
            """
            {
              "schema": 1,
              "run": "r1",
              "started": "2026-11-22T11:59:00+00:00",
              "ended": "2026-11-22T12:00:00+00:00",
              "complete": true,
              "mode": "mock",
              "graph": {
                "engine": "Molecule.AspireOffline 0.1.0",
                "kind": "offline"
              },
              "filter": null,
              "registry": {
                "fingerprint": "0123456789abcdef",
                "sha256": "registry-sha"
              },
              "totals": {
                "expected": 2,
                "covered": 1,
                "coveredEmulated": 0,
                "failed": 0,
                "uncovered": 0,
                "unchecked": 0,
                "pending": 1,
                "notApplicable": 0,
                "knownFailing": 0,
                "quarantined": 0
              },
              "cells": [
                {
                  "id": "codex/openai-api/serving@mock",
                  "runtime": "codex",
                  "arm": "openai-api",
                  "feature": "serving",
                  "mode": "mock",
                  "gate": "required",
                  "state": "covered",
                  "reason": null,
                  "engine": {
                    "name": "codex",
                    "version": "0.169.0",
                    "kind": "real"
                  },
                  "evidence": {
                    "answer": "MIRELO-KAVODU",
                    "requests": [
                      {
                        "hop": "direct",
                        "fake": "openai-api",
                        "method": "POST",
                        "path": "/v1/responses",
                        "auth": "bearer",
                        "model": "gpt-5.5",
                        "status": 200
                      }
                    ],
                    "activity": "activity of codex/openai-api/serving@mock",
                    "trace": "trace of codex/openai-api/serving@mock",
                    "turnMs": 420,
                    "tokens": {
                      "input": 20,
                      "output": 9
                    }
                  }
                },
                {
                  "id": "openclaw/groq/serving@mock",
                  "runtime": "openclaw",
                  "arm": "groq",
                  "feature": "serving",
                  "mode": "mock",
                  "gate": "required",
                  "state": "pending",
                  "reason": "not built yet [issue 4, ann, until 2027-01-21]",
                  "engine": null,
                  "evidence": null
                }
              ]
            }

            """,
            CoverageJson.Render(JudgeRecords(cells, RecordsOf(cells))));
    }

    [Fact]
    public void Coverage_json_carries_the_filter_and_its_reason()
    {
        using var json = JsonDocument.Parse(CoverageJson.Render(Filtered()));

        Assert.Equal("""{"runtimes":["claude-code","hermes"],"arms":[],"features":[],"shard":null}""", JsonSerializer.Serialize(json.RootElement.GetProperty("filter")));
        Assert.Equal("filtered", json.RootElement.GetProperty("cells")[0].GetProperty("reason").GetString());
        Assert.Equal("uncovered", json.RootElement.GetProperty("cells")[0].GetProperty("state").GetString());
    }

    [Fact]
    public void A_run_without_a_ledger_still_has_its_reports()
    {
        var verdict = Judge.Run(Read([], "ledger.jsonl"), RunId, Expected, Now);

        using var json = JsonDocument.Parse(CoverageJson.Render(verdict));
        Assert.False(json.RootElement.GetProperty("complete").GetBoolean());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("ended").ValueKind);
        Assert.Equal(4, json.RootElement.GetProperty("totals").GetProperty("uncovered").GetInt32());
        Assert.Contains("ledger: the file is empty: the run wrote no ledger", TerminalReport.Render(verdict), StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_is_well_formed_and_shows_every_square()
    {
        var picture = XDocument.Parse(GridPicture.Render(JudgeGreen(), CellMode.Mock));

        var texts = picture.Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value).ToList();
        Assert.Equal(2, texts.Count(text => text == "covered"));
        Assert.Single(texts, text => text == "emulated");
        Assert.Contains("Coverage of run r1: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)", texts);
        Assert.Throws<ArgumentException>(() => GridPicture.Render(JudgeGreen(), CellMode.Live));
    }

    [Fact]
    public void A_report_replaces_the_old_one_whole_or_leaves_it()
    {
        var folder = Directory.CreateTempSubdirectory("molecule-report-");
        try
        {
            var path = Path.Combine(folder.FullName, "new", "coverage.json");
            ArtifactFile.Write(path, "old");
            ArtifactFile.Write(path, "new");
            Assert.Equal("new", File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));

            Directory.CreateDirectory(Path.Combine(folder.FullName, "taken", "inside"));
            Assert.ThrowsAny<IOException>(() => ArtifactFile.Write(Path.Combine(folder.FullName, "taken"), "text"));
            Assert.Empty(Directory.GetFiles(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Expectation FilteredExpectation()
    {
        var filtered = Expected.With(Serving, cell => cell with { Disposition = Disposition.NotSelected, Reason = "filtered" });
        return filtered with { Request = filtered.Request with { Filter = new CellFilter(["claude-code", "hermes"], [], [], null) } };
    }

    private static RunVerdict Filtered() => JudgeRecords(FilteredExpectation(), RecordsOf(FilteredExpectation()));
}

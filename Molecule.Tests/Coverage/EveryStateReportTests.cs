using System.Collections.Immutable;
using Molecule.Contracts.Engines;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Coverage.Verdict;
using static Molecule.Tests.Coverage.SampleRun;

namespace Molecule.Tests.Coverage;

/// <summary>A verdict that holds every mark of the grid, in every report to the letter.</summary>
public sealed class EveryStateReportTests
{
    private static readonly RunVerdict Every = Of(
        false,
        Judged("codex/openai-api/serving@live", CellState.Covered),
        Judged("claude-code/openai-api/serving@mock", CellState.Covered),
        Judged("codex/openai-api/serving@mock", CellState.Failed, "attempt 1: a | b", GateExit.Failed),
        Judged("hermes/openai-api/serving@mock", CellState.Uncovered, exit: GateExit.Uncovered),
        Judged("openclaw/openai-api/serving@mock", CellState.Unchecked, "no-capability: desktop"),
        Judged("claude-code/groq/serving@mock", CellState.KnownFailing, "a known bug"),
        Judged("codex/groq/serving@mock", CellState.Quarantined, "it wavers"),
        Judged("hermes/groq/serving@mock", CellState.Pending, "not built yet"),
        Judged("openclaw/groq/serving@mock", CellState.Uncovered, "filtered") with { Expected = Cell(CellId.Parse("openclaw/groq/serving@mock")) with { Disposition = Disposition.NotSelected } },
        Judged("claude-code/platform/serving@mock", CellState.NotApplicable, "no such wire"),
        Judged("codex/platform/serving@mock", CellState.Covered, "live-stand-in: x"),
        Judged("hermes/platform/serving@mock", CellState.Covered) with { Engine = new EngineIdentity("hermes", "1.0", EngineKind.Emulated) },
        Judged("openclaw/platform/refusal@mock", CellState.Covered) with { Expected = Cell(CellId.Parse("openclaw/platform/refusal@mock")) with { Pairs = PairKind.Refused } },
        Judged("claude-code/byok-openai/serving@mock", CellState.Covered),
        Judged("claude-code/byok-openai/streaming@mock", CellState.Failed, "attempt 1: late", GateExit.Failed),
        Judged("codex/-/swap@mock", CellState.Covered),
        Judged("-/-/mirror@mock", CellState.Uncovered, "not-executed: x", GateExit.Uncovered));

    [Fact]
    public void In_the_terminal() => Assert.Equal(
        """
        Coverage of run r1: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)

        mock         claude-code    codex        hermes     openclaw
        openai-api   covered        FAILED       UNCOVERED  unchecked
        groq         known-failing  quarantined  pending    not selected
        platform     n/a            live path    emulated   refused
        byok-openai  FAILED 1/2     .            .          .
        codex/-/swap@mock  covered
        -/-/mirror@mock  UNCOVERED

        live         claude-code  codex    hermes  openclaw
        openai-api   .            covered  .       .
        groq         .            .        .       .
        platform     .            .        .       .
        byok-openai  .            .        .       .

        .              no cell
        refused        not offered, and refused as it must be (covered)
        covered        expected, executed in this run, passed with evidence
        emulated       covered by an emulated runtime, counted apart
        live path      live path proven, live vendor unchecked (covered)
        n/a            excluded in writing
        not selected   left out by the filter
        pending        accepted in writing as not built yet
        quarantined    ran, does not gate
        known-failing  fails as written down
        unchecked      this machine could not look
        UNCOVERED      not proven
        FAILED         an attempt failed

        Not covered (10):
          codex/openai-api/serving@mock: failed (attempt 1: a | b)
          claude-code/byok-openai/streaming@mock: failed (attempt 1: late)
          hermes/openai-api/serving@mock: uncovered
          -/-/mirror@mock: uncovered (not-executed: x)
          openclaw/openai-api/serving@mock: unchecked (no-capability: desktop)
          claude-code/groq/serving@mock: known-failing (a known bug)
          codex/groq/serving@mock: quarantined (it wavers)
          hermes/groq/serving@mock: pending (not built yet)
          openclaw/groq/serving@mock: uncovered (filtered)
          claude-code/platform/serving@mock: not-applicable (no such wire)

        Live path proven, live vendor unchecked (1):
          codex/platform/serving@mock

        Red (4):
          [3] codex/openai-api/serving@mock: attempt 1: a | b
          [4] hermes/openai-api/serving@mock: it <b>says</b> nothing
          [3] claude-code/byok-openai/streaming@mock: attempt 1: late
          [4] -/-/mirror@mock: not-executed: x

        Expires soon (1):
          hermes/groq/serving@mock: its entry expires on 2026-11-25

        Outside the matrix (1):
          codex/zai

        6 covered, 1 covered emulated, 2 failed, 3 uncovered (1 not selected), 1 unchecked, 1 pending, 1 known failing, 1 quarantined of 16 expected; 1 not applicable; exit 3

        """,
        TerminalReport.Render(Every));

    [Fact]
    public void In_markdown() => Assert.Equal(
        """
        ## Coverage of run r1: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)

        | mock | claude-code | codex | hermes | openclaw |
        |---|---|---|---|---|
        | openai-api | covered | **FAILED** | **UNCOVERED** | unchecked |
        | groq | known-failing | quarantined | pending | not selected |
        | platform | n/a | live path | emulated | refused |
        | byok-openai | **FAILED 1/2** | . | . | . |

        - `codex/-/swap@mock` covered
        - `-/-/mirror@mock` UNCOVERED

        | live | claude-code | codex | hermes | openclaw |
        |---|---|---|---|---|
        | openai-api | . | covered | . | . |
        | groq | . | . | . | . |
        | platform | . | . | . | . |
        | byok-openai | . | . | . | . |

        **.**: no cell; **refused**: not offered, and refused as it must be (covered); **covered**: expected, executed in this run, passed with evidence; **emulated**: covered by an emulated runtime, counted apart; **live path**: live path proven, live vendor unchecked (covered); **n/a**: excluded in writing; **not selected**: left out by the filter; **pending**: accepted in writing as not built yet; **quarantined**: ran, does not gate; **known-failing**: fails as written down; **unchecked**: this machine could not look; **UNCOVERED**: not proven; **FAILED**: an attempt failed.

        ### Not covered (10)

        - `codex/openai-api/serving@mock` failed: attempt 1: a \| b
        - `claude-code/byok-openai/streaming@mock` failed: attempt 1: late
        - `hermes/openai-api/serving@mock` uncovered
        - `-/-/mirror@mock` uncovered: not-executed: x
        - `openclaw/openai-api/serving@mock` unchecked: no-capability: desktop
        - `claude-code/groq/serving@mock` known-failing: a known bug
        - `codex/groq/serving@mock` quarantined: it wavers
        - `hermes/groq/serving@mock` pending: not built yet
        - `openclaw/groq/serving@mock` uncovered: filtered
        - `claude-code/platform/serving@mock` not-applicable: no such wire

        ### Live path proven, live vendor unchecked (1)

        - `codex/platform/serving@mock`

        ### Red (4)

        - exit 3, `codex/openai-api/serving@mock`: attempt 1: a \| b
        - exit 4, `hermes/openai-api/serving@mock`: it &lt;b>says&lt;/b> nothing
        - exit 3, `claude-code/byok-openai/streaming@mock`: attempt 1: late
        - exit 4, `-/-/mirror@mock`: not-executed: x

        ### Expires soon (1)

        - hermes/groq/serving@mock: its entry expires on 2026-11-25

        ### Outside the matrix (1)

        - `codex/zai`

        **6 covered, 1 covered emulated, 2 failed, 3 uncovered (1 not selected), 1 unchecked, 1 pending, 1 known failing, 1 quarantined of 16 expected; 1 not applicable; exit 3**

        """,
        MarkdownReport.Render(Every));

    [Fact]
    public void In_markdown_when_nothing_is_to_be_said() => Assert.Equal(
        """
        ## Coverage of run r1: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)

        | mock | claude-code | codex | hermes | openclaw |
        |---|---|---|---|---|
        | openai-api | . | covered | . | . |
        | groq | . | . | . | . |
        | platform | . | . | . | . |
        | byok-openai | . | . | . | . |

        **.**: no cell; **covered**: expected, executed in this run, passed with evidence.

        **1 covered, 0 covered emulated, 0 failed, 0 uncovered, 0 unchecked, 0 pending, 0 known failing, 0 quarantined of 1 expected; 0 not applicable; exit 0**

        """,
        MarkdownReport.Render(Of(false, Judged("codex/openai-api/serving@mock", CellState.Covered))));

    [Fact]
    public void In_the_picture() => Assert.Equal(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="624" height="396" viewBox="0 0 624 396" font-family="sans-serif" font-size="12">
        <rect width="624" height="396" fill="#ffffff"/>
        <text x="10" y="20">Coverage of run r1: mode mock, graph Molecule.AspireOffline 0.1.0 (offline)</text>
        <text x="156" y="52">claude-code</text>
        <text x="272" y="52">codex</text>
        <text x="388" y="52">hermes</text>
        <text x="504" y="52">openclaw</text>
        <text x="10" y="77">openai-api</text>
        <rect x="150" y="60" width="112" height="22" rx="3" fill="#b7e4c7"/>
        <text x="156" y="76">covered</text>
        <rect x="266" y="60" width="112" height="22" rx="3" fill="#f8b4ab"/>
        <text x="272" y="76">FAILED</text>
        <rect x="382" y="60" width="112" height="22" rx="3" fill="#f8b4ab"/>
        <text x="388" y="76">UNCOVERED</text>
        <rect x="498" y="60" width="112" height="22" rx="3" fill="#e5dbf5"/>
        <text x="504" y="76">unchecked</text>
        <text x="10" y="103">groq</text>
        <rect x="150" y="86" width="112" height="22" rx="3" fill="#fbd9b5"/>
        <text x="156" y="102">known-failing</text>
        <rect x="266" y="86" width="112" height="22" rx="3" fill="#fbd9b5"/>
        <text x="272" y="102">quarantined</text>
        <rect x="382" y="86" width="112" height="22" rx="3" fill="#fdf0c4"/>
        <text x="388" y="102">pending</text>
        <rect x="498" y="86" width="112" height="22" rx="3" fill="#f4f4f4"/>
        <text x="504" y="102">not selected</text>
        <text x="10" y="129">platform</text>
        <rect x="150" y="112" width="112" height="22" rx="3" fill="#f4f4f4"/>
        <text x="156" y="128">n/a</text>
        <rect x="266" y="112" width="112" height="22" rx="3" fill="#f4f4f4"/>
        <text x="272" y="128">live path</text>
        <rect x="382" y="112" width="112" height="22" rx="3" fill="#d8f3dc"/>
        <text x="388" y="128">emulated</text>
        <rect x="498" y="112" width="112" height="22" rx="3" fill="#dfe7ec"/>
        <text x="504" y="128">refused</text>
        <text x="10" y="155">byok-openai</text>
        <rect x="150" y="138" width="112" height="22" rx="3" fill="#f8b4ab"/>
        <text x="156" y="154">FAILED 1/2</text>
        <rect x="266" y="138" width="112" height="22" rx="3" fill="#f4f4f4"/>
        <text x="272" y="154">.</text>
        <rect x="382" y="138" width="112" height="22" rx="3" fill="#f4f4f4"/>
        <text x="388" y="154">.</text>
        <rect x="498" y="138" width="112" height="22" rx="3" fill="#f4f4f4"/>
        <text x="504" y="154">.</text>
        <text x="10" y="184">.: no cell</text>
        <text x="10" y="200">refused: not offered, and refused as it must be (covered)</text>
        <text x="10" y="216">covered: expected, executed in this run, passed with evidence</text>
        <text x="10" y="232">emulated: covered by an emulated runtime, counted apart</text>
        <text x="10" y="248">live path: live path proven, live vendor unchecked (covered)</text>
        <text x="10" y="264">n/a: excluded in writing</text>
        <text x="10" y="280">not selected: left out by the filter</text>
        <text x="10" y="296">pending: accepted in writing as not built yet</text>
        <text x="10" y="312">quarantined: ran, does not gate</text>
        <text x="10" y="328">known-failing: fails as written down</text>
        <text x="10" y="344">unchecked: this machine could not look</text>
        <text x="10" y="360">UNCOVERED: not proven</text>
        <text x="10" y="376">FAILED: an attempt failed</text>
        </svg>

        """,
        GridPicture.Render(Every, CellMode.Mock));

    [Fact]
    public void There_is_no_picture_of_a_mode_without_cells_and_no_report_of_nothing()
    {
        var none = Of(false, Judged("codex/openai-api/serving@mock", CellState.Covered));

        Assert.StartsWith("the verdict has no Live cell", Assert.Throws<ArgumentException>(() => GridPicture.Render(none, CellMode.Live)).Message, StringComparison.Ordinal);
        Assert.All(
            (Action[])
            [
                static () => GridPicture.Render(null!, CellMode.Mock),
                static () => CoverageJson.Render(null!),
                static () => MarkdownReport.Render(null!),
                static () => MarkdownReport.RenderTable(null!),
                static () => TerminalReport.Render(null!),
                static () => PlanReport.RenderText(null!),
                static () => PlanReport.RenderJson(null!),
            ],
            static render => Assert.Throws<ArgumentNullException>(render));
    }

    [Theory]
    [InlineData(CellState.NotApplicable, "not-applicable")]
    [InlineData(CellState.KnownFailing, "known-failing")]
    [InlineData(CellState.Quarantined, "quarantined")]
    [InlineData(CellState.Unchecked, "unchecked")]
    [InlineData(CellState.Failed, "failed")]
    public void States_are_written_as_the_contract_says(CellState state, string word) => Assert.Equal(word, state.ToWord());

    [Theory]
    [InlineData(Disposition.Run, "run")]
    [InlineData(Disposition.KnownFailing, "known-failing")]
    [InlineData(Disposition.Quarantined, "quarantined")]
    [InlineData(Disposition.Pending, "pending")]
    [InlineData(Disposition.NotApplicable, "not-applicable")]
    [InlineData(Disposition.Unchecked, "unchecked")]
    [InlineData(Disposition.NotSelected, "not-selected")]
    public void Dispositions_have_their_words(Disposition disposition, string word) => Assert.Equal(word, disposition.ToWord());

    private static RunVerdict Of(bool isMerge, params ImmutableArray<JudgedCell> cells) => new(
        [Record(Expected, [])],
        Expected,
        isMerge,
        cells,
        [.. cells.Where(static cell => cell.Exit is not GateExit.Green).Select(static cell => new Finding(cell.Exit, cell.Expected.Id.ToString(), cell.Reason ?? "it <b>says</b> nothing"))],
        cells.Length > 1 ? ["hermes/groq/serving@mock: its entry expires on 2026-11-25"] : [],
        cells.Length > 1 ? ["codex/zai"] : []);

    private static JudgedCell Judged(string id, CellState state, string? reason = null, GateExit exit = GateExit.Green) =>
        new(Cell(CellId.Parse(id)), state, reason, new EngineIdentity("agent", "1.0", EngineKind.Real), null, exit);
}

using CsCheck;
using Molecule.Coverage.Planning;

namespace Molecule.Tests.Coverage;

/// <summary>What coverage.yaml must not say. That the repository's own file is accepted is PlanTests' subject.</summary>
public sealed class CoverageReaderTests
{
    private const string Pending = "  - { cells: 'hermes/*/serving@mock', reason: the adapter that drives hermes is not built yet, issue: issue 4, owner: runtimes, expires: 2027-02-15 }\n";

    [Theory]
    [InlineData("reason", "reason: the adapter that drives hermes is not built yet, ")]
    [InlineData("issue", "issue: issue 4, ")]
    [InlineData("owner", "owner: runtimes, ")]
    [InlineData("expires", ", expires: 2027-02-15")]
    [InlineData("cells", "cells: 'hermes/*/serving@mock', ")]
    public void A_pending_entry_must_say_all_of_it(string key, string said) =>
        AssertOneError(Swap(Pending, Pending.Replace(said, "", StringComparison.Ordinal)), $"a pending entry lacks '{key}'", Pending, column: 5);

    [Fact]
    public void Errors_come_in_the_order_in_which_they_stand_in_the_file_and_in_its_lines()
    {
        // The gate is read before the capability, which stands before it.
        var errors = OwnPlan.ErrorsOf(Swap("features:\n", "features:\n  - { id: extra, axes: [], capability: telepathy, modes: [mock], gate: maybe }\n  - 7\n"));

        Assert.Equal(3, errors.Length);
        Assert.Contains("telepathy", errors[0], StringComparison.Ordinal);
        Assert.Contains("gate of feature 'extra'", errors[1], StringComparison.Ordinal);
        Assert.Contains("this feature", errors[2], StringComparison.Ordinal);
    }

    [Fact]
    public void How_often_a_run_may_start_a_runtime_is_read() =>
        Assert.Equal([new("codex", 1), new("openclaw", 12)], OwnPlan.ReadWith(Swap("capabilities:", "boots: { openclaw: 12, codex: 1 }\ncapabilities:")).Expect(RunRequest.Mock).BootBudget);

    [Theory]
    [InlineData("2027-02-20", true)]
    [InlineData("2027-02-21", false)]
    public void An_entry_may_expire_90_days_ahead_and_no_later(string date, bool isAllowed)
    {
        var text = Swap("expires: 2027-02-15 }\n  - { cells: 'openclaw", $"expires: {date} }}\n  - {{ cells: 'openclaw");
        if (isAllowed)
        {
            OwnPlan.ReadWith(text);
        }
        else
        {
            AssertOneError(text, "the pending entry expires on 2027-02-21: at most 90 days ahead are allowed, 2027-02-20 from today", Pending, column: 138);
        }
    }

    [Theory]
    [InlineData("knownFailing", "2027-02-20", "2027-02-21")]
    [InlineData("quarantined", "2026-12-06", "2026-12-07")]
    public void The_other_expiring_entries_have_their_limits(string section, string last, string tooLate)
    {
        string With(string date) => $"{OwnPlan.Coverage.Text}{section}:\n  - {{ cells: 'codex/groq/refusal@mock', reason: r, issue: i, owner: o, expires: {date} }}\n";

        var cell = OwnPlan.ReadWith(With(last)).Expect(RunRequest.Mock).Cells.Single(one => one.Id.ToString() == "codex/groq/refusal@mock");

        Assert.Equal(section == "quarantined" ? Disposition.Quarantined : Disposition.KnownFailing, cell.Disposition);
        Assert.True(cell.IsExecuted);
        Assert.Contains($"expires on {tooLate}: at most", Assert.Single(OwnPlan.ErrorsOf(With(tooLate))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_not_applicable_entry_needs_a_link_and_a_date_that_has_come()
    {
        string With(string rest) => $"{OwnPlan.Coverage.Text}notApplicable:\n  - {{ cells: 'codex/groq/refusal@mock', reason: r, owner: o{rest} }}\n";

        Assert.Equal(Disposition.NotApplicable, OwnPlan.ReadWith(With(", link: https://example.org, date: 2026-11-22")).Expect(RunRequest.Mock).Cells.Single(cell => cell.Entry?.Link is not null).Disposition);
        Assert.Contains("a notApplicable entry lacks 'link'", Assert.Single(OwnPlan.ErrorsOf(With(", date: 2026-11-22"))), StringComparison.Ordinal);
        Assert.Contains("lacks 'date'", Assert.Single(OwnPlan.ErrorsOf(With(", link: l"))), StringComparison.Ordinal);
        Assert.Contains("which is in the future", Assert.Single(OwnPlan.ErrorsOf(With(", link: l, date: 2026-11-23"))), StringComparison.Ordinal);
        Assert.Contains("unknown key 'expires'", Assert.Single(OwnPlan.ErrorsOf(With(", link: l, date: 2026-11-22, expires: 2026-12-01"))), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pattern_that_matches_no_cell_is_an_error_at_its_place() =>
        AssertOneError(Swap("hermes/*/serving@mock", "hermes/*/streaming@mock"), "'hermes/*/streaming@mock' matches no cell: correct it, or delete its entry", Pending, column: 14);

    [Fact]
    public void A_star_does_not_reach_over_a_segment() =>
        Assert.Contains("'*@mock' is no pattern of cells", Assert.Single(OwnPlan.ErrorsOf(Swap("hermes/*/serving@mock", "*@mock"))), StringComparison.Ordinal);

    [Fact]
    public void Two_entries_for_one_cell_are_an_error_that_names_both()
    {
        var errors = OwnPlan.ErrorsOf($"{OwnPlan.Coverage.Text}quarantined:\n  - {{ cells: '*/platform/serving@mock', reason: r, issue: i, owner: o, expires: 2026-12-01 }}\n");

        Assert.Contains($"'*/platform/serving@mock' matches hermes/platform/serving@mock, which the entry in line {LineOf(Pending)} has already", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gate: required, emulated", "gate: advisory, emulated", "gate of feature 'serving' must be 'required'")]
    [InlineData("gate: required, emulated", "emulated", "feature 'serving' lacks 'gate'")]
    [InlineData("emulated: may-gate", "emulated: sometimes", "'sometimes' is no emulated of feature 'serving'; known: may-not-gate, may-gate")]
    [InlineData("pairs: legal", "pairs: all", "'all' is no pairs of feature 'serving'; known: legal, refused")]
    [InlineData("axes: [runtime, arm], pairs: legal", "axes: [runtime], pairs: legal", "pairs of feature 'serving' needs the axes [runtime, arm]")]
    [InlineData("axes: [runtime, arm], pairs: legal", "axes: [runtime, arms], pairs: legal", "'arms' is no axis of feature 'serving'; known: runtime, arm")]
    [InlineData("axes: [runtime, arm], pairs: legal", "axes: [], keyOf: grok", "keyOf of feature 'serving' must name an arm of the matrix, on a feature that has no axis arm, not 'grok'")]
    [InlineData("axes: [runtime, arm], pairs: legal", "axes: [runtime, arm], pairs: legal, keyOf: groq", "keyOf of feature 'serving' must name an arm of the matrix, on a feature that has no axis arm, not 'groq'")]
    [InlineData("modes: [mock, live]", "modes: []", "modes of feature 'serving' is empty")]
    [InlineData("modes: [mock, live]", "modes: [mock, mock, live]", "'mock' stands twice in modes of feature 'serving'")]
    [InlineData("emulated: may-gate", "capability: gpu", "capability 'gpu' of feature 'serving' is not among the file's capabilities (containers, desktop, egress, live)")]
    [InlineData("id: refusal", "id: serving", "feature 'serving' stands twice")]
    [InlineData("id: serving", "id: Serving", "'Serving' cannot stand in a cell id")]
    [InlineData("  live: { needs: credential }\n", "", "feature 'serving' has live cells: capabilities must name 'live'")]
    [InlineData("needs: credential", "need: credential", "unknown key 'need' in capability 'live'; known: needs")]
    [InlineData("schema: 1", "schema: 2", "schema must be 1, the one this program reads, not '2'")]
    [InlineData("pending:", "pendng:", "unknown key 'pendng' in the file; known: schema, matrix, wires, withoutLiveKey, boots, capabilities, features, foreign, pending, knownFailing, quarantined, notApplicable")]
    [InlineData("runtimes: [claude-code", "runtimes: [claude", "the registry has no runtime 'claude'")]
    [InlineData("    - groq\n", "    - groq/eu\n", "'groq/eu' cannot stand in a cell id: use lower-case letters, digits, '-', '_' and '.'")]
    [InlineData("    - groq\n", "    - grok\n", "the registry has no provider 'grok'")]
    [InlineData("    - groq\n", "    - groq\n    - groq\n", "'groq' stands twice in arms of matrix")]
    [InlineData("schema: 1", "schema: 1\nschema: 1", "not yaml: Duplicate key schema")]
    [InlineData("schema: 1", "schema: 1\n---\nschema: 1", "the file must hold one yaml document, not 2")]
    [InlineData("  containers: { needs: container engine }\n", "  containers: none\n", "capability 'containers' must be a mapping")]
    [InlineData("capabilities:\n", "capabilities: none\nno-capabilities:\n", ": capabilities must be a mapping")]
    [InlineData("modes: [mock, live]", "modes: [mock, dry]", "'dry' is no mode of feature 'serving'; known: mock, live")]
    [InlineData("pairs: legal, modes", "pairs: legal, livePairs: wire, modes", "'wire' is no livePairs of feature 'serving'; known: legal, first-of-wire")]
    [InlineData("pairs: legal, modes: [mock, live]", "pairs: legal, livePairs: first-of-wire, modes: [mock]", "livePairs of feature 'serving' needs the axes [runtime, arm], pairs: legal, and live among its modes")]
    [InlineData("pairs: refused, modes: [mock]", "pairs: refused, livePairs: first-of-wire, modes: [mock, live]", "livePairs of feature 'refusal' needs the axes [runtime, arm], pairs: legal, and live among its modes")]
    [InlineData("pairs: legal, modes: [mock, live]", "pairs: own-keys, livePairs: first-of-wire, modes: [mock, live]", "livePairs of feature 'serving' needs the axes [runtime, arm], pairs: legal, and live among its modes")]
    [InlineData("axes: [runtime, arm], pairs: legal, modes", "axes: [runtime], livePairs: first-of-wire, modes", "livePairs of feature 'serving' needs the axes [runtime, arm], pairs: legal, and live among its modes")]
    [InlineData("capabilities:", "boots: none\ncapabilities:", "boots must be a mapping")]
    [InlineData("capabilities:", "boots: { crewai: 3 }\ncapabilities:", "boots names 'crewai', which is no runtime of the matrix (claude-code, codex, hermes, openclaw, google-adk)")]
    [InlineData("capabilities:", "boots: { openclaw: 0 }\ncapabilities:", "boots of openclaw is '0': it must be how many starts a run may take at most, 1 or more")]
    [InlineData("capabilities:", "boots: { openclaw: many }\ncapabilities:", "boots of openclaw is 'many': it must be how many starts a run may take at most, 1 or more")]
    [InlineData("capabilities:", "wires: none\ncapabilities:", "wires must be a mapping")]
    [InlineData("capabilities:", "wires: { codex: none }\ncapabilities:", "wires of codex must be a mapping")]
    [InlineData("id: serving, ", "", "this feature lacks 'id'")]
    [InlineData("axes: [runtime, arm], pairs: legal", "axes: both, pairs: legal", "axes of feature 'serving' must be a list")]
    [InlineData("axes: [runtime, arm], pairs: legal", "axes: [runtime, ' '], pairs: legal", "axes of feature 'serving' must be a text that is not empty")]
    [InlineData("gate: required, emulated", "gate: [required], emulated", "gate of feature 'serving' must be a text that is not empty")]
    [InlineData("schema: 1", "schema: [1", "not yaml: ")]
    [InlineData("expires: 2027-02-15 }\n  - { cells: 'openclaw", "expires: soon }\n  - { cells: 'openclaw", "'soon' is no date: expires of a pending entry must read yyyy-MM-dd")]
    public void What_is_wrong_is_said_with_its_place(string right, string wrong, string message)
    {
        var errors = OwnPlan.ErrorsOf(Swap(right, wrong));

        Assert.Contains(errors, error => error.Contains(message, StringComparison.Ordinal));
        Assert.All(errors, error => Assert.Matches(@"^coverage\.yaml\([1-9][0-9]*,[1-9][0-9]*\): ", error));
    }

    [Fact]
    public void An_empty_file_holds_no_plan() =>
        Assert.Equal(["coverage.yaml(1,1): the file must hold one yaml document, not 0"], OwnPlan.ErrorsOf(""));

    [Fact]
    public void A_matrix_that_is_none_is_said_once() =>
        Assert.Contains(OwnPlan.ErrorsOf("schema: 1\nmatrix: [codex]\n"), static error => error == "coverage.yaml(2,9): matrix must be a mapping");

    [Fact]
    public void All_errors_are_said_at_once_in_the_files_order()
    {
        var errors = OwnPlan.ErrorsOf(Swap("schema: 1", "schema: 7").Replace("issue: issue 4, ", "", StringComparison.Ordinal));

        Assert.Equal(4, errors.Length);
        Assert.Contains("schema must be 1", errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_either_a_plan_or_errors_with_their_places() =>
        Gen.Select(Gen.Int[0, OwnPlan.Coverage.Text.Length - 1], Gen.Int[0, 12], Gen.OneOf("", "[", "]", "{", "}", ":", "- ", "'", "\"", "&a ", "*a", "!!x ", "|\n", "%", "\t", "\n", "#", "?", ",", "---\n", "\u0000", "é"))
            .Sample(
                (place, length, insert) =>
                {
                    var text = OwnPlan.Coverage.Text.Remove(place, Math.Min(length, OwnPlan.Coverage.Text.Length - place)).Insert(place, insert);
                    try
                    {
                        CoverageReader.Read(PlanFile.Of("coverage.yaml", text), OwnPlan.Today);
                    }
                    catch (CoverageFormatException error)
                    {
                        Assert.All(error.Errors, one => Assert.True(one is { Line: > 0, Column: > 0 }, one.ToString()));
                    }
                },
                iter: 1_000);

    private static string Swap(string right, string wrong)
    {
        Assert.Contains(right, OwnPlan.Coverage.Text, StringComparison.Ordinal);
        return OwnPlan.Coverage.Text.Replace(right, wrong, StringComparison.Ordinal);
    }

    private static int LineOf(string text) => OwnPlan.Coverage.Text[..OwnPlan.Coverage.Text.IndexOf(text, StringComparison.Ordinal)].Count(character => character == '\n') + 1;

    private static void AssertOneError(string text, string message, string where, int column) =>
        Assert.Equal([$"coverage.yaml({LineOf(where)},{column}): {message}"], OwnPlan.ErrorsOf(text));
}

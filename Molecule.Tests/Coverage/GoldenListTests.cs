using System.Collections.Immutable;
using Molecule.Coverage.Planning;

namespace Molecule.Tests.Coverage;

public sealed class GoldenListTests
{
    private const string Lost = "codex/openai-api/serving@mock";

    [Fact]
    public void A_line_that_was_deleted_is_red_by_the_cells_name()
    {
        var problem = Assert.Single(ProblemsOf(OwnPlan.Golden.Text.Replace($"{Lost}\n", "", StringComparison.Ordinal)));

        Assert.Equal(Lost, problem.Cell.ToString());
        Assert.StartsWith("gained: ", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cell_that_is_no_longer_made_is_red_by_its_name()
    {
        var problem = Assert.Single(ProblemsOf(OwnPlan.Golden.Text + "codex/groq/serving@mock\n"));

        Assert.Equal("codex/groq/serving@mock", problem.Cell.ToString());
        Assert.StartsWith("lost: ", problem.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Cells_that_are_no_longer_made_are_named_in_order() =>
        Assert.Equal(
            ["claude-code/groq/serving@mock", "codex/groq/serving@mock", "hermes/groq/serving@mock"],
            ProblemsOf(OwnPlan.Golden.Text + "hermes/groq/serving@mock\nclaude-code/groq/serving@mock\ncodex/groq/serving@mock\n").Select(static problem => problem.Cell.ToString()));

    [Fact]
    public void A_list_that_is_not_there_is_asked_for_by_its_path()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "no-such-folder", "expected-cells.txt");

        Assert.Equal(
            $"{path}(1,1): there is no such file: bring it back from git, or name the right one",
            Assert.Single(Assert.Throws<CoverageFormatException>(() => PlanFile.Load(path)).Errors).ToString());
    }

    [Fact]
    public void A_cell_that_was_removed_in_writing_is_not_missed() =>
        Assert.Empty(ProblemsOf(OwnPlan.Golden.Text + "removed 2026-11-22 ann: codex/groq/serving@mock the arm was retired\n"));

    [Fact]
    public void A_removal_does_not_hold_against_a_cell_that_is_made()
    {
        var problem = Assert.Single(ProblemsOf(OwnPlan.Golden.Text.Replace($"{Lost}\n", $"removed 2026-11-22 ann: {Lost} tired of it\n", StringComparison.Ordinal)));

        Assert.Equal(Lost, problem.Cell.ToString());
        Assert.StartsWith("returned: ", problem.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("removed 2026-11-22 codex/groq/serving@mock no owner", "is neither a cell id nor a removal")]
    [InlineData("removed 2026-11-22 ann: codex/groq/serving@mock", "is neither a cell id nor a removal")]
    [InlineData("removed ann: codex/groq/serving@mock no date", "is neither a cell id nor a removal")]
    [InlineData("removed 22.11.2026 ann: codex/groq/serving@mock no such date", "'22.11.2026' must be a date")]
    [InlineData("removed 2026-11-23 ann: codex/groq/serving@mock tomorrow", "'2026-11-23' must be a date that is not in the future")]
    [InlineData(Lost, "stands twice")]
    [InlineData("removed 2026-11-22 ann: codex/openai-api/serving@mock listed as well", "stands twice")]
    [InlineData("codex/openai-api", "is neither a cell id nor a removal")]
    public void An_ill_formed_line_is_refused_with_its_place(string line, string message)
    {
        var error = Assert.Single(Assert.Throws<CoverageFormatException>(() => ProblemsOf($"{OwnPlan.Golden.Text}{line}\n")).Errors);

        Assert.Equal(OwnPlan.Golden.Text.Split('\n').Length, error.Line);
        Assert.StartsWith($"expected-cells.txt({error.Line},1): ", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_regenerated_list_that_lost_a_cell_is_red_against_the_earlier_one()
    {
        var earlier = PlanFile.Of("expected-cells.txt of c0ffee", OwnPlan.Golden.Text + "codex/groq/serving@mock\nhermes/groq/serving@mock\n");
        var now = PlanFile.Of("expected-cells.txt", OwnPlan.Golden.Text + "removed 2026-11-22 ann: hermes/groq/serving@mock the arm was retired\n");

        var problem = Assert.Single(CoveragePlan.Read(OwnPlan.Registry, OwnPlan.Coverage, now, OwnPlan.Today, earlier).Expect(RunRequest.Mock).GoldenProblems);

        Assert.Equal("codex/groq/serving@mock", problem.Cell.ToString());
        Assert.Equal("lost: expected-cells.txt of c0ffee lists it, and now it neither stands in the list nor in a line 'removed yyyy-MM-dd OWNER: CELL REASON'", problem.Text);
    }

    [Fact]
    public void A_cell_that_two_earlier_lists_have_is_missed_once_and_one_that_either_has_is_missed()
    {
        var older = PlanFile.Of("older", "codex/groq/serving@mock\nhermes/groq/serving@mock\n");
        var old = PlanFile.Of("old", "codex/groq/serving@mock\r\ncodex/groq/serving@mock\r\n");

        var problems = CoveragePlan.Read(OwnPlan.Registry, OwnPlan.Coverage, OwnPlan.Golden, OwnPlan.Today, old, older).Expect(RunRequest.Mock).GoldenProblems;

        Assert.Equal(["codex/groq/serving@mock", "hermes/groq/serving@mock"], problems.Select(problem => problem.Cell.ToString()));
    }

    [Fact]
    public void An_earlier_list_that_holds_no_more_than_this_one_misses_nothing_whatever_else_stands_in_it()
    {
        var earlier = PlanFile.Of("earlier", $"# a list\nnot a cell\nremoved 2026-11-20 ann: codex/groq/serving@mock gone since\n{Lost}\n");

        Assert.Empty(CoveragePlan.Read(OwnPlan.Registry, OwnPlan.Coverage, OwnPlan.Golden, OwnPlan.Today, earlier).Expect(RunRequest.Mock).GoldenProblems);
    }

    [Fact]
    public void Removals_are_kept_when_the_list_is_rendered_anew()
    {
        const string Removal = "removed 2026-11-22 ann: codex/groq/serving@mock the arm was retired\n";

        var plan = CoveragePlan.Read(OwnPlan.Registry, OwnPlan.Coverage, PlanFile.Of("expected-cells.txt", Removal), OwnPlan.Today);

        Assert.Equal(OwnPlan.Golden.Text + Removal, plan.ChangeGolden(null).Text);
    }

    [Fact]
    public void A_loss_is_written_down_only_with_who_answers_for_it_and_the_list_says_what_it_gains_and_loses()
    {
        const string Earlier = "removed 2026-11-20 bob: codex/vertex/serving@mock the arm was retired";
        var listed = PlanFile.Of("expected-cells.txt", OwnPlan.Golden.Text.Replace($"{Lost}\n", "", StringComparison.Ordinal) + $"hermes/groq/serving@mock\ncodex/groq/serving@mock\n{Earlier}\n");
        var plan = CoveragePlan.Read(OwnPlan.Registry, OwnPlan.Coverage, listed, OwnPlan.Today);

        var refused = plan.ChangeGolden(null);
        var accepted = plan.ChangeGolden(new GoldenRemoval(new DateOnly(2026, 11, 22), "ann", "no such wire"));

        Assert.Equal([Lost], refused.Gained.Select(cell => cell.ToString()));
        Assert.Equal(["codex/groq/serving@mock", "hermes/groq/serving@mock"], refused.Lost.Select(cell => cell.ToString()));
        Assert.Equal($"{OwnPlan.Golden.Text}{Earlier}\n", refused.Text);
        Assert.Equal((refused.Gained.Length, refused.Lost.Length), (accepted.Gained.Length, accepted.Lost.Length));
        Assert.Equal(
            $"{OwnPlan.Golden.Text}{Earlier}\nremoved 2026-11-22 ann: codex/groq/serving@mock no such wire\nremoved 2026-11-22 ann: hermes/groq/serving@mock no such wire\n",
            accepted.Text);
    }

    [Fact]
    public void Without_a_list_every_cell_is_gained()
    {
        var change = CoveragePlan.Read(OwnPlan.Registry, OwnPlan.Coverage, golden: null, OwnPlan.Today).ChangeGolden(null);

        Assert.Equal((93, 0, OwnPlan.Golden.Text), (change.Gained.Length, change.Lost.Length, change.Text));
    }

    [Fact]
    public void There_is_no_loss_since_nothing()
    {
        var list = GoldenList.Parse(OwnPlan.Golden, OwnPlan.Today);

        Assert.Throws<ArgumentNullException>(() => list.LossesSince(null!));
    }

    private static ImmutableArray<GoldenProblem> ProblemsOf(string golden) =>
        CoveragePlan.Read(OwnPlan.Registry, OwnPlan.Coverage, PlanFile.Of("expected-cells.txt", golden), OwnPlan.Today).Expect(RunRequest.Mock).GoldenProblems;
}

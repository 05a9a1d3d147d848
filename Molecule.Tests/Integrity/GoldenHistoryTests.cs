using Molecule.Coverage.Planning;
using Molecule.Harness.Runs;

namespace Molecule.Tests.Integrity;

/// <summary>A list that was regenerated after a cell was lost agrees with the computed one: only its earlier states know.</summary>
public sealed class GoldenHistoryTests : IDisposable
{
    private static readonly Dictionary<string, string> _run = new() { ["MOLECULE_RUN"] = "t" };

    private readonly SpareCheckout _checkout = new("steady", "lost");

    public void Dispose() => _checkout.Dispose();

    [Fact]
    public async Task A_regenerated_list_that_lost_a_cell_is_red_before_the_commit_after_it_and_on_a_branch()
    {
        await CommitAsync("init");
        Assert.Empty(Problems());

        Regenerate();
        Assert.Equal([SpareCheckout.IdOf("lost")], Problems());

        // On the default branch itself the commit before is asked.
        await CommitAsync("lose a cell");
        Assert.Equal([SpareCheckout.IdOf("lost")], Problems());

        // On another branch the place where the default branch was left, however many commits ago.
        await _checkout.GitAsync("checkout", "-q", "-b", "work");
        await _checkout.GitAsync("branch", "-f", "main", "HEAD^");
        await _checkout.GitAsync("commit", "-q", "--allow-empty", "-m", "go on");
        await _checkout.GitAsync("commit", "-q", "--allow-empty", "-m", "and on");
        Assert.Equal([SpareCheckout.IdOf("lost")], Problems());
    }

    [Fact]
    public async Task A_cell_that_was_removed_in_writing_is_not_missed()
    {
        await CommitAsync("init");

        Regenerate($"removed 2026-11-22 ann: {SpareCheckout.IdOf("lost")} nobody needs it\n");

        Assert.Empty(Problems());
    }

    [Fact]
    public async Task A_checkout_says_which_commits_it_was_held_against()
    {
        await CommitAsync("init");
        var first = await _checkout.GitAsync("rev-parse", "HEAD");
        await _checkout.GitAsync("commit", "-q", "--allow-empty", "-m", "go on");
        var second = await _checkout.GitAsync("rev-parse", "HEAD");

        Assert.Equal($"expected-cells.txt was held against {second[..12]} and {first[..12]}.", GoldenHistory.Of(_checkout.Repository).Note);
    }

    [Fact]
    public void Where_there_is_no_git_a_sentence_says_so()
    {
        var history = GoldenHistory.Of(_checkout.Repository);

        Assert.Empty(history.Lists);
        Assert.Equal(
            $"expected-cells.txt was held against no earlier state: {_checkout.Repository.Root} is no git checkout with a commit, or git is not on PATH. A cell lost by regenerating it would not show.",
            history.Note);
    }

    [Fact]
    public async Task A_list_that_is_new_has_no_earlier_state()
    {
        File.Delete(_checkout.Repository.ExpectedCellsFile);
        await CommitAsync("init");
        _checkout.WriteGolden(["steady", "lost"]);

        Assert.Equal("expected-cells.txt was held against no earlier state: no earlier commit has it.", GoldenHistory.Of(_checkout.Repository).Note);
        Assert.Empty(Problems());
    }

    private async Task CommitAsync(string message)
    {
        await _checkout.GitAsync("init", "-q");
        await _checkout.GitAsync("add", "-A");
        await _checkout.GitAsync("commit", "-q", "-m", message);
    }

    private void Regenerate(string more = "")
    {
        _checkout.WriteCoverage(["steady"]);
        _checkout.WriteGolden(["steady"], more);
    }

    private IEnumerable<string> Problems() => _checkout.Plan(_run).Expectation.GoldenProblems.Select(static problem => problem.Cell.ToString());
}

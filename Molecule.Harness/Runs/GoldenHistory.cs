using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using Molecule.Coverage.Planning;

namespace Molecule.Harness.Runs;

/// <summary>
/// expected-cells.txt as earlier commits have it, so that a list regenerated with a loss is red although it agrees with the computed one. It is
/// held against HEAD and against where the default branch was left; on that branch itself against the commit before.
/// </summary>
/// <param name="Lists">One a commit that has the file.</param>
/// <param name="Note">What the list is held against, or why against nothing: one sentence.</param>
public sealed record GoldenHistory(ImmutableArray<PlanFile> Lists, string Note)
{
    private static readonly ImmutableArray<string> _defaultBranches =
        ["refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"];

    /// <summary>Asks git.</summary>
    public static GoldenHistory Of(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        var file = Path.GetFileName(repository.ExpectedCellsFile);
        if (Git(repository, "rev-parse", "--verify", "--quiet", "HEAD") is not { } head)
        {
            return new GoldenHistory([], $"{file} was held against no earlier state: {repository.Root} is no git checkout with a commit, or git is not on PATH. A cell lost by regenerating it would not show.");
        }

        var lists = CommitsBefore(repository, head)
            .Select(commit => (Commit: commit[..Math.Min(12, commit.Length)], Text: Git(repository, "show", $"{commit}:./{file}")))
            .Where(static one => one.Text is not null)
            .Select(one => PlanFile.Of($"{file} of {one.Commit}", one.Text!))
            .ToImmutableArray();
        return new GoldenHistory(lists, lists.IsEmpty
            ? $"{file} was held against no earlier state: no earlier commit has it."
            : $"{file} was held against {string.Join(" and ", lists.Select(list => list.Name[(file.Length + 4)..]))}.");
    }

    private static IEnumerable<string> CommitsBefore(Repository repository, string head)
    {
        var branch = _defaultBranches.FirstOrDefault(name => Git(repository, "rev-parse", "--verify", "--quiet", name) is not null);
        var left = branch is null ? null : Git(repository, "merge-base", "HEAD", branch);
        var before = left is null || left == head ? Git(repository, "rev-parse", "--verify", "--quiet", "HEAD^") : left;
        return new[] { head, before }.OfType<string>().Distinct();
    }

    private static string? Git(Repository repository, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = repository.Root, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += static (_, _) => { };
            git.BeginErrorReadLine();
            var output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode != 0 ? null : arguments[0] == "show" ? output : output.Trim();
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}

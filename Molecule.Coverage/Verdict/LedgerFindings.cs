using System.Collections.Immutable;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;

namespace Molecule.Coverage.Verdict;

/// <summary>What is red about a ledger as a whole, or about records that no expected cell accounts for.</summary>
internal static class LedgerFindings
{
    /// <summary>Findings of one ledger against the expectation computed anew.</summary>
    public static IEnumerable<Finding> Of(RecordedRun ledger, Expectation expectation) =>
    [
        .. ledger.Problems.Select(problem => new Finding(GateExit.Uncovered, ledger.Source, $"ledger: {problem}")),
        .. ledger.End?.Problems.Select(problem => new Finding(GateExit.Failed, "run", problem.ToString())) ?? [],
        .. expectation.GoldenProblems.Select(problem => new Finding(GateExit.Uncovered, problem.Cell.ToString(), problem.Text)),
        .. OfBoots(ledger, expectation),
        .. OfExpectation(ledger, expectation),
        .. OfExtras(ledger, expectation),
        .. OfOtherTests(ledger),
    ];

    /// <summary>Ledgers of different sources cannot be merged: they do not speak of the same program.</summary>
    public static IEnumerable<Finding> OfUnlike(ImmutableArray<RecordedRun> ledgers)
    {
        var starts = ledgers.Select(ledger => ledger.Start).OfType<LedgerStart>().ToImmutableArray();
        return starts
            .Where(start => (start.Commit, start.Dirty) != (starts[0].Commit, starts[0].Dirty))
            .Select(start => new Finding(GateExit.Uncovered, $"run {start.Run}", $"unlike-source: it ran {Source(start)}, run {starts[0].Run} ran {Source(starts[0])}"));

        static string Source(LedgerStart start) => $"commit {start.Commit ?? "unknown"}{(start.Dirty is null ? "" : " with changes")}";
    }

    /// <summary>A ledger of another commit lay there before, or was brought from elsewhere: it does not speak of this checkout.</summary>
    public static IEnumerable<Finding> OfOtherCommits(ImmutableArray<RecordedRun> ledgers, string commit) => ledgers
        .Select(ledger => ledger.Start)
        .OfType<LedgerStart>()
        .Where(start => start.Commit != commit)
        .Select(start => new Finding(GateExit.Uncovered, $"run {start.Run}", $"stale: it ran commit {start.Commit ?? "unknown"}, the checkout is at {commit}: run the gate again"));

    // design.md 4: a dear start is taken as seldom as coverage.yaml says; a run that ended and counted nothing may have taken any number.
    private static IEnumerable<Finding> OfBoots(RecordedRun ledger, Expectation expectation)
    {
        foreach (var (runtime, most) in expectation.BootBudget.Where(_ => ledger.End is not null))
        {
            if (ledger.End!.Boots is not { } boots)
            {
                yield return new Finding(GateExit.Uncovered, "run", $"boot-budget: coverage.yaml allows {most} starts of {runtime}, and the run counted none");
            }
            else if (boots.GetValueOrDefault(runtime) is var taken && taken > most)
            {
                yield return new Finding(GateExit.Failed, "run", $"boot-budget: {taken} starts of {runtime}; coverage.yaml allows {most} a run");
            }
        }
    }

    private static IEnumerable<Finding> OfExpectation(RecordedRun ledger, Expectation expectation)
    {
        var start = ledger.Start;
        if (start is null)
        {
            yield break;
        }

        foreach (var (file, then, now) in new[]
        {
            ("the registry", start.Sources.RegistrySha256, expectation.Sources.RegistrySha256),
            ("the registry's fingerprint", start.Sources.RegistryFingerprint, expectation.Sources.RegistryFingerprint),
            ("coverage.yaml", start.Sources.CoverageSha256, expectation.Sources.CoverageSha256),
            ("expected-cells.txt", start.Sources.GoldenSha256, expectation.Sources.GoldenSha256),
        }.Where(source => source.Item2 != source.Item3))
        {
            yield return new Finding(GateExit.Uncovered, "run", $"changed-since: {file} was {then ?? "none"} when the run started and is {now ?? "none"}");
        }

        var recorded = start.Expected.ToLookup(cell => cell.Id);
        foreach (var cell in expectation.Cells.Where(cell => !recorded[cell.Id].SequenceEqual([cell])))
        {
            yield return new Finding(GateExit.Uncovered, cell.Id.ToString(), recorded[cell.Id].FirstOrDefault() is { } other
                ? $"expectation-differs: the run took it as {Describe(other)}, the files say {Describe(cell)}"
                : "expectation-differs: the run did not expect it");
        }

        var computed = expectation.Cells.Select(cell => cell.Id).ToHashSet();
        foreach (var cell in start.Expected.Where(cell => !computed.Contains(cell.Id)))
        {
            yield return new Finding(GateExit.Uncovered, cell.Id.ToString(), "expectation-differs: the run expected it, the files do not");
        }
    }

    private static IEnumerable<Finding> OfExtras(RecordedRun ledger, Expectation expectation)
    {
        var dispositions = expectation.Cells.ToDictionary(cell => cell.Id);
        return ledger.Cells.Select(cell => cell.Cell)
            .Concat(ledger.Results.Select(result => result.Cell).OfType<CellId>())
            .Distinct()
            .Where(id => !dispositions.TryGetValue(id, out var cell) || !cell.IsExecuted)
            .Select(id => new Finding(GateExit.Uncovered, id.ToString(), dispositions.TryGetValue(id, out var cell)
                ? $"extra: it was executed although it is {cell.Disposition.ToWord()}"
                : "extra: it was executed and nothing expects it"));
    }

    /// <summary>Tests that are no cell: they cover nothing, and one that does not pass is red.</summary>
    private static IEnumerable<Finding> OfOtherTests(RecordedRun ledger) => ledger.Results
        .Where(result => result.Cell is null && result.Outcome is not TestOutcome.Passed)
        .Select(result => new Finding(
            result.Outcome is TestOutcome.Skipped ? GateExit.Uncovered : GateExit.Failed,
            result.Test,
            $"{(result.Outcome is TestOutcome.Skipped ? "skipped" : "failed")}: {result.Detail ?? "no detail"}"));

    private static string Describe(ExpectedCell cell) => cell.Why is { } reason ? $"{cell.Disposition.ToWord()} ({reason})" : cell.Disposition.ToWord();
}

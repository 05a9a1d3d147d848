using System.Collections.Immutable;
using Molecule.Contracts.Evidence;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.Harness.Runs;
using Molecule.Tests.Coverage;

namespace Molecule.Tests.Integrity;

/// <summary>design.md 7, the paragraphs on exit codes and last lines, sentence by sentence at the real launcher's process.</summary>
public sealed class VerdictProcessTests : IDisposable
{
    private static readonly ImmutableArray<string> _features = ["one", "two", "boxed.container"];

    private readonly SpareCheckout _checkout = new(_features);

    public void Dispose() => _checkout.Dispose();

    [Fact]
    public async Task Every_gating_cell_covered_exits_0_and_an_unchecked_one_that_was_not_required_stands_counted_in_the_last_line()
    {
        var (exitCode, output) = await VerdictAsync(Ledger("whole"));

        Assert.True(exitCode == 0, output);
        Assert.Equal(
            "2 covered, 0 covered emulated, 0 failed, 0 uncovered, 1 unchecked, 0 pending, 0 known failing, 0 quarantined of 3 expected; 0 not applicable; exit 0",
            LastLine(output));
        Assert.Contains("expected-cells.txt was held against no earlier state", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_cell_exits_3()
    {
        var (exitCode, output) = await VerdictAsync(Ledger("failed", failed: ["one"]));

        Assert.True(exitCode == 3, output);
        Assert.Contains("[3] -/-/one@mock: failed: attempt 1: assertion: no", output, StringComparison.Ordinal);
        Assert.EndsWith("exit 3", LastLine(output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cell_that_did_not_run_exits_4()
    {
        var (exitCode, output) = await VerdictAsync(Ledger("missing", left: ["two"]));

        Assert.True(exitCode == 4, output);
        Assert.Contains("[4] -/-/two@mock: uncovered: not-executed", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unchecked_cell_whose_capability_was_required_exits_4()
    {
        var (exitCode, output) = await VerdictAsync(Ledger("required", RunRequest.Mock with { Require = ["containers"] }));

        Assert.True(exitCode == 4, output);
        Assert.Contains("[4] -/-/boxed.container@mock: required-but-unchecked: no-capability: containers (container engine)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_covered_nothing_exits_4_although_no_cell_of_it_gates()
    {
        _checkout.WriteCoverage(_features, Pending(10, "*"));

        var (exitCode, output) = await VerdictAsync(Ledger("nothing"));

        Assert.True(exitCode == 4, output);
        Assert.Contains("[4] run: nothing-covered", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 5)]
    [InlineData(1, 0)]
    public async Task An_expired_pending_entry_exits_5_and_one_that_holds_exits_0(int days, int exit)
    {
        _checkout.WriteCoverage(_features, Pending(days, "two"));

        var (exitCode, output) = await VerdictAsync(Ledger("pending"));

        Assert.True(exitCode == exit, output);
        Assert.Contains(exit == 5 ? "[5] -/-/two@mock: expired: " : "Expires soon (1):", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_expired_quarantine_exits_5()
    {
        _checkout.WriteCoverage(_features, Pending(-1, "two").Replace("pending:", "quarantined:", StringComparison.Ordinal));

        var (exitCode, output) = await VerdictAsync(Ledger("quarantined", failed: ["two"]));

        Assert.True(exitCode == 5, output);
    }

    [Fact]
    public async Task Of_several_codes_the_lowest_is_returned_and_all_are_printed()
    {
        _checkout.WriteCoverage([.. _features, "four"], Pending(-1, "two"));
        _checkout.WriteGolden([.. _features, "four"]);

        var (exitCode, output) = await VerdictAsync(Ledger("several", failed: ["one"], left: ["four"]));

        Assert.True(exitCode == 3, output);
        Assert.Contains("[3] -/-/one@mock: ", output, StringComparison.Ordinal);
        Assert.Contains("[4] -/-/four@mock: ", output, StringComparison.Ordinal);
        Assert.Contains("[5] -/-/two@mock: ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_without_an_end_record_is_never_0()
    {
        var (exitCode, output) = await VerdictAsync(Ledger("cut", hasEnd: false));

        Assert.True(exitCode == 4, output);
        Assert.Contains("ledger: there is no end record: the run was cut short", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_that_is_not_there_exits_4_and_is_named()
    {
        var (exitCode, output) = await VerdictAsync("no-such-ledger.jsonl");

        Assert.True(exitCode == 4, output);
        Assert.Contains("no-such-ledger.jsonl: ledger: there is no such file: the run wrote no ledger", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shards_that_together_hold_each_cell_once_exit_0_one_alone_or_one_twice_exits_4()
    {
        var (one, two) = (Shard(1), Shard(2));

        Assert.Equal(0, (await VerdictAsync(one, two)).ExitCode);
        var alone = await VerdictAsync(one);
        Assert.Equal(4, alone.ExitCode);
        Assert.Contains("in-no-ledger: none of the ledgers selected it", alone.Output, StringComparison.Ordinal);
        var twice = await VerdictAsync(one, two, Ledger("again", RunRequest.Mock with { Filter = new CellFilter([], [], ["one"], null) }));
        Assert.Equal(4, twice.ExitCode);
        Assert.Contains("[4] -/-/one@mock: uncovered: held-twice: ", twice.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_ledger_of_another_commit_exits_4()
    {
        var (exitCode, output) = await VerdictAsync(Ledger("stale", commit: "c0ffee"));

        Assert.True(exitCode == 4, output);
        Assert.Contains("[4] run stale: stale: it ran commit c0ffee, the checkout is at none", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_regenerated_list_that_lost_a_cell_exits_4_from_plan_and_from_verdict()
    {
        await _checkout.GitAsync("init", "-q");
        await _checkout.GitAsync("add", "-A");
        await _checkout.GitAsync("commit", "-q", "-m", "init");
        var commit = await _checkout.GitAsync("rev-parse", "HEAD");
        var first = await RunAsync("plan");
        Assert.True(first.ExitCode == 0, first.Output);
        ImmutableArray<string> fewer = ["one", "boxed.container"];
        _checkout.WriteCoverage(fewer);
        _checkout.WriteGolden(fewer);

        var plan = await RunAsync("plan");
        var verdict = await VerdictAsync(Ledger("lossy", commit: commit));

        Assert.True(plan.ExitCode == 4, plan.Output);
        Assert.True(verdict.ExitCode == 4, verdict.Output);
        Assert.Contains($"-/-/two@mock  lost: expected-cells.txt of {commit[..12]} lists it", plan.Output, StringComparison.Ordinal);
        Assert.Contains($"[4] -/-/two@mock: lost: expected-cells.txt of {commit[..12]} lists it", verdict.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plan", "--no-such-option")]
    [InlineData("verdict")]
    [InlineData("plan", "--feature", "no-such-feature")]
    [InlineData("plan", "--shard", "3/2")]
    [InlineData("plan", "--mode", "dead")]
    [InlineData("plan", "--require", "no-such-capability")]
    [InlineData("plan", "--runtime", "codex")]
    public async Task Bad_usage_and_a_filter_that_selects_nothing_exit_2_in_a_sentence(params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(arguments);

        Assert.True(exitCode == 2, output);
        Assert.StartsWith("molecule: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removal_without_date_or_owner_exits_2_with_its_place()
    {
        _checkout.WriteGolden(_features, "removed: -/-/gone@mock because\n");

        var (exitCode, output) = await RunAsync("plan");

        Assert.True(exitCode == 2, output);
        Assert.Contains("expected-cells.txt(4,1): 'removed: -/-/gone@mock because' is neither a cell id nor a removal: removed yyyy-MM-dd OWNER: CELL REASON", output, StringComparison.Ordinal);
    }

    private static string Pending(int days, string feature) =>
        $"pending: [ {{ cells: '-/-/{feature}@mock', reason: later, issue: issue 9, owner: ann, expires: {DateTime.UtcNow.AddDays(days):yyyy-MM-dd} }} ]";

    private string Shard(int index) => Ledger($"s{index}", RunRequest.Mock with { Filter = CellFilter.None with { Shard = new Shard(index, 2) } });

    /// <summary>Writes the ledger of a run in which every cell that was to run passed, but for those named.</summary>
    private string Ledger(string run, RunRequest? request = null, string[]? failed = null, string[]? left = null, bool hasEnd = true, string commit = "none")
    {
        var expectation = CellRun.Plan(_checkout.Repository, new RunOptions(run, request ?? RunRequest.Mock, null), TimeProvider.System).Expectation;
        var path = Path.Combine(_checkout.Repository.Root, $"{run}.jsonl");
        using var writer = LedgerWriter.Create(path, SampleRun.Start(expectation, run) with { Commit = commit });
        foreach (var cell in expectation.Cells.Where(cell => cell.IsExecuted && left?.Contains(cell.Id.Feature) is not true).Select(static cell => cell.Id))
        {
            var isFailed = failed?.Contains(cell.Feature) is true;
            writer.Write(new LedgerCell(
                cell, 1, isFailed ? CellOutcome.Failed : CellOutcome.Passed, isFailed ? "assertion: no" : null, null, run, null, new CellEvidence("seen", [], null, null, 1, null)));
            writer.Write(SampleRun.Result(cell, isFailed ? TestOutcome.Failed : TestOutcome.Passed));
        }

        if (hasEnd)
        {
            writer.End(TimeProvider.System.GetUtcNow());
        }

        return path;
    }

    private Task<(int ExitCode, string Output)> VerdictAsync(params string[] ledgers) => RunAsync(["verdict", .. ledgers]);

    private Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        _checkout.RunAsync(SpareCheckout.Cli, ImmutableDictionary<string, string>.Empty, [.. arguments]);

    private static string LastLine(string output) => output.TrimEnd().Split('\n')[^1].Trim();
}

using System.Collections.Immutable;
using System.Text;
using Molecule.Coverage.Verdict;
using Molecule.Harness.Chaos;
using Molecule.Tests.Coverage;

namespace Molecule.Tests.Harness;

public sealed class RoundJudgeTests
{
    private static readonly ImmutableArray<string> _whole = Lines(SampleRun.Bytes(SampleRun.Expected, SampleRun.RecordsOf(SampleRun.Expected)));

    [Fact]
    public void A_green_run_that_left_nothing_violates_nothing() =>
        Assert.Empty(RoundJudge.Violations(SampleRun.JudgeGreen(), _whole, exitCode: 0, RoundRemains.Nothing));

    [Fact]
    public void A_run_cut_short_that_says_so_violates_nothing()
    {
        var verdict = Judge.Run(SampleRun.Read(Encoding.UTF8.GetBytes(_whole[0] + "\n"), "cut"), SampleRun.RunId, SampleRun.Expected, SampleRun.Now);

        Assert.Empty(RoundJudge.Violations(verdict, [_whole[0]], exitCode: 4, RoundRemains.Nothing));
    }

    [Fact]
    public void What_is_left_and_a_report_half_written_are_named() =>
        Assert.Equal(
            ["orphan: 4711 postgres", "container left behind: molecule-x of busybox", "left behind: /tmp/molecule-run-x", "coverage.json is half-written"],
            RoundJudge.Violations(SampleRun.JudgeGreen(), _whole, exitCode: 0, new RoundRemains(["4711 postgres"], "/tmp/molecule-run-x", ["molecule-x of busybox"], "{\"schema\":")));

    [Theory]
    [InlineData("\"kind\":\"result\"")]
    [InlineData("\"kind\":\"cell\"")]
    public void A_covered_cell_whose_record_is_not_in_the_ledger_is_named(string kind)
    {
        var cell = SampleRun.Serving.ToString();
        ImmutableArray<string> without = [.. _whole.Where(line => line.Contains("\"kind\":\"start\"", StringComparison.Ordinal) || !(line.Contains(kind, StringComparison.Ordinal) && line.Contains($"\"cell\":\"{cell}\"", StringComparison.Ordinal)))];
        Assert.Equal(_whole.Length - 1, without.Length);

        Assert.Equal([$"covered without evidence: {cell}"], RoundJudge.Violations(SampleRun.JudgeGreen(), without, exitCode: 0, RoundRemains.Nothing));
    }

    [Fact]
    public void A_torn_line_proves_nothing()
    {
        var torn = _whole.Select(line => line.Contains("\"kind\":\"cell\"", StringComparison.Ordinal) ? line[..^20] : line);

        Assert.All(
            RoundJudge.Violations(SampleRun.JudgeGreen(), [.. torn], exitCode: 0, RoundRemains.Nothing),
            static violation => Assert.StartsWith("covered without evidence: ", violation, StringComparison.Ordinal));
        Assert.NotEmpty(RoundJudge.Violations(SampleRun.JudgeGreen(), [.. torn], exitCode: 0, RoundRemains.Nothing));
    }

    [Fact]
    public void A_green_exit_over_a_red_ledger_is_a_violation() =>
        Assert.Equal(
            ["the gate exited 0 over a ledger that is red"],
            RoundJudge.Violations(SampleRun.JudgeWith(SampleRun.Serving), _whole, exitCode: 0, RoundRemains.Nothing));

    [Theory]
    [InlineData(3, 4, true)]
    [InlineData(4, 4, false)]
    [InlineData(1, 4, true)]
    [InlineData(1, 0, false)]
    public void An_exit_code_that_the_ledger_does_not_bear_out_is_a_violation(int exitCode, int amounts, bool isOne)
    {
        var verdict = amounts == 0 ? SampleRun.JudgeGreen() : Judge.Run(SampleRun.Read(Encoding.UTF8.GetBytes(_whole[0] + "\n"), "cut"), SampleRun.RunId, SampleRun.Expected, SampleRun.Now);

        Assert.Equal(
            isOne ? [$"the gate exited {exitCode}, its ledger amounts to {amounts}"] : [],
            RoundJudge.Violations(verdict, amounts == 0 ? _whole : [_whole[0]], exitCode, RoundRemains.Nothing));
    }

    private static ImmutableArray<string> Lines(byte[] ledger) => [.. Encoding.UTF8.GetString(ledger).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}

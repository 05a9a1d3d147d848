using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.Harness.Chaos;
using Molecule.Harness.Runs;
using Molecule.Tests.HostTools;

namespace Molecule.Tests.Harness;

/// <summary>The campaign over shell scripts in the gate's place; over the gate itself it is <c>./molecule chaos</c>.</summary>
public sealed class ChaosCampaignTests
{
    private static readonly ChaosPace _fast = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(2));

    [Fact]
    public async Task Kills_are_counted_over_rounds_and_a_killed_gate_leaves_nothing_to_complain_of()
    {
        var rounds = await RunAsync("exec sleep 1000", kills: 3);

        Assert.Equal(3, rounds.Sum(static r => r.Kills.Length));
        Assert.All(rounds, static round =>
        {
            Assert.Null(round.ExitCode);
            Assert.Equal("sleep", Assert.Single(round.Kills).Part);
            Assert.Empty(round.Violations);
            Assert.Contains(round.LedgerSays, static said => said.Contains("wrote no ledger", StringComparison.Ordinal));
        });
    }

    [Fact]
    public async Task What_outlives_a_killed_gate_is_an_orphan()
    {
        // Whichever of the two is killed, a sleep is left: the first one without the shell, or the second one when the shell goes on.
        var rounds = await RunAsync("sleep 1000 & wait $!; sleep 1000 & exit 0", kills: 1);
        try
        {
            var round = Assert.Single(rounds);
            Assert.Single(round.Kills);
            Assert.Contains(round.Violations, static v => v.StartsWith("orphan: ", StringComparison.Ordinal) && v.EndsWith(" sleep", StringComparison.Ordinal));
        }
        finally
        {
            foreach (var row in rounds.SelectMany(static r => RunProcesses.Of(r.Run)))
            {
                Molecule.Processes.ProcessTable.Kill(row.Key);
            }

            await Awaited.UntilAsync("the scripts' processes had ended", TimeSpan.FromSeconds(10), () => rounds.TrueForAll(static r => RunProcesses.Of(r.Run).IsEmpty));
        }
    }

    [Fact]
    public async Task A_gate_that_is_red_by_itself_ends_the_campaign_as_a_violation()
    {
        var round = Assert.Single(await RunAsync("exit 2", kills: 5));

        Assert.Equal(["the gate exited 2, its ledger amounts to 4", "the gate exited 2 though nothing was killed"], round.Violations);
    }

    [Fact]
    public async Task A_gate_whose_length_is_not_known_is_measured_first_and_a_red_one_ends_the_campaign()
    {
        var round = Assert.Single(await RunAsync("exit 4", kills: 5, _fast with { Life = null }));

        Assert.Empty(round.Kills);
        Assert.Equal(["the gate exited 4 though nothing was killed"], round.Violations);
        Assert.True(round.Took > TimeSpan.Zero, round.Took.ToString());
    }

    [Fact]
    public async Task The_table_counts_by_the_part_that_was_killed_what_the_gates_and_their_ledgers_said()
    {
        var rounds = await RunAsync("exec sleep 1000", kills: 2);

        var table = ChaosReport.Markdown([.. rounds], seed: 1);

        Assert.Contains("seed 1: 2 kills in 2 gates, 0 of them green, 0 violations.", table, StringComparison.Ordinal);
        Assert.Matches(@"\| sleep \| 2 \| 2 \| 2 x gate killed \| 2 x .* \| none \|", table);
    }

    [Fact]
    public async Task The_gate_after_the_kills_is_not_disturbed()
    {
        var round = await Campaign("exit 0", _fast).UndisturbedAsync(1, TestContext.Current.CancellationToken);

        Assert.Empty(round.Kills);
        Assert.Equal(["the gate exited 0 over a ledger that is red"], round.Violations);
    }

    private static ChaosCampaign Campaign(string script, ChaosPace pace) => new(
            Repository.Find(AppContext.BaseDirectory),
            _ => CliWrap.Cli.Wrap("/bin/sh").WithArguments(["-c", script]),
            [new CellFilter(["codex"], ["openai-api"], ["serving"], null)],
            new ChaosOutside(static run => Path.Combine(Path.GetTempPath(), $"molecule-run-{run}"), static (_, _) => Task.FromResult(ImmutableArray<string>.Empty)),
            pace,
            TimeProvider.System,
            new Random(1));

    private static async Task<List<ChaosRound>> RunAsync(string script, int kills, ChaosPace? pace = null)
    {
        var rounds = new List<ChaosRound>();
        await foreach (var round in Campaign(script, pace ?? _fast).RunAsync(kills, TestContext.Current.CancellationToken))
        {
            rounds.Add(round);
        }

        return rounds;
    }
}

using System.Collections.Immutable;
using System.CommandLine;
using Molecule.Harness.Chaos;
using Molecule.Harness.Runs;
using Molecule.HostTools.Reaping;

namespace Molecule.Cli;

/// <summary><c>chaos</c>: gates under random kill -9, judged by what they leave.</summary>
internal static class ChaosCommand
{
    public static Command Create()
    {
        var kills = new Option<int>("--kills") { Description = "how many processes to kill in all", DefaultValueFactory = static _ => 20 };
        kills.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--kills must be at least 1.");
            }
        });
        var seed = new Option<int?>("--seed") { Description = "decides which parts, when and how many a gate; printed when not given" };
        var command = new Command("chaos", "Run gates and kill -9 random parts of them: no orphan, no covered cell without evidence, a ledger that says what happened.") { kills, seed };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetValue(kills), parsed.GetValue(seed) ?? Random.Shared.Next(), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int kills, int seed, CancellationToken cancellationToken)
    {
        var repository = Repository.Find(AppContext.BaseDirectory);
        var gate = CliWrap.Cli.Wrap("dotnet").WithArguments([typeof(ChaosCommand).Assembly.Location, "gate"]).WithWorkingDirectory(repository.Root);
        var campaign = new ChaosCampaign(repository, gate, RunFolder.PathOf, ChaosPace.OfAGate, TimeProvider.System, new Random(seed));
        Console.WriteLine($"seed {seed}: {kills} kills");
        var rounds = ImmutableArray.CreateBuilder<ChaosRound>();
        await foreach (var round in campaign.RunAsync(kills, cancellationToken))
        {
            Add(round);
        }

        Add(await campaign.UndisturbedAsync(rounds.Count + 1, cancellationToken));
        foreach (var line in ChaosReport.Summary(rounds.ToImmutable(), seed))
        {
            Console.WriteLine(line);
        }

        return rounds.Any(static r => r.Violations.Length > 0) ? ExitCodes.Failed : 0;

        void Add(ChaosRound round)
        {
            rounds.Add(round);
            foreach (var line in ChaosReport.Lines(round))
            {
                Console.WriteLine(line);
            }
        }
    }
}

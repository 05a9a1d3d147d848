using System.Collections.Immutable;
using System.CommandLine;
using Molecule.Coverage.Planning;
using Molecule.Coverage.Reports;
using Molecule.Harness.Chaos;
using Molecule.Harness.Runs;
using Molecule.HostTools.Containers;
using Molecule.HostTools.Reaping;

namespace Molecule.Cli;

/// <summary><c>chaos</c>: gates under random kill -9, judged by what they leave.</summary>
internal static class ChaosCommand
{
    private const string Feature = "serving";

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
        var selections = Selections(repository);
        var campaign = new ChaosCampaign(repository, selection => Gate(repository, selection), selections, Outside(), ChaosPace.OfAGate, TimeProvider.System, new Random(seed));
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

        var table = Path.Combine(repository.Artifacts, "chaos.md");
        ArtifactFile.Write(table, ChaosReport.Markdown(rounds.ToImmutable(), seed));
        Console.WriteLine($"table: {table}");
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

    // A cell of each runtime's arms alone: a gate of that is over in seconds. As often for a runtime of one arm as for one of seven.
    private static ImmutableArray<CellFilter> Selections(Repository repository)
    {
        var plan = CellRun.Plan(repository, new RunOptions("chaos", RunRequest.Mock, Ledger: null), TimeProvider.System);
        var byRuntime = plan.Expectation.Cells
            .Where(static c => c is { IsExecuted: true, Id: { Feature: Feature, Runtime: not null, Arm: not null } })
            .GroupBy(static c => c.Id.Runtime!, static c => c.Id.Arm!)
            .ToList();
        var most = byRuntime.Max(static g => g.Count());
        return [.. byRuntime.SelectMany(g => Enumerable.Range(0, most).Select(n => new CellFilter([g.Key], [g.ElementAt(n % g.Count())], [Feature], Shard: null)))];
    }

    private static CliWrap.Command Gate(Repository repository, CellFilter selection) => CliWrap.Cli.Wrap("dotnet")
        .WithArguments([typeof(ChaosCommand).Assembly.Location, "gate", "--runtime", string.Join(',', selection.Runtimes), "--arm", string.Join(',', selection.Arms), "--feature", string.Join(',', selection.Features)])
        .WithWorkingDirectory(repository.Root);

    private static ChaosOutside Outside() =>
        new(RunFolder.PathOf, static (run, cancellationToken) => new RunContainers(run, ContainerEngine.OfThisMachine(), TextWriter.Null).FindAsync(cancellationToken));
}

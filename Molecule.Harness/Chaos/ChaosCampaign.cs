using System.Collections.Immutable;
using CliWrap;
using Molecule.Coverage.Planning;
using Molecule.Harness.Runs;
using Molecule.Processes;

namespace Molecule.Harness.Chaos;

/// <summary>
/// Runs gate after gate and kills random parts of each with kill -9: which cells, which parts, when and how many follow from the seed. What a
/// part does in that moment does not, so a seed names a campaign and does not replay it.
/// </summary>
/// <param name="repository">The checkout.</param>
/// <param name="gate">The gate over a selection, as a command; the campaign adds the run's id to its environment.</param>
/// <param name="selections">What a round's gate may be asked for: one of them at random, few cells each, so that a round is short.</param>
/// <param name="outside">Where else a run may leave something.</param>
/// <param name="pace">How fast it kills and how long it waits for what is left.</param>
/// <param name="clock">The clock.</param>
/// <param name="random">Seeded.</param>
public sealed class ChaosCampaign(
    Repository repository, Func<CellFilter, Command> gate, ImmutableArray<CellFilter> selections, ChaosOutside outside, ChaosPace pace, TimeProvider clock, Random random)
{
    private const int MostKillsOfARound = 3;
    private const string ReaperPart = "Molecule.HostTools reap";

    private static readonly TimeSpan GateLimit = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, int> _killsOf = [];
    private readonly Dictionary<CellFilter, TimeSpan> _lives = [];
    private readonly List<string> _owed = [];

    /// <summary>Kills until <paramref name="kills"/> processes have been killed, or a gate ends red by itself before anything of it was.</summary>
    public async IAsyncEnumerable<ChaosRound> RunAsync(int kills, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var number = 1;
        if (pace.Life is null)
        {
            // How long a gate lives here and now: the kills are spread over all of that.
            var measured = await RoundAsync(number++, kills: 0, cancellationToken).ConfigureAwait(false);
            yield return measured;
            if (measured.ExitCode != 0)
            {
                yield break;
            }
        }

        for (var left = kills; left > 0; number++)
        {
            var round = await RoundAsync(number, Math.Min(left, random.Next(1, MostKillsOfARound + 1)), cancellationToken).ConfigureAwait(false);
            left -= round.Kills.Length;
            yield return round;
            if (round.Kills.IsEmpty && round.ExitCode != 0)
            {
                yield break;
            }
        }
    }

    /// <summary>One more gate that nobody disturbs: it has to be green, and to clear away what runs without a living reaper had to leave.</summary>
    /// <param name="number">The round's.</param>
    /// <param name="cancellationToken">Ends the gate.</param>
    public async Task<ChaosRound> UndisturbedAsync(int number, CancellationToken cancellationToken)
    {
        var round = await RoundAsync(number, kills: 0, cancellationToken).ConfigureAwait(false);
        return round with { Violations = [.. round.Violations, .. _owed.Where(Directory.Exists).Select(static folder => $"left behind and not cleared away by a later gate: {folder}")] };
    }

    private async Task<ChaosRound> RoundAsync(int number, int kills, CancellationToken cancellationToken)
    {
        var selection = selections[random.Next(selections.Length)];
        var options = new RunOptions(RunId.Fresh(clock, random), RunRequest.Mock with { Filter = selection }, Ledger: null);
        var run = CellRun.Plan(repository, options, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ended.CancelAfter(GateLimit);
        var start = clock.GetTimestamp();
        var started = gate(selection)
            .WithEnvironmentVariables(v => v.Set(Contracts.Runs.RunEnvironment.Run, options.RunId))
            .WithValidation(CommandResultValidation.None)
            .ExecuteAsync(ended.Token);
        var gateKey = ProcessTable.Find(started.ProcessId)?.Key;
        var killed = await KillAsync(options.RunId, kills, LifeOf(selection), started.Task, ended.Token).ConfigureAwait(false);
        var exitCode = await ExitCodeAsync(started, cancellationToken).ConfigureAwait(false);
        var took = clock.GetElapsedTime(start);
        var isHung = exitCode is null;
        if (killed.IsEmpty)
        {
            _lives[selection] = took;
        }

        if (killed.Any(k => k.ProcessId == gateKey?.Id))
        {
            exitCode = null;
        }

        var remains = await RemainsAsync(options.RunId, cancellationToken).ConfigureAwait(false);
        if (remains.Folder is { } folder && killed.Any(static k => k.Part == ReaperPart))
        {
            // A reaper that was killed together with the run's holder can clear nothing: the next gate owes it.
            _owed.Add(folder);
            remains = remains with { Folder = null };
        }

        var verdict = run.Verdict();
        ImmutableArray<string> ledger = File.Exists(run.LedgerPath) ? [.. await File.ReadAllLinesAsync(run.LedgerPath, cancellationToken).ConfigureAwait(false)] : [];
        return new ChaosRound(
            number,
            options.RunId,
            selection.ToString(),
            took,
            killed,
            exitCode,
            verdict.Totals.Covered + verdict.Totals.CoveredEmulated,
            [.. verdict.Findings.Select(static f => f.ToString())],
            [
                .. RoundJudge.Violations(verdict, ledger, exitCode, remains),
                .. isHung ? (string[])[$"the gate did not end within {GateLimit.TotalMinutes:0} minutes"] : [],
                .. killed.IsEmpty && exitCode is > 0 ? (string[])[$"the gate exited {exitCode} though nothing was killed"] : [],
            ]);
    }

    private TimeSpan LifeOf(CellFilter selection) =>
        pace.Life ?? (_lives.TryGetValue(selection, out var life) ? life : _lives.Count > 0 ? _lives.Values.Max() : TimeSpan.Zero);

    private static async Task<int?> ExitCodeAsync(CommandTask<CommandResult> gate, CancellationToken cancellationToken)
    {
        try
        {
            return (await gate.Task.ConfigureAwait(false)).ExitCode;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<ImmutableArray<Kill>> KillAsync(string run, int kills, TimeSpan life, Task gateEnded, CancellationToken cancellationToken)
    {
        var killed = ImmutableArray.CreateBuilder<Kill>();
        var start = clock.GetTimestamp();
        while (killed.Count < kills)
        {
            var pause = Task.Delay((killed.Count == 0 ? life : pace.NextKill) * random.NextDouble(), clock, cancellationToken);
            if (await Task.WhenAny(pause, gateEnded).ConfigureAwait(false) == gateEnded)
            {
                break;
            }

            await pause.ConfigureAwait(false);

            if (Victim(RunProcesses.Of(run)) is { } victim && ProcessTable.Kill(victim.Key))
            {
                killed.Add(new Kill(clock.GetElapsedTime(start), victim.Part, victim.Key.Id));
                _killsOf[victim.Part] = _killsOf.GetValueOrDefault(victim.Part) + 1;
            }
        }

        return killed.ToImmutable();
    }

    // By part first, since a graph has one node and a dozen PostgreSQL processes; and rather one that was seldom hit: the launcher is there
    // in every round, an agent's program only for seconds.
    private (ProcessKey Key, string Part)? Victim(ImmutableArray<ProcessRow> rows)
    {
        var parts = rows.GroupBy(RunProcesses.PartOf).OrderBy(static g => g.Key, StringComparer.Ordinal).ToArray();
        var weights = parts.Select(part => 1.0 / (1 + _killsOf.GetValueOrDefault(part.Key))).ToArray();
        var chosen = random.NextDouble() * weights.Sum();
        for (var i = 0; i < parts.Length; i++)
        {
            chosen -= weights[i];
            if (chosen < 0)
            {
                return (parts[i].ElementAt(random.Next(parts[i].Count())).Key, parts[i].Key);
            }
        }

        return null;
    }

    private async Task<RoundRemains> RemainsAsync(string run, CancellationToken cancellationToken)
    {
        ImmutableArray<string> processes = [];
        ImmutableArray<string> containers = [];
        var folder = outside.FolderOf(run);
        try
        {
            await Awaiting.UntilAsync(
                $"all processes and containers and the folder of run {run} to be gone",
                async token =>
                {
                    processes = [.. RunProcesses.Of(run).Select(static p => $"{p.Key.Id} {RunProcesses.PartOf(p)}")];
                    containers = await outside.ContainersOfAsync(run, token).ConfigureAwait(false);
                    return processes.IsEmpty && containers.IsEmpty && !Directory.Exists(folder) ? string.Empty : null;
                },
                () => string.Join(", ", processes.Concat(containers)),
                pace.Remains,
                clock,
                cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // What is left is the round's finding.
        }

        var report = Path.Combine(repository.Artifacts, "coverage.json");
        return new RoundRemains(
            processes,
            Directory.Exists(folder) ? folder : null,
            containers,
            File.Exists(report) ? await File.ReadAllTextAsync(report, cancellationToken).ConfigureAwait(false) : null);
    }
}

/// <summary>Where a run may leave something besides its processes.</summary>
/// <param name="FolderOf">Where a run keeps what lives only as long as it.</param>
/// <param name="ContainersOfAsync">The containers of a run.</param>
public sealed record ChaosOutside(Func<string, string> FolderOf, Func<string, CancellationToken, Task<ImmutableArray<string>>> ContainersOfAsync);

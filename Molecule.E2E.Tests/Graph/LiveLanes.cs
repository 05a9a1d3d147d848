using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Clients;
using Molecule.Harness.Credentials;
using Molecule.Harness.Engines;
using Molecule.Harness.Journals;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Live;
using Molecule.Harness.Spend;
using Molecule.Processes.Peers;

namespace Molecule.E2E.Tests.Graph;

/// <summary>The run's live lanes, one after the other: what each has spent is known before the next is let go.</summary>
internal sealed class LiveLanes
{
    private readonly ImmutableDictionary<LaneKey, Task<LaneRun>> _runs;

    private LiveLanes(ImmutableDictionary<LaneKey, Task<LaneRun>> runs) => _runs = runs;

    /// <summary>Asks the vendors whether the keys are alive, then begins the lanes.</summary>
    public static async Task<LiveLanes> BeginAsync(
        ControlPlaneClient controlPlane, FakesClient fakes, JournalTail atFakes, SyntheticCredentials synthetic, EngineAttestation engines, WorkspaceLogs logs, HttpClient http, CancellationToken stopping)
    {
        var run = RunSession.Run;
        var asked = run.Expectation.Cells.Where(static c => c.IsExecuted && c.Id.Mode is CellMode.Live).Select(static c => c.Id).ToList();
        if (asked.Count == 0)
        {
            return new LiveLanes(ImmutableDictionary<LaneKey, Task<LaneRun>>.Empty);
        }

        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        var preflights = await new LivePreflight(run.Registry, RunSession.Keys, environment, http).RunAsync(asked.Select(static id => id.Arm!), stopping);
        var refused = preflights.Where(static p => p.IsDead).ToImmutableDictionary(static p => p.Arm);
        var runner = new LiveLaneRunner(
            controlPlane,
            fakes,
            atFakes,
            new LiveCredentials(run.Registry, RunSession.Keys, synthetic, refused, environment),
            new SpendBook(PriceTable.Read(PlanFile.Load(run.Repository.PricesFile)), SpendLimits.Read(environment), Path.Combine(run.Folder, SpendBook.FileName)),
            engines,
            new WorkspaceWitness(new PeerAttestor(), TimeProvider.System),
            logs,
            TimeProvider.System);

        var runs = ImmutableDictionary.CreateBuilder<LaneKey, Task<LaneRun>>();
        Task before = Task.CompletedTask;
        foreach (var route in ExpectedRoute.All)
        {
            ILaneScript[] scripts = [.. ((ILaneScript[])[new ServingScript()]).Where(s => asked.Exists(id => id.Runtime == route.Runtime && id.Arm == route.Arm && id.Feature == s.Feature))];
            if (scripts.Length > 0)
            {
                var lane = route.Lane with { IsLive = true };
                before = runs[lane] = BehindAsync(before, () => runner.RunAsync(lane, route.Model, [.. scripts], new Random(run.Seed ^ LaneScheduler.StableHash(lane.ToString())), stopping));
            }
        }

        return new LiveLanes(runs.ToImmutable());
    }

    /// <summary>The run of a lane.</summary>
    public Task<LaneRun> Of(LaneKey key) =>
        _runs.TryGetValue(key, out var run) ? run : throw new InvalidOperationException($"The lane {key} was not queued: no selected cell needs it.");

    /// <summary>Waits until every lane has ended, well or not.</summary>
    public Task EndAsync() => Task.WhenAll(_runs.Values.Select(static r => r.ContinueWith(static _ => { }, TaskScheduler.Default)));

    private static async Task<LaneRun> BehindAsync(Task before, Func<Task<LaneRun>> run)
    {
        await Task.WhenAny(before);
        return await run();
    }
}

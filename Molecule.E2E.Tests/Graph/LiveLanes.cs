using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Overflow;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Secrets;
using Molecule.E2E.Tests.Session;
using Molecule.Harness.Clients;
using Molecule.Harness.Credentials;
using Molecule.Harness.Engines;
using Molecule.Harness.Journals;
using Molecule.Harness.Keys;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Live;
using Molecule.Harness.Logins;
using Molecule.Harness.Spend;
using Molecule.Processes.Peers;

namespace Molecule.E2E.Tests.Graph;

/// <summary>The run's live lanes, one after the other: what each has spent is known before the next is let go.</summary>
internal sealed class LiveLanes
{
    private readonly Lock _lock = new();
    private readonly LiveLaneRunner _runner;
    private readonly CancellationToken _stopping;
    private readonly Dictionary<LaneKey, Task<LaneRun>> _runs = [];
    private Task _last = Task.CompletedTask;

    private LiveLanes(LiveLaneRunner runner, CancellationToken stopping) => (_runner, _stopping) = (runner, stopping);

    /// <summary>Asks the vendors whether the keys are alive, then begins the lanes.</summary>
    public static async Task<LiveLanes> BeginAsync(
        ControlPlaneClient controlPlane, FakesClient fakes, JournalTail atFakes, SyntheticCredentials synthetic, WorkspaceLogin inWorkspace, EngineAttestation engines, WorkspaceLogs logs, HttpClient http, string workspacesFolder, CancellationToken stopping)
    {
        var run = RunSession.Run;
        var asked = run.Expectation.Cells.Where(static c => c.IsExecuted && c.Id.Mode is CellMode.Live).Select(static c => c.Id).ToList();
        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        var preflights = await new LivePreflight(run.Registry, RunSession.Keys, environment, http, TimeProvider.System).RunAsync(asked.Select(static id => id.Arm ?? (id.Feature == AutohealIncidentTests.Name ? AutohealIncidentTests.Route : SecretsRoute.Of(id))?.Arm).OfType<string>(), stopping);
        var refused = preflights.Where(static p => p.IsDead).ToImmutableDictionary(static p => p.Arm);
        var login = new OneUseLogin(
            LiveKeys.CodexLogin, RunSession.Keys, LoginSafe.OfThisUser(environment), new LoginRefresh(http, environment, TimeProvider.System), RunSession.Secrets, TimeProvider.System);
        RunSession.Login = login;
        var lanes = new LiveLanes(
            new LiveLaneRunner(
                controlPlane,
                fakes,
                atFakes,
                new LiveCredentials(run.Registry, RunSession.Keys, synthetic, login, refused, environment),
                login,
                inWorkspace,
                new SpendBook(PriceTable.Read(PlanFile.Load(run.Repository.PricesFile)), SpendLimits.Read(environment), Path.Combine(run.Folder, SpendBook.FileName)),
                engines,
                new WorkspaceWitness(new PeerAttestor(), TimeProvider.System),
                logs,
                TimeProvider.System),
            stopping);
        foreach (var route in ExpectedRoute.All)
        {
            // The cheapest first, and last the one that ends with a workspace that has lost its home.
            ILaneScript[] scripts = [.. ((ILaneScript[])[new ServingScript(), new StreamingScript(), new ContinuityScript(), new SessionResetScript(), new DataSwapScript(workspacesFolder)])
                .Where(s => asked.Exists(id => id.Runtime == route.Runtime && id.Arm == route.Arm && id.Feature == s.Feature))];
            if (scripts.Length > 0)
            {
                var lane = route.Lane with { IsLive = true };
                lanes._runs[lane] = lanes.Queue(() => lanes._runner.RunAsync(lane, route.Model, [.. scripts], RandomOf(lane.ToString()), stopping));
            }
        }

        return lanes;
    }

    /// <summary>The run of a lane.</summary>
    public Task<LaneRun> Of(LaneKey key) =>
        _runs.TryGetValue(key, out var run) ? run : throw new InvalidOperationException($"The lane {key} was not queued: no selected cell needs it.");

    /// <summary>Runs a lane of one script behind all others.</summary>
    public Task<LaneRun> BesidesAsync(ExpectedRoute route, ILaneScript script, ImmutableDictionary<string, string> secrets)
    {
        var lane = route.Lane with { IsLive = true };
        return Queue(() => _runner.RunAsync(lane, route.Model, [script], RandomOf($"{lane} {script.Feature}"), _stopping, secrets));
    }

    /// <summary>Waits until every lane has ended, well or not.</summary>
    public Task EndAsync()
    {
        lock (_lock)
        {
            // Each ends behind the one before it.
            return _last.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private static Random RandomOf(string lane) => new(RunSession.Run.Seed ^ LaneScheduler.StableHash(lane));

    private Task<LaneRun> Queue(Func<Task<LaneRun>> run)
    {
        lock (_lock)
        {
            var queued = BehindAsync(_last, run);
            _last = queued;
            return queued;
        }
    }

    private static async Task<LaneRun> BehindAsync(Task before, Func<Task<LaneRun>> run)
    {
        await Task.WhenAny(before);
        return await run();
    }
}

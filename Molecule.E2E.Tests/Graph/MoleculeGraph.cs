using System.Collections.Immutable;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Molecule.AppHost.Run;
using Molecule.AppHost.Services;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Ledger;
using Molecule.Coverage.Planning;
using Molecule.E2E.Tests.Egress;
using Molecule.E2E.Tests.Lanes;
using Molecule.E2E.Tests.Routes;
using Molecule.E2E.Tests.Session;
using Molecule.Harness;
using Molecule.Harness.Clients;
using Molecule.Harness.Controls;
using Molecule.Harness.Credentials;
using Molecule.Harness.Drift;
using Molecule.Harness.Engines;
using Molecule.Harness.Journals;
using Molecule.Harness.Lanes;
using Molecule.Harness.Lanes.Scripts;
using Molecule.Harness.Logins;
using Molecule.Harness.Runs;
using Molecule.Harness.Secrets;
using Molecule.HostTools.Containers;
using Molecule.Processes;

[assembly: AssemblyFixture(typeof(Molecule.E2E.Tests.Graph.MoleculeGraph))]

namespace Molecule.E2E.Tests.Graph;

/// <summary>
/// The graph of this run, started once for all cells. A start that fails does not throw here, since that would blame every test for the
/// platform's reasons: each cell fails with the cause when it asks for the graph.
/// </summary>
public sealed class MoleculeGraph : IAsyncLifetime
{
    // A lane waits for its program and for its vendor most of the time.
    private const int LanesPerProcessor = 2;

    private readonly CancellationTokenSource _stopping = new();
    private readonly JournalClaims _claims = new();
    private readonly SystemUnderTest _system = SystemUnderTest.OfThisRun;
    private readonly GraphSecrets _secrets;
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private RunEgress? _egress;
    private DistributedApplication? _app;
    private LaneScheduler? _lanes;
    private LiveLanes? _live;
    private LaneRunner? _runner;
    private LanePool? _pool;
    private StaleLoginScript? _staleLogin;
    private ControlPlaneClient? _controlPlane;
    private FakesClient? _fakes;
    private DesktopClient? _desktop;
    private JournalTail? _atFakes;
    private JournalTail? _atProxy;
    private RunImages? _images;
    private Task _watching = Task.CompletedTask;
    private volatile Exception? _lost;

    public MoleculeGraph() => _secrets = GraphSecrets.Fresh(_system.AdminToken());

    public async ValueTask InitializeAsync()
    {
        try
        {
            _egress = RunEgress.Begin(RunSession.Run);
            _images = RuntimeContainers.Follow(RunSession.Run.Options.RunId);
            using var deadline = new CancellationTokenSource(Deadlines.GraphStart);
            await StartAsync(deadline.Token);
        }
        catch (Exception e)
        {
            _lost = e;
            RunSession.Problems.Enqueue(new RunProblem("graph-lost", e.Message));
        }
    }

    /// <summary>What the lane showed.</summary>
    /// <exception cref="GraphLostException">The graph was lost before the lane was begun.</exception>
    /// <exception cref="LaneException">The lane failed, or the graph was lost while it ran.</exception>
    public async Task<LaneRun> LaneAsync(LaneKey lane, CancellationToken cancellationToken)
    {
        // A lane that had ended well before the graph was lost has proven its cells.
        var lanes = _lanes ?? There(_lanes);
        try
        {
            return await (lane.IsLive ? There(_live).Of(lane) : lanes.Of(lane)).WaitAsync(cancellationToken);
        }
        catch (Exception e) when (_lost is { } lost)
        {
            throw lanes.HasBegun(lane) ? new LaneException($"{lane}: graph lost: {lost.Message}\n{e.Message}", e) : new GraphLostException(lost);
        }
    }

    /// <summary>Those of the selected lanes that ended well, once all of them have ended.</summary>
    internal async Task<ImmutableArray<LaneRun>> LanesAsync(CancellationToken cancellationToken)
    {
        var ended = await There(_lanes).EndAsync().WaitAsync(cancellationToken);
        return _lost is { } lost ? throw new GraphLostException(lost) : ended;
    }

    internal RunEgress Egress => There(_egress);

    /// <summary>A lane beside those of the matrix, for one script, in a workspace that holds another arm's key as well.</summary>
    internal async Task<LaneRun> SideLaneAsync(ExpectedRoute route, LaneKey? besides, ILaneScript script, CancellationToken cancellationToken, ImmutableDictionary<string, string>? secrets = null)
    {
        var (runner, pool) = (There(_runner), There(_pool));
        using var place = await pool.EnterAsync(LaneCost.Of(route.Runtime), cancellationToken);
        return await LaneScheduler.WithinAsync(route.Lane, () => runner.RunAsync(
            route.Lane, route.Model, route.Control, [script], new Random(LaneScheduler.StableHash($"{RunSession.Run.Seed} {route.Lane} {route.Model} {script.Feature}")), cancellationToken, besides, secrets));
    }

    /// <summary>A live lane beside those of the matrix, for one script, behind all live lanes that were queued before it.</summary>
    internal Task<LaneRun> LiveSideLaneAsync(ExpectedRoute route, ILaneScript script, ImmutableDictionary<string, string> secrets, CancellationToken cancellationToken) =>
        There(_live).BesidesAsync(route, script, secrets).WaitAsync(cancellationToken);

    /// <summary>A script for one lane whose secrets go through the secrets manager.</summary>
    internal SecretsScript Secrets(ExpectedRoute route) =>
        new(There(_fakes), new SecretsView(WorkspacesFolder), new Random(LaneScheduler.StableHash($"{RunSession.Run.Seed} {route.Lane} secrets")));

    /// <summary>For the one lane that tries what neither side of the secrets manager may do.</summary>
    internal SecretsRefusalScript SecretsRefusal() => new(There(_fakes), _http, _secrets.SecretsWriter, TimeProvider.System);

    /// <summary>For the one lane whose login runs out.</summary>
    internal StaleLoginScript StaleLogin => There(_staleLogin);

    internal ControlPlaneClient ControlPlane => There(_controlPlane);

    internal DesktopClient Desktop => There(_desktop);

    /// <summary>Holds a folder a workspace.</summary>
    internal string WorkspacesFolder => There(_app).Services.GetRequiredService<MoleculeRun>().WorkspacesFolder;

    internal Task<ImmutableArray<JournalEntry>> JournalAsync(CancellationToken cancellationToken) => There(_atFakes).ReadAsync(cancellationToken);

    internal Task<RequestSamples> RequestsAsync(CancellationToken cancellationToken) => There(_fakes).RequestsAsync(cancellationToken);

    /// <summary>The fakes' answers to the probes of drift, whose requests belong to them.</summary>
    internal async Task<ImmutableArray<(AnswerProbe Probe, ImmutableArray<JsonElement> Documents)>> ProbedAnswersAsync(CancellationToken cancellationToken)
    {
        var leg = new FakeLeg(_http, There(_fakes));
        var answers = await leg.ReadAsync(cancellationToken);
        _claims.Claim("the probes of drift", (await JournalAsync(cancellationToken)).Where(e => e.Credential == leg.Fingerprint));
        return answers;
    }

    private T There<T>(T? part)
        where T : class =>
        _lost is null && part is not null ? part : throw new GraphLostException(_lost ?? new InvalidOperationException("it has not been started"));

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        var run = RunSession.Run;
        _secrets.TellTo(RunSession.Secrets);
        string[] arguments = [$"--{RunEnvironment.Run}={run.Options.RunId}", $"--{ControlPlaneChoice.Setting}={_system.Choice}", .. _secrets.AsArguments()];
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Molecule_AppHost>(arguments, cancellationToken);
        _app = await builder.BuildAsync(cancellationToken);
        await _app.StartAsync(cancellationToken);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync(ControlPlaneExtensions.Name, cancellationToken);
        foreach (var service in _system.Services)
        {
            await _app.ResourceNotifications.WaitForResourceHealthyAsync(service, cancellationToken);
            await ServerOfThisRun.EnsureAsync(_app, service, cancellationToken);
        }

        var atControlPlane = Patient(_system.Connect(_app));
        var controlPlane = new ControlPlaneClient(atControlPlane, _secrets.AdminToken, TimeProvider.System);
        _desktop = new DesktopClient(atControlPlane, _secrets.AdminToken);
        var fakes = new FakesClient(Patient(_app.CreateHttpClient("fakes", "http")), _secrets.FakesAdminKey);
        foreach (var vendor in (string[])["anthropic", "openai", "minimax", "moonshot", "google"])
        {
            await fakes.AcceptAsync(new AcceptedCredential($"upstream-{vendor}", CredentialFingerprint.Of(_secrets.VendorKey), null), cancellationToken);
        }

        // Whom the pool of spec/runtimes-and-providers.md 3.6 trusts: written down here once more, so that another identity in the graph is refused.
        await fakes.TrustAsync(
            new FederatedIdentity(
                "//iam.googleapis.com/projects/1000000000/locations/global/workloadIdentityPools/molecule-e2e/providers/aws",
                _secrets.AwsAccessKeyId, _secrets.AwsSecretAccessKey, SessionToken: null, "llm-proxy@molecule-e2e.iam.gserviceaccount.com"),
            cancellationToken);

        await _secrets.AddUsersAsync(fakes, cancellationToken);
        _fakes = fakes;
        _controlPlane = controlPlane;
        _atFakes = new JournalTail(fakes.JournalAsync);
        _atProxy = new JournalTail(_system.HasProxyJournal ? controlPlane.LlmJournalAsync : static (after, _) => Task.FromResult(new JournalPage([], after)));
        var credentials = new SyntheticCredentials(run.Registry, await fakes.DescribeAsync(cancellationToken), fakes.Address, TimeProvider.System);
        var logs = new WorkspaceLogs(WorkspacesFolder);
        _staleLogin = new StaleLoginScript(fakes, credentials, new Random(LaneScheduler.StableHash($"{run.Seed} stale login")));
        var engines = new EngineAttestation(run.LockedEngines, container => _images?.Find(container));
        var runner = new LaneRunner(
            controlPlane,
            fakes,
            _atFakes,
            _atProxy,
            new NegativeControls(_http, fakes, _atFakes, _claims),
            credentials,
            engines,
            _claims,
            Egress.Workspaces,
            logs,
            TimeProvider.System);
        _runner = runner;
        _pool = new LanePool(Environment.ProcessorCount * LanesPerProcessor, HalfOfTheMemory());
        _watching = WatchAsync(new GraphWatch(_app.ResourceNotifications, _system.Needed));
        _lanes = new LaneScheduler(runner, run.Seed, _pool, _stopping.Token);
        var payer = new PayerScript(new WorkspaceInside(WorkspacesFolder), _secrets.OfThePlatform);
        var registries = new RegistryScript(controlPlane, _http);
        _lanes.Queue(
            from route in ExpectedRoute.All
            let scripts = LaneScripts.Of(route, payer, registries, WorkspacesFolder)
            where !scripts.IsEmpty
            select (route, scripts));
        var inWorkspace = new WorkspaceLogin(atControlPlane, _secrets.AdminToken, WorkspacesFolder, TimeProvider.System);
        _live = await LiveLanes.BeginAsync(controlPlane, fakes, _atFakes, credentials, inWorkspace, engines, logs, _http, WorkspacesFolder, _stopping.Token);
    }

    private static int HalfOfTheMemory() => (int)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 / (1024 * 1024));

    private async Task WatchAsync(GraphWatch watch)
    {
        try
        {
            var loss = await watch.LossAsync(_stopping.Token);
            _lost = new InvalidOperationException(loss);
            RunSession.Problems.Enqueue(new RunProblem("graph-lost", loss));

            // Nobody waits for answers that cannot come.
            await _stopping.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The run has come to its end with a whole graph.
        }
    }

    private static HttpClient Patient(HttpClient client)
    {
        // Turns have deadlines of their own (Deadlines.Turn).
        client.Timeout = Timeout.InfiniteTimeSpan;
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_lanes is not null && _atFakes is not null && _lost is null)
            {
                await _lanes.EndAsync();
                await There(_live).EndAsync();
                await UnclaimedRequests.TellAsync(_claims, _atFakes);
            }
        }
        finally
        {
            // While the graph is there, and whatever became of the lane: the next run begins with what is written back now.
            if (RunSession.Login is { } login && await login.TakeBackAsync(CancellationToken.None) is { } notReturned)
            {
                RunSession.Problems.Enqueue(new RunProblem("login-not-returned", notReturned));
            }

            await _stopping.CancelAsync();
            await _watching;
            if (_app is not null)
            {
                await _app.StopAsync(CancellationToken.None);
                await _app.DisposeAsync();
            }

            if (_images is not null)
            {
                await _images.DisposeAsync();
            }

            if (_egress is not null)
            {
                foreach (var problem in _egress.Problems())
                {
                    RunSession.Problems.Enqueue(problem);
                }

                await _egress.DisposeAsync();
            }

            _atFakes?.Dispose();
            _atProxy?.Dispose();
            _http.Dispose();
            _stopping.Dispose();
        }

        await RunRemains.AwaitNoneAsync();
    }
}

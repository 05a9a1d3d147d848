using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using Molecule.Contracts.Runs;
using Molecule.ControlPlane;
using Molecule.Harness.Benchmarks;
using Molecule.Harness.Runs;
using Molecule.HostTools.Postgres;

namespace Molecule.Benchmarks;

/// <summary>A turn through the control plane against the same turn straight at the workspace, whose stand-in does nothing but answer.</summary>
public static class ControlPlaneBenchmark
{
    private const string AdminToken = "admin-token-of-the-benchmark";
    private const string Ping = """{"jsonrpc":"2.0","id":"r1","method":"message/send","params":{"message":{"role":"user","messageId":"m1","parts":[{"kind":"text","text":"ping"}]}}}""";
    private const int Parallel = 50;
    private const int Rounds = 6;

    // A thousand turns a round.
    private const int WarmUpOfABurst = 8;
    private const double Target = 3;

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync(string lifeline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var bare = await ServiceProcess.StartAsync(typeof(BareServer).Assembly.Location, [BareServer.Verb], new Dictionary<string, string?>(), cancellationToken);
        await using var postgres = await EmbeddedPostgres.StartAsync(cancellationToken);
        await using var controlPlane = await ServiceProcess.StartAsync(
            typeof(ControlPlaneApplication).Assembly.Location,
            ["--urls", "http://127.0.0.1:0"],
            new Dictionary<string, string?>
            {
                [RunEnvironment.Lifeline] = lifeline,
                ["ConnectionStrings__moleculedb"] = postgres.ConnectionString,
                ["ADMIN_TOKEN"] = AdminToken,
                ["MOLECULE_ENV"] = "development",
                ["RATE_LIMIT"] = "1000000",
                ["Molecule__Registry"] = Repository.Find(AppContext.BaseDirectory).ProvidersFile,
            },
            cancellationToken);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AdminToken);
        await HealthyAsync(http, new Uri(controlPlane.Url, "/health"), cancellationToken);
        var paced = await CompareAsync("/slow", 1, 4, BareServer.SlowTurn, cancellationToken);
        yield return paced.ToDifference(
            "control-plane-turns", $"what the control plane adds (p50) while 50 turns of {BareServer.SlowTurn.TotalMilliseconds:0} ms are under way", Target, "ms");
        var atOnce = await CompareAsync("/", WarmUpOfABurst, 20, TimeSpan.Zero, cancellationToken);
        yield return atOnce.ToDifference(
            "control-plane-burst", "what it adds (p50) to 50 callers without a pause at a workspace that answers at once: the machine is saturated, so this is 50 through its turns a second", null, "ms");

        async Task<Comparison> CompareAsync(string path, int warmUp, int turns, TimeSpan over, CancellationToken ct)
        {
            // An agent registers as localhost (spec/control-plane.md 2.6).
            var agent = new Uri($"http://localhost:{bare.Url.Port}{path}");
            var id = Guid.NewGuid();
            using var registered = await http.PostAsJsonAsync(new Uri(controlPlane.Url, "/registry/register"), new { id, url = agent, agent_card = new { name = "agent" } }, ct);
            registered.EnsureSuccessStatusCode();
            var through = new Uri(controlPlane.Url, $"/workspaces/{id}/a2a");
            return await Interleaved.RunAsync(warmUp, Rounds, c => MedianTurnAsync(http, through, turns, over, c), c => MedianTurnAsync(http, agent, turns, over, c), ct);
        }
    }

    // The callers set out one after the other over a turn's time, as people do, so that their turns do not march in step.
    private static async Task<double> MedianTurnAsync(HttpClient http, Uri url, int turns, TimeSpan over, CancellationToken cancellationToken)
    {
        var took = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(async caller =>
        {
            await Task.Delay(over * caller / Parallel, cancellationToken);
            var times = new double[turns];
            for (var turn = 0; turn < turns; turn++)
            {
                var started = Stopwatch.GetTimestamp();
                using var content = new StringContent(Ping, Encoding.UTF8, "application/json");
                using var response = await http.PostAsync(url, content, cancellationToken);
                var text = await response.Content.ReadAsStringAsync(cancellationToken);
                times[turn] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (!text.Contains("pong", StringComparison.Ordinal))
                {
                    throw new InvalidDataException($"A turn at {url} was answered {(int)response.StatusCode}: {text}");
                }
            }

            return times;
        }));
        return Comparison.Median(took.SelectMany(static times => times));
    }

    private static async Task HealthyAsync(HttpClient http, Uri health, CancellationToken cancellationToken)
    {
        var last = "nothing";
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60); await Task.Delay(50, cancellationToken))
        {
            using var response = await http.GetAsync(health, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return;
            }

            last = await response.Content.ReadAsStringAsync(cancellationToken);
        }

        throw new TimeoutException($"The control plane was not healthy within 60 s: {last}");
    }
}

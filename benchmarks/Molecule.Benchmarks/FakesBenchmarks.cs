using System.Globalization;
using System.Runtime.CompilerServices;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;
using Molecule.Harness.Benchmarks;
using Molecule.Harness.Clients;
using Molecule.ProviderFakes;

namespace Molecule.Benchmarks;

/// <summary>The provider fakes against a bare Kestrel handler that writes the same.</summary>
public static class FakesBenchmarks
{
    private const string AdminKey = "admin-of-the-benchmark";
    private const string Key = "mol-key-of-the-benchmark";
    private const int Parallel = 200;
    private const int Batches = 3;

    // A round takes some 10 ms: the median of eight of them was 1.29, 1.53 and 1.66 in three runs of the same code.
    private const int Rounds = 40;
    private const int YoungRounds = 8;

    // 39,000 turns of each side: after 15,000 a turn still computed up to twice of what it does after these.
    private const int WarmUp = 65;

    public static async IAsyncEnumerable<BenchmarkRow> RunAsync(string lifeline, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var bare = await ServiceProcess.StartAsync(typeof(BareServer).Assembly.Location, [BareServer.Verb], new Dictionary<string, string?>(), cancellationToken);
        await using var fakes = await StartAsync(lifeline, cancellationToken);
        using var http = new HttpClient { BaseAddress = fakes.Url };
        var admin = new FakesClient(http, AdminKey);
        await AcceptAsync(fakes.Url, "anthropic-api", Key, cancellationToken);
        using var traffic = new TurnTraffic(Key);
        var (messages, stream, json) = (new Uri(fakes.Url, "/a01/v1/messages?beta=true"), new Uri(bare.Url, "/stream"), new Uri(bare.Url, "/json"));
        var settled = 0L;

        var young = await CompareAsync(1, YoungRounds, messages, stream, isStreamed: true);
        yield return young.ToRatio("fakes-streams-young", "the first 5,400 turns of fakes-streams in both processes, which compile meanwhile", null, "ms");

        var before = Computed();
        var streams = await CompareAsync(WarmUp, Rounds, messages, stream, isStreamed: true);
        yield return WithComputed(before, streams.ToRatio("fakes-streams", "200 parallel streams from the fakes, each with its own right answer, against a bare Kestrel handler that writes the same frames", 1.5, "ms"));

        var fresh = await Interleaved.RunAsync(
            1,
            3,
            ct => Once(messages, isOwnAnswer: true, ct),
            ct => Once(stream, isOwnAnswer: false, ct),
            cancellationToken);
        yield return fresh.ToRatio("fakes-streams-connecting", "the same on 200 new connections, whose peer the fakes look up once each", null, "ms");

        before = Computed();
        var documents = await CompareAsync(WarmUp, Rounds, messages, json, isStreamed: false);
        yield return WithComputed(before, documents.ToRatio("fakes-json", "200 parallel turns answered as one JSON document, against a bare Kestrel handler that writes the same", 6, "ms"));

        Task<Comparison> CompareAsync(int warmUp, int rounds, Uri subject, Uri baseline, bool isStreamed) => Interleaved.RunAsync(
            warmUp,
            rounds,
            async ct =>
            {
                var took = await traffic.SendAsync(subject, Parallel, Batches, isStreamed, isOwnAnswer: true, ct);

                // The journal forgets what nobody needs any more, as it does for the harness.
                var last = (await admin.JournalAsync(settled, ct)).Last;
                await admin.SettleAsync(Enumerable.Range(1, (int)(last - settled)).Select(n => settled + n), ct);
                settled = last;
                return took;
            },
            ct => traffic.SendAsync(baseline, Parallel, Batches, isStreamed, isOwnAnswer: false, ct),
            cancellationToken);

        (double Fakes, double Bare) Computed() => (fakes.ComputedMilliseconds, bare.ComputedMilliseconds);

        // Computing time tells more than wall time on a machine that does other things.
        BenchmarkRow WithComputed((double Fakes, double Bare) since, BenchmarkRow row)
        {
            var turns = (WarmUp + Rounds) * Batches * Parallel;
            return row with
            {
                Detail = string.Create(CultureInfo.InvariantCulture, $"{row.Detail}; a turn computes {(fakes.ComputedMilliseconds - since.Fakes) / turns:0.000} ms there, {(bare.ComputedMilliseconds - since.Bare) / turns:0.000} ms here"),
            };
        }

        Task<double> Once(Uri url, bool isOwnAnswer, CancellationToken ct)
        {
            traffic.Reconnect();
            return traffic.SendAsync(url, Parallel, 1, isStreamed: true, isOwnAnswer, ct);
        }
    }

    /// <summary>Starts the fakes as a process of their own.</summary>
    public static Task<ServiceProcess> StartAsync(string lifeline, CancellationToken cancellationToken) => ServiceProcess.StartAsync(
        typeof(FakesApplication).Assembly.Location,
        ["--urls", "http://127.0.0.1:0", $"--{FakesApplication.AdminKey}={AdminKey}"],
        new Dictionary<string, string?> { [RunEnvironment.Lifeline] = lifeline },
        cancellationToken);

    /// <summary>Makes a fake accept a credential.</summary>
    public static async Task AcceptAsync(Uri fakes, string fake, string secret, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = fakes };
        await new FakesClient(http, AdminKey).AcceptAsync(new AcceptedCredential(fake, CredentialFingerprint.Of(secret), null), cancellationToken);
    }
}

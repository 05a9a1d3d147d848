using System.Collections.Concurrent;

namespace Molecule.Tests.Garbage;

/// <summary>Ten thousand seeded garbage requests against one server.</summary>
internal static class GarbageStorm
{
    public const int Requests = 10_000;

    private const int AtOnce = 32;

    /// <summary>Sends them and gives, by status, one of the requests that it answered so and how many there were; 0 stands for no answer.</summary>
    /// <param name="origin">The server.</param>
    /// <param name="seed">Names the storm.</param>
    /// <param name="paths">Real paths of it.</param>
    /// <param name="bearer">A credential that some of the requests carry, so that garbage gets behind the authentication too.</param>
    public static async Task<IReadOnlyDictionary<int, (GarbageRequest Example, int Count)>> SendAsync(
        Uri origin, int seed, IReadOnlyList<string> paths, string? bearer, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        var requests = Enumerable.Range(0, Requests).Select(n => (Request: GarbageRequest.From(random, paths), Bearer: n % 2 == 0 ? bearer : null)).ToArray();
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = AtOnce }) { Timeout = TimeSpan.FromSeconds(30) };
        var answers = new ConcurrentDictionary<int, (GarbageRequest Example, int Count)>();
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (garbage, token) =>
        {
            var status = await StatusAsync(http, garbage.Request.ToMessage(origin, garbage.Bearer), token);
            answers.AddOrUpdate(status, (garbage.Request, 1), static (_, before) => (before.Example, before.Count + 1));
        });
        return answers;
    }

    private static async Task<int> StatusAsync(HttpClient http, HttpRequestMessage message, CancellationToken cancellationToken)
    {
        using (message)
        {
            try
            {
                using var answer = await http.SendAsync(message, cancellationToken);
                return (int)answer.StatusCode;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                return 0;
            }
        }
    }

    /// <summary>Fails by the request where a status is none of those that garbage may get.</summary>
    public static void Expect(IReadOnlyDictionary<int, (GarbageRequest Example, int Count)> answers, int seed, params int[] allowed)
    {
        Assert.Equal(Requests, answers.Values.Sum(static a => a.Count));
        foreach (var (status, (example, count)) in answers)
        {
            Assert.True(allowed.Contains(status), $"seed {seed}: {count} requests were answered {(status == 0 ? "by nothing" : status)}, for example {example}");
        }
    }

    /// <summary>Open file descriptors of a process: a leak of connections or files shows here.</summary>
    public static int OpenFiles(int processId) => Directory.GetFiles($"/proc/{processId}/fd").Length;
}

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Benchmarks;

/// <summary>Turns as an agent sends them on the Messages wire, many at a time, each with words of its own and each looked at.</summary>
public sealed class TurnTraffic(string key) : IDisposable
{
    public const string Model = "claude-sonnet-4-6";

    /// <summary>Makes an answer of 97 characters, which the fakes stream in 24 pieces and more.</summary>
    public const int WordLength = 48;

    private HttpClient _http = Fresh();

    public static string Prompt(string first, string second) =>
        $"Here are two words: {first} and {second}. Join them in reverse order with a single dash and reply with nothing else.";

    /// <summary>Drops the connections, so that the next turns open new ones.</summary>
    public void Reconnect()
    {
        _http.Dispose();
        _http = Fresh();
    }

    /// <summary>Sends turns at once and gives the milliseconds until the last one was answered.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="parallel">How many at once.</param>
    /// <param name="times">How often, one batch after the other.</param>
    /// <param name="isStreamed">Whether streams are asked for.</param>
    /// <param name="isOwnAnswer">Whether each answer has to be that of its own words; else that of the sample.</param>
    /// <param name="cancellationToken">Ends the sending.</param>
    /// <exception cref="InvalidDataException">An answer is not the right one.</exception>
    public async Task<double> SendAsync(Uri url, int parallel, int times, bool isStreamed, bool isOwnAnswer, CancellationToken cancellationToken)
    {
        var turns = Enumerable.Range(0, parallel * times).Select(n => (First: Word('A', n), Second: Word('B', n))).ToArray();
        var bodies = turns.Select(t => Body(Prompt(t.First, t.Second), isStreamed)).ToArray();
        var answers = new string[turns.Length];
        var started = Stopwatch.GetTimestamp();
        for (var batch = 0; batch < times; batch++)
        {
            await Task.WhenAll(Enumerable.Range(batch * parallel, parallel).Select(async n => answers[n] = await PostAsync(url, bodies[n], cancellationToken)));
        }

        var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        for (var n = 0; n < turns.Length; n++)
        {
            var (first, second) = isOwnAnswer ? turns[n] : (new string('A', WordLength), new string('B', WordLength));
            if (TextOf(answers[n], isStreamed) is var text && text != $"{second}-{first}")
            {
                throw new InvalidDataException($"Turn {n} at {url} was answered '{text}' instead of '{second}-{first}': {answers[n]}");
            }
        }

        return took / times;
    }

    public void Dispose() => _http.Dispose();

    private async Task<string> PostAsync(Uri url, byte[] body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TryAddWithoutValidation("x-api-key", key);
        request.Headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
        using var response = await _http.SendAsync(request, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    private static byte[] Body(string prompt, bool isStreamed) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["model"] = Model,
        ["max_tokens"] = 32000,
        ["stream"] = isStreamed,
        ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }),
    }.ToJsonString());

    private static string TextOf(string answer, bool isStreamed) => isStreamed
        ? string.Concat(answer.Split('\n')
            .Where(static line => line.StartsWith("data: {\"type\":\"content_block_delta\"", StringComparison.Ordinal))
            .Select(static line => JsonDocument.Parse(line[6..]).RootElement.GetProperty("delta").GetProperty("text").GetString()))
        : JsonDocument.Parse(answer).RootElement.TryGetProperty("content", out var content) ? content[0].GetProperty("text").GetString()! : answer;

    private static string Word(char of, int n) => $"{of}{n:d6}".PadRight(WordLength, of);

    private static HttpClient Fresh() => new(new SocketsHttpHandler { UseProxy = false, ActivityHeadersPropagator = null, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5) });
}

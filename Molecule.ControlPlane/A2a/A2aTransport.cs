using System.Net.Http.Headers;

namespace Molecule.ControlPlane.A2a;

/// <summary>What came of sending a call to an agent.</summary>
public abstract record Delivery
{
    /// <summary>The agent answered.</summary>
    public sealed record Answered(int Status, string ContentType, ReadOnlyMemory<byte> Body) : Delivery;

    /// <summary>The agent answers with a stream of events. Whoever gets it must end it.</summary>
    public sealed record Streaming(AgentStream Stream) : Delivery;

    /// <summary>It did not answer in time, or broke off while it was working.</summary>
    public sealed record Interrupted(string Problem) : Delivery;

    /// <summary>It could not be reached at all.</summary>
    public sealed record Unreachable(string Problem) : Delivery;
}

/// <summary>Sends calls to agents. It follows no redirect: that would lead behind the check of the agent's URL (spec/control-plane.md 2.6).</summary>
public sealed class A2aTransport : IDisposable
{
    /// <summary>Largest answer of an agent, in bytes (spec/control-plane.md 6.2).</summary>
    public const int AnswerLimit = 10 * 1024 * 1024;

    internal const string Overdue = "its answer was waited for no longer";

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Posts a call.</summary>
    /// <param name="overdue">Ends when the agent may take no longer, or this process stops; the caller's own token is the other one.</param>
    public async Task<Delivery> PostAsync(string url, ReadOnlyMemory<byte> body, CancellationToken overdue, CancellationToken caller)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(overdue, caller);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ReadOnlyMemoryContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            if (response is { IsSuccessStatusCode: true, Content.Headers.ContentType.MediaType: "text/event-stream" })
            {
                return new Delivery.Streaming(new AgentStream(response));
            }

            using var whole = response;
            await using var stream = await response.Content.ReadAsStreamAsync(both.Token);
            using var answer = new MemoryStream();
            var buffer = new byte[16 * 1024];
            int read;
            while ((read = await stream.ReadAsync(buffer, both.Token)) > 0)
            {
                if (answer.Length + read > AnswerLimit)
                {
                    return new Delivery.Unreachable($"the answer is longer than {AnswerLimit} bytes");
                }

                answer.Write(buffer, 0, read);
            }

            return new Delivery.Answered(
                (int)response.StatusCode, response.Content.Headers.ContentType?.ToString() ?? "application/json", answer.GetBuffer().AsMemory(0, (int)answer.Length));
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            return new Delivery.Interrupted(Overdue);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            return new Delivery.Unreachable(e.Message);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new Delivery.Interrupted(e.Message);
        }
    }

    public void Dispose() => _http.Dispose();
}

using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Platform;

namespace Molecule.Tests.Workspace;

/// <summary>Registration and heartbeat towards a platform that is not always well (spec/runtimes-and-providers.md 1.2, 1.3).</summary>
public sealed class PlatformClientTests : IDisposable
{
    private readonly DirectoryInfo _configs = Directory.CreateTempSubdirectory("molecule-configs-");
    private readonly FakeTimeProvider _time = new();
    private readonly Script _script = new();

    public void Dispose()
    {
        _script.Dispose();
        _configs.Delete(recursive: true);
    }

    [Fact]
    public async Task A_platform_that_comes_up_late_is_tried_again_after_one_two_and_four_seconds()
    {
        _script.Answers.Enqueue(null);
        _script.Answers.Enqueue((HttpStatusCode.ServiceUnavailable, ""));
        _script.Answers.Enqueue(((HttpStatusCode)523, ""));
        _script.Answers.Enqueue((HttpStatusCode.OK, """{"status":"registered","auth_token":"t-1"}"""));

        var registering = Client().RegisterAsync("http://localhost:1", [], TestContext.Current.CancellationToken);
        foreach (var (seconds, tries) in ((int, int)[])[(1, 2), (2, 3), (4, 4)])
        {
            await Eventually.HoldsAsync(() => _script.Requests.Count == tries - 1, TimeSpan.FromSeconds(5), $"{tries - 1} tries");
            await AdvanceUntilAsync(seconds, tries);
        }

        Assert.True(await registering.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.Equal("t-1", new TokenStore(_configs.FullName).ReadAuthToken());
        Assert.Equal(7, (_time.GetUtcNow() - _time.Start).TotalSeconds, 0.5);
    }

    [Fact]
    public async Task A_refusal_ends_the_tries_at_once()
    {
        _script.Answers.Enqueue((HttpStatusCode.Unauthorized, """{"error":"missing workspace auth token"}"""));

        Assert.False(await Client().RegisterAsync("http://localhost:1", [], TestContext.Current.CancellationToken));
        Assert.Single(_script.Requests);
    }

    [Fact]
    public async Task A_heartbeat_that_is_refused_is_sent_once_more_with_the_token_read_anew()
    {
        var tokens = new TokenStore(_configs.FullName);
        await tokens.WriteAuthTokenAsync("old", TestContext.Current.CancellationToken);
        _script.Answers.Enqueue((HttpStatusCode.Unauthorized, ""));
        _script.Answers.Enqueue((HttpStatusCode.OK, """{"status":"ok"}"""));
        _script.OnRequest = n => n is 1 ? tokens.WriteAuthTokenAsync("new", CancellationToken.None) : Task.CompletedTask;

        Assert.Equal(HttpStatusCode.OK, await Client().HeartbeatAsync(new Heartbeat(0, 1), TestContext.Current.CancellationToken));
        Assert.Equal(["Bearer old", "Bearer new"], _script.Requests);
    }

    [Fact]
    public async Task A_heartbeat_that_stays_refused_is_not_sent_for_ever()
    {
        _script.Answers.Enqueue((HttpStatusCode.Unauthorized, ""));
        _script.Answers.Enqueue((HttpStatusCode.Unauthorized, ""));

        Assert.Equal(HttpStatusCode.Unauthorized, await Client().HeartbeatAsync(new Heartbeat(0, 1), TestContext.Current.CancellationToken));
        Assert.Equal(2, _script.Requests.Count);
    }

    private async Task AdvanceUntilAsync(int seconds, int tries)
    {
        // The delay's timer may not stand yet when the last answer has been given: advance in small steps until the next try.
        for (var step = 0; step < seconds * 20 + 20 && _script.Requests.Count < tries; step++)
        {
            if (step < seconds * 20)
            {
                _time.Advance(TimeSpan.FromMilliseconds(50));
            }

            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    private PlatformClient Client()
    {
        var settings = WorkspaceSettings.Read(ImmutableDictionary<string, string>.Empty.Add("WORKSPACE_ID", "ws-1").Add("PLATFORM_URL", "http://platform.test"));
        return new PlatformClient(new HttpClient(_script), settings, new TokenStore(_configs.FullName), _time, NullLogger<PlatformClient>.Instance);
    }

    // A null answer is a connection that fails.
    private sealed class Script : HttpMessageHandler
    {
        public Queue<(HttpStatusCode Status, string Body)?> Answers { get; } = new();

        public List<string> Requests { get; } = [];

        public Func<int, Task> OnRequest { get; set; } = static _ => Task.CompletedTask;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request.Headers.Authorization?.ToString() ?? "");
            await OnRequest(Requests.Count);
            return Answers.Dequeue() is { } answer
                ? new HttpResponseMessage(answer.Status) { Content = new StringContent(answer.Body, Encoding.UTF8, "application/json") }
                : throw new HttpRequestException("connection refused");
        }
    }
}

using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Platform;

namespace Molecule.Tests.Workspace;

/// <summary>Registration and heartbeat towards a platform that is not always well (spec/runtimes-and-providers.md 1.2, 1.3).</summary>
public sealed class PlatformClientTests : IDisposable
{
    private readonly DirectoryInfo _configs = Directory.CreateTempSubdirectory("molecule-configs-");
    private readonly WatchedClock _time = new();
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
        foreach (var seconds in (int[])[1, 2, 4])
        {
            await _time.PassAsync(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(5));
        }

        Assert.True(await registering.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        Assert.Equal("t-1", new TokenStore(_configs.FullName).ReadAuthToken());
        Assert.Equal(4, _script.Requests.Count);
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

        Assert.Equal(HttpStatusCode.OK, await Client().HeartbeatAsync(new Heartbeat(0, "", null, 1), TestContext.Current.CancellationToken));
        Assert.Equal(["Bearer old", "Bearer new"], _script.Requests);
    }

    [Fact]
    public async Task A_heartbeat_that_stays_refused_is_not_sent_for_ever()
    {
        _script.Answers.Enqueue((HttpStatusCode.Unauthorized, ""));
        _script.Answers.Enqueue((HttpStatusCode.Unauthorized, ""));

        Assert.Equal(HttpStatusCode.Unauthorized, await Client().HeartbeatAsync(new Heartbeat(0, "", null, 1), TestContext.Current.CancellationToken));
        Assert.Equal(2, _script.Requests.Count);
    }

    [Fact]
    public async Task A_card_is_told_when_it_has_changed_and_again_until_it_was_taken()
    {
        var report = new CardReport(Client(), new JsonObject { ["configuration_status"] = "ready" });
        await report.SendIfChangedAsync(new JsonObject { ["configuration_status"] = "ready" }, TestContext.Current.CancellationToken);
        Assert.Empty(_script.Requests);

        _script.Answers.Enqueue((HttpStatusCode.ServiceUnavailable, ""));
        _script.Answers.Enqueue((HttpStatusCode.OK, """{"status":"updated"}"""));
        var changed = new JsonObject { ["configuration_status"] = "not_configured" };
        await report.SendIfChangedAsync(changed, TestContext.Current.CancellationToken);
        await report.SendIfChangedAsync(changed, TestContext.Current.CancellationToken);
        await report.SendIfChangedAsync(changed, TestContext.Current.CancellationToken);

        Assert.Equal(2, _script.Requests.Count);
        Assert.Equal("""{"workspace_id":"ws-1","agent_card":{"configuration_status":"not_configured"}}""", _script.LastBody);
    }

    [Fact]
    public void A_heartbeat_says_what_is_being_done_how_long_that_may_be_silent_and_what_needs_a_restart()
    {
        var claude = Settings("MOLECULE_RUNTIME=claude-code", "A2A_COMPLETION_IDLE_TIMEOUT_SECONDS=120");
        var busy = new Heartbeat(2, "Say hello", null, 7).ToJson(claude);
        Assert.Equal((2, "Say hello", "", 130L), ((int?)busy["active_tasks"], (string?)busy["current_task"], (string?)busy["runtime_state"], (long?)busy["runtime_metadata"]?["idle_timeout_seconds"]));
        Assert.False(busy.ContainsKey("sample_error"));

        var wedged = new Heartbeat(0, "", "completion stalled", 7).ToJson(Settings("MOLECULE_RUNTIME=codex"));
        Assert.Equal(("wedged", "completion stalled"), ((string?)wedged["runtime_state"], (string?)wedged["sample_error"]));
        Assert.Null(wedged["runtime_metadata"]!["idle_timeout_seconds"]);
        Assert.Equal(910, (long?)new Heartbeat(0, "", null, 7).ToJson(Settings("MOLECULE_RUNTIME=claude-code"))["runtime_metadata"]?["idle_timeout_seconds"]);
    }

    private static WorkspaceSettings Settings(params string[] environment) => WorkspaceSettings.Read(
        environment.Append("WORKSPACE_ID=ws-1").Append("PLATFORM_URL=http://platform.test").Select(static e => e.Split('=', 2)).ToImmutableDictionary(static e => e[0], static e => e[1]));

    private PlatformClient Client()
    {
        var settings = Settings();
        var tokens = new TokenStore(_configs.FullName);
        return new PlatformClient(new PlatformConnection(new HttpClient(_script), settings, tokens, _time), settings, tokens, _time, NullLogger<PlatformClient>.Instance);
    }

    // A null answer is a connection that fails.
    private sealed class Script : HttpMessageHandler
    {
        public Queue<(HttpStatusCode Status, string Body)?> Answers { get; } = new();

        public List<string> Requests { get; } = [];

        public string LastBody { get; private set; } = "";

        public Func<int, Task> OnRequest { get; set; } = static _ => Task.CompletedTask;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests.Add(request.Headers.Authorization?.ToString() ?? "");
            LastBody = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            await OnRequest(Requests.Count);
            return Answers.Dequeue() is { } answer
                ? new HttpResponseMessage(answer.Status) { Content = new StringContent(answer.Body, Encoding.UTF8, "application/json") }
                : throw new HttpRequestException("connection refused");
        }
    }
}

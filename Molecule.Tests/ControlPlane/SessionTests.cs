using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Molecule.Tests.ControlPlane;

/// <summary>Browsers without a token: members' session cookies, and the canvas of the same origin (spec/control-plane.md 2.1, 2.3, 2.4).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class SessionTests(PostgresCluster postgres)
{
    private const string Cookie = "cp_session=of-a-member; theme=dark";

    [Fact]
    public async Task A_member_s_cookie_opens_admin_workspace_and_discovery_routes_and_no_own_gate()
    {
        await using var upstream = await UpstreamAsync();
        await using var control = await StartAsync(upstream);
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal("200 ", await TryAsync(control, "/workspaces", Cookie));
        Assert.Equal("200 ", await TryAsync(control, $"/workspaces/{id}/activity", Cookie));
        Assert.Equal("200 ", await TryAsync(control, $"/registry/{id}/peers", Cookie));
        Assert.Equal("401 missing workspace auth token", await TryAsync(control, $"/workspaces/{id}/secrets/values", Cookie));
    }

    [Fact]
    public async Task A_stranger_s_cookie_opens_nothing_and_discovery_says_why()
    {
        await using var upstream = await UpstreamAsync();
        await using var control = await StartAsync(upstream);
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal("401 admin auth required", await TryAsync(control, "/workspaces", "cp_session=of-a-stranger"));
        Assert.Equal("401 missing workspace auth token", await TryAsync(control, $"/workspaces/{id}/activity", "cp_session=of-a-stranger"));
        Assert.Equal("401 invalid session", await TryAsync(control, $"/registry/{id}/peers", "cp_session=of-a-stranger"));
        Assert.Equal("401 missing workspace auth token", await TryAsync(control, $"/registry/{id}/peers", cookie: null));
    }

    [Fact]
    public async Task A_wrong_bearer_is_wrong_beside_a_good_cookie_where_a_bearer_is_looked_at_first()
    {
        await using var upstream = await UpstreamAsync();
        await using var control = await StartAsync(upstream);
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal("401 invalid workspace auth token", (await control.SendAsync("GET", $"/workspaces/{id}/activity", bearer: "wrong", headers: ("Cookie", Cookie))).Told());
        Assert.Equal("401 invalid workspace auth token", (await control.SendAsync("GET", $"/registry/{id}/peers", bearer: "wrong", headers: ("Cookie", Cookie))).Told());

        // AdminAuth asks for the cookie before it looks at the bearer (2.3).
        Assert.Equal("200 ", (await control.SendAsync("GET", "/workspaces", bearer: "wrong", headers: ("Cookie", Cookie))).Told());
    }

    [Fact]
    public async Task The_upstream_is_asked_with_slug_and_cookie_and_its_word_holds_30_seconds_for_a_member_and_5_for_a_stranger()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var upstream = await UpstreamAsync();
        await using var control = await StartAsync(upstream, time);

        await TryAsync(control, "/workspaces", Cookie);
        time.Advance(TimeSpan.FromSeconds(29));
        await TryAsync(control, "/workspaces", Cookie);
        var call = Assert.Single(upstream.Calls);
        Assert.Equal(("GET /cp/auth/tenant-member?slug=acme%20%26%20co", Cookie), (call.Line, call.Headers["Cookie"]));

        time.Advance(TimeSpan.FromSeconds(1));
        await TryAsync(control, "/workspaces", Cookie);
        Assert.Equal(2, upstream.Calls.Count);

        await TryAsync(control, "/workspaces", "cp_session=of-a-stranger");
        time.Advance(TimeSpan.FromSeconds(4));
        await TryAsync(control, "/workspaces", "cp_session=of-a-stranger");
        Assert.Equal(3, upstream.Calls.Count);

        time.Advance(TimeSpan.FromSeconds(1));
        await TryAsync(control, "/workspaces", "cp_session=of-a-stranger");
        Assert.Equal(4, upstream.Calls.Count);
    }

    [Theory]
    [InlineData(500, """{"member":true}""")]
    [InlineData(302, """{"member":true}""")]
    [InlineData(200, "member")]
    [InlineData(200, """{"user_id":"u1"}""")]
    [InlineData(200, "null")]
    public async Task Whatever_else_the_upstream_answers_lets_nobody_in_and_leaks_no_cookie(int status, string body)
    {
        await using var upstream = await FakeVendor.StartAsync();
        upstream.Answer(body, status);
        await using var control = await StartAsync(upstream);

        Assert.Equal("401 admin auth required", await TryAsync(control, "/workspaces", Cookie));
        Assert.DoesNotContain("of-a-member", control.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upstream_that_is_silent_for_three_seconds_lets_nobody_in()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var upstream = await FakeVendor.StartAsync();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        upstream.Handler = context =>
        {
            asked.SetResult();
            return Task.Delay(Timeout.Infinite, context.RequestAborted);
        };
        await using var control = await StartAsync(upstream, time);
        var answer = TryAsync(control, "/workspaces", Cookie);
        await asked.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);

        time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal("401 admin auth required", await answer);
    }

    [Fact]
    public async Task Without_an_upstream_a_cookie_is_nothing()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["MOLECULE_ENV"] = "staging" });
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal("401 admin auth required", await TryAsync(control, "/workspaces", Cookie));
        Assert.Equal("401 missing workspace auth token", await TryAsync(control, $"/registry/{id}/peers", Cookie));
    }

    [Fact]
    public async Task An_upstream_without_a_slug_keeps_the_control_plane_from_starting()
    {
        var refused = await Assert.ThrowsAsync<Molecule.ControlPlane.SettingsException>(() => RunningControlPlane.StartAsync(
            postgres, settings: new Dictionary<string, string?> { ["CP_UPSTREAM_URL"] = "http://localhost:1" }));

        Assert.StartsWith("MOLECULE_ORG_SLUG is not set while CP_UPSTREAM_URL is", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Referer", "http://HOST/canvas?x=1", true)]
    [InlineData("Origin", "http://HOST", true)]
    [InlineData("Origin", "http://evil.example", false)]
    [InlineData("Referer", "http://evil.example/http://HOST", false)]
    [InlineData("Referer", "http://HOST.evil.example/", false)]
    [InlineData("Origin", "null", false)]
    public async Task The_canvas_of_the_same_origin_is_let_in_where_one_is_served_and_nowhere_else(string header, string value, bool isCanvas)
    {
        await using var served = await CanvasAsync("http://localhost:3000");
        await using var none = await CanvasAsync(null);
        var (id, _) = await served.RegisterAsync("http://localhost:1");
        await none.RegisterAsync("http://localhost:1", id);

        foreach (var (method, path) in new[] { ("GET", $"/workspaces/{id}/activity"), ("PUT", "/canvas/viewport") })
        {
            Assert.Equal(isCanvas ? 200 : 401, (await AskAsync(served, method, path)).Status);
            Assert.Equal(401, (await AskAsync(none, method, path)).Status);
        }

        Assert.Equal(401, (await AskAsync(served, "GET", "/workspaces")).Status);

        Task<Answer> AskAsync(RunningControlPlane control, string method, string path) => control.SendAsync(
            method, path, method == "PUT" ? "{}" : null, bearer: "", headers: (header, value.Replace("HOST", new Uri(control.Url).Authority, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_tenant_s_control_plane_serves_its_own_canvas()
    {
        await using var control = await CanvasAsync("http://localhost:3000", org: "org-1");

        Assert.Equal(200, (await control.SendAsync("GET", "/canvas/viewport", headers: ("Origin", control.Url))).Status);
        Assert.Equal(404, (await control.SendAsync("GET", "/canvas/viewport", headers: ("Origin", "http://evil.example"))).Status);
    }

    private static async Task<FakeVendor> UpstreamAsync()
    {
        var upstream = await FakeVendor.StartAsync();
        upstream.Handler = static context => context.Response.WriteAsync(
            context.Request.Headers.Cookie.ToString().Contains("cp_session=of-a-member", StringComparison.Ordinal) ? """{"member":true,"user_id":"u1"}""" : """{"member":false}""");
        return upstream;
    }

    private Task<RunningControlPlane> StartAsync(FakeVendor upstream, TimeProvider? time = null) => RunningControlPlane.StartAsync(
        postgres,
        settings: new Dictionary<string, string?> { ["MOLECULE_ENV"] = "staging", ["CP_UPSTREAM_URL"] = $"{upstream.Url}/", ["MOLECULE_ORG_SLUG"] = "acme & co" },
        time: time);

    private Task<RunningControlPlane> CanvasAsync(string? canvas, string? org = null) => RunningControlPlane.StartAsync(
        postgres, settings: new Dictionary<string, string?> { ["MOLECULE_ENV"] = "staging", ["CANVAS_PROXY_URL"] = canvas, ["MOLECULE_ORG_ID"] = org });

    private static async Task<string> TryAsync(RunningControlPlane control, string path, string? cookie) =>
        (await control.SendAsync("GET", path, bearer: "", headers: cookie is null ? [] : [("Cookie", cookie)])).Told();
}

/// <summary>An answer as one line.</summary>
file static class Answers
{
    /// <summary><c>401 admin auth required</c>; the status alone where there is no error.</summary>
    public static string Told(this Answer answer) => $"{answer.Status} {(answer.Status == 200 ? "" : answer["error"])}";
}

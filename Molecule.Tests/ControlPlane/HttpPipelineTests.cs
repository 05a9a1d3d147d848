using Molecule.Tests.Garbage;

namespace Molecule.Tests.ControlPlane;

/// <summary>What stands before every route (spec/control-plane.md 1.1, 1.2, 1.6, 2.4, 3.1).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class HttpPipelineTests(PostgresCluster postgres)
{
    private const int Seed = 20261125;

    [Fact]
    public async Task The_request_after_the_limit_is_429_and_says_when_to_come_again()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["RATE_LIMIT"] = "3" }, time: time);
        for (var left = 2; left >= 0; left--)
        {
            var taken = await control.SendAsync("GET", "/nowhere");
            Assert.Equal((404, "3", $"{left}", "60"), (taken.Status, taken.Headers["X-RateLimit-Limit"], taken.Headers["X-RateLimit-Remaining"], taken.Headers["X-RateLimit-Reset"]));
        }

        time.Advance(TimeSpan.FromSeconds(20));
        var refused = await control.SendAsync("GET", "/health");
        Assert.Equal((429, """{"error":"rate limit exceeded","retry_after":40}""", "40"), (refused.Status, refused.Body, refused.Headers["Retry-After"]));
        Assert.False(refused.Headers.ContainsKey("X-Frame-Options"));

        time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(200, (await control.SendAsync("GET", "/health")).Status);
    }

    [Fact]
    public async Task In_development_without_an_admin_token_nothing_is_limited()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["ADMIN_TOKEN"] = null, ["RATE_LIMIT"] = "1" });

        Assert.Equal("unlimited", (await control.SendAsync("GET", "/health", bearer: "")).Headers["X-RateLimit-Limit"]);
        Assert.Equal(200, (await control.SendAsync("GET", "/health", bearer: "")).Status);
    }

    [Fact]
    public async Task A_tenant_s_control_plane_answers_strangers_with_a_bare_404()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["MOLECULE_ORG_ID"] = "org-1" });
        foreach (var (path, header, value, status) in new[]
        {
            ("/workspaces", "X-Nothing", "x", 404), ("/workspaces", "X-Molecule-Org-Id", "org-2", 404), ("/workspaces", "X-Molecule-Org-Id", "org-1", 200),
            ("/workspaces", "Fly-Replay-Src", "instance=i;state=org-1;t=1", 200), ("/workspaces", "Fly-Replay-Src", "instance=i;state=org-10", 404),
            ("/health", "X-Nothing", "x", 200), ("/metrics", "X-Nothing", "x", 200), ("/healthy", "X-Nothing", "x", 404),
        })
        {
            var answer = await control.SendAsync("GET", path, headers: (header, value));

            Assert.Equal((path, value, status), (path, value, answer.Status));
            Assert.True(status == 200 || answer.Body.Length == 0);
        }
    }

    [Theory]
    [InlineData("http://localhost:3000", "http://localhost:3000")]
    [InlineData("http://evil.example", null)]
    public async Task A_browser_of_a_listed_origin_may_call_and_no_other(string origin, string? allowed)
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);

        var preflight = await control.SendAsync("OPTIONS", "/workspaces", bearer: "", headers: [("Origin", origin), ("Access-Control-Request-Method", "PATCH"), ("Access-Control-Request-Headers", "authorization")]);
        var call = await control.SendAsync("GET", "/health", bearer: "", headers: ("Origin", origin));

        Assert.Equal(allowed, preflight.Headers.GetValueOrDefault("Access-Control-Allow-Origin"));
        Assert.Equal(allowed, call.Headers.GetValueOrDefault("Access-Control-Allow-Origin"));
        Assert.Equal(allowed is null ? null : "true", call.Headers.GetValueOrDefault("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Requests_are_counted_by_the_template_of_their_route()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        await control.SendAsync("GET", $"/workspaces/{id}");
        await control.SendAsync("GET", $"/workspaces/{Guid.NewGuid()}");
        await control.SendAsync("GET", "/no/such/path/at/all");

        var metrics = (await control.SendAsync("GET", "/metrics", bearer: "")).Body;

        Assert.Contains("""molecule_http_requests_total{method="GET",path="/workspaces/:id",status="200"} 1""", metrics, StringComparison.Ordinal);
        Assert.Contains("""molecule_http_requests_total{method="GET",path="/workspaces/:id",status="404"} 1""", metrics, StringComparison.Ordinal);
        Assert.Contains("molecule_http_request_duration_seconds_total{method=\"GET\",path=\"/workspaces/:id\"} ", metrics, StringComparison.Ordinal);
        Assert.Contains("go_goroutines ", metrics, StringComparison.Ordinal);
        Assert.Contains("molecule_websocket_connections_active 0", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("no/such", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ten_thousand_garbage_requests_get_statuses_of_the_wire_and_write_nothing_by_halves()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["RATE_LIMIT"] = "1000000" });
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        string[] paths =
        [
            "/workspaces", "/workspaces/{}", $"/workspaces/{id}", $"/workspaces/{id}/a2a", $"/workspaces/{id}/secrets", $"/workspaces/{id}/secrets/{{}}", $"/workspaces/{id}/activity?source={{}}",
            $"/workspaces/{id}/config", $"/workspaces/{id}/budget", $"/workspaces/{id}/model", $"/workspaces/{id}/tokens", $"/workspaces/{id}/notify", $"/workspaces/{id}/metrics", "/registry/register",
            "/registry/heartbeat", "/registry/update-card", "/registry/discover/{}", "/registry/{}/peers?q={}", "/registry/check-access", "/events/{}", "/canvas/viewport", "/org/tokens", "/org/tokens/{}",
            "/settings/secrets", "/admin/secrets/{}", "/admin/workspaces/{}/test-token", "/admin/a2a-queue/drop-stale?max_age_minutes={}", "/ws", "/metrics", "/health",
            $"/workspaces/{id}/memories?scope={{}}", $"/workspaces/{id}/memories/{{}}", $"/workspaces/{id}/memory", $"/workspaces/{id}/memory/{{}}", $"/workspaces/{id}/approvals",
            $"/workspaces/{id}/approvals/{{}}/decide", "/approvals/pending", $"/workspaces/{id}/checkpoints/{{}}", $"/workspaces/{id}/checkpoints", "/instructions", "/instructions/{}",
            $"/workspaces/{id}/files?path={{}}", $"/workspaces/{id}/files/{{}}", $"/workspaces/{id}/delegate", $"/workspaces/{id}/delegations/{{}}/update", "/org/import", "/bundles/import",
            "/api/v1/internal/llm/usage",
        ];

        var answers = await GarbageStorm.SendAsync(new Uri(control.Url), Seed, paths, RunningControlPlane.AdminToken, TestContext.Current.CancellationToken);

        GarbageStorm.Expect(answers, Seed, 200, 201, 202, 204, 400, 401, 402, 403, 404, 409, 412, 413, 414, 422, 429, 502, 503);
        Assert.DoesNotContain(control.Log.Text.Split('\n'), static line => line.StartsWith("Error ", StringComparison.Ordinal) || line.StartsWith("Critical ", StringComparison.Ordinal));
        Assert.Equal(0, await control.ScalarAsync<int>("SELECT count(*) FROM workspaces w WHERE status <> 'removed' AND NOT EXISTS (SELECT 1 FROM canvas_layouts c WHERE c.workspace_id = w.id) AND w.provider IS NOT NULL"));
        Assert.Equal(200, (await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id }, token)).Status);
    }
}

namespace Molecule.Tests.ControlPlane;

/// <summary>Tokens that are asked for (spec/control-plane.md 2.1, 2.5, 3.7).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class TokenTests(PostgresCluster postgres)
{
    [Fact]
    public async Task A_workspace_s_further_token_opens_its_routes_until_it_is_revoked()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, first) = await control.RegisterAsync("http://localhost:1");

        var made = await control.SendAsync("POST", $"/workspaces/{id}/tokens", bearer: first);
        Assert.Equal((201, id.ToString()), (made.Status, made["workspace_id"]));
        var second = made["auth_token"];
        Assert.Equal(200, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: second)).Status);

        var listed = await control.SendAsync("GET", $"/workspaces/{id}/tokens", bearer: first);
        Assert.Equal("2", listed["count"]);
        Assert.DoesNotContain(second, listed.Body, StringComparison.Ordinal);
        var row = listed.Json.GetProperty("tokens").EnumerateArray().Single(t => t.GetProperty("prefix").GetString() == second[..8]);

        Assert.Equal("""{"status":"revoked"}""", (await control.SendAsync("DELETE", $"/workspaces/{id}/tokens/{row.GetProperty("id").GetString()}", bearer: first)).Body);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: second)).Status);
        Assert.Equal(404, (await control.SendAsync("DELETE", $"/workspaces/{id}/tokens/{row.GetProperty("id").GetString()}", bearer: first)).Status);
    }

    [Fact]
    public async Task The_fifty_first_token_of_a_workspace_is_refused()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        for (var n = 2; n <= 50; n++)
        {
            Assert.Equal(201, (await control.SendAsync("POST", $"/workspaces/{id}/tokens", bearer: token)).Status);
        }

        var refused = await control.SendAsync("POST", $"/workspaces/{id}/tokens", bearer: token);

        Assert.Equal((429, "maximum 50 active tokens per workspace"), (refused.Status, refused["error"]));
    }

    [Fact]
    public async Task An_org_token_is_as_good_as_the_admin_s_until_it_is_revoked()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        var made = await control.SendAsync("POST", "/org/tokens", new { name = "ci" });
        Assert.Equal((200, "ci"), (made.Status, made["name"]));
        var token = made["auth_token"];

        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: token)).Status);
        Assert.Equal(200, (await control.SendAsync("GET", $"/workspaces/{id}/activity", bearer: token)).Status);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: token)).Status);
        var listed = await control.SendAsync("GET", "/org/tokens", bearer: token);
        Assert.Equal(("1", false), (listed["count"], listed.Body.Contains(token, StringComparison.Ordinal)));

        Assert.Equal(made["id"], (await control.SendAsync("DELETE", $"/org/tokens/{made["id"]}"))["revoked"]);
        Assert.Equal("invalid admin auth token", (await control.SendAsync("GET", "/workspaces", bearer: token))["error"]);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/activity", bearer: token)).Status);
    }

    [Fact]
    public async Task An_address_gets_ten_org_tokens_an_hour()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        await using var control = await RunningControlPlane.StartAsync(postgres, time: time);
        for (var n = 1; n <= 10; n++)
        {
            Assert.Equal(200, (await control.SendAsync("POST", "/org/tokens")).Status);
        }

        Assert.Equal(429, (await control.SendAsync("POST", "/org/tokens")).Status);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(200, (await control.SendAsync("POST", "/org/tokens")).Status);
    }

    [Theory]
    [InlineData("development", null, RunningControlPlane.AdminToken, 200, null)]
    [InlineData("", null, RunningControlPlane.AdminToken, 200, null)]
    [InlineData("development", null, "", 401, "admin auth required")]
    [InlineData("production", null, RunningControlPlane.AdminToken, 404, "not found")]
    [InlineData("production", "1", RunningControlPlane.AdminToken, 200, null)]
    public async Task A_test_token_is_made_where_tests_are_meant_to_be(string environment, string? enabled, string bearer, int status, string? error)
    {
        await using var control = await RunningControlPlane.StartAsync(
            postgres, settings: new Dictionary<string, string?> { ["MOLECULE_ENV"] = environment, ["MOLECULE_ENABLE_TEST_TOKENS"] = enabled });
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        var made = await control.SendAsync("GET", $"/admin/workspaces/{id}/test-token", bearer: bearer);

        Assert.Equal((status, error), (made.Status, made.Status == 200 ? null : made["error"]));
        if (status == 200)
        {
            Assert.Equal(200, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: made["auth_token"])).Status);
            Assert.Equal(404, (await control.SendAsync("GET", $"/admin/workspaces/{Guid.NewGuid()}/test-token", bearer: bearer)).Status);
        }
    }

    [Fact]
    public async Task Of_two_authorization_headers_the_first_counts()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        foreach (var (first, second, status) in new[] { (RunningControlPlane.AdminToken, "wrong", 200), ("wrong", RunningControlPlane.AdminToken, 401) })
        {
            // HttpClient would join them with a comma, so this goes over a bare socket.
            using var socket = new System.Net.Sockets.TcpClient();
            await socket.ConnectAsync("127.0.0.1", new Uri(control.Url).Port, TestContext.Current.CancellationToken);
            await using var stream = socket.GetStream();
            await stream.WriteAsync(
                System.Text.Encoding.ASCII.GetBytes($"GET /workspaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {first}\r\nAuthorization: Bearer {second}\r\nConnection: close\r\n\r\n"),
                TestContext.Current.CancellationToken);
            using var reader = new StreamReader(stream);

            Assert.StartsWith($"HTTP/1.1 {status} ", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }
}

namespace Molecule.Tests.ControlPlane;

/// <summary>Register and heartbeat (spec/control-plane.md 3.3, 2.6, 4.2).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class RegistryTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    [Theory]
    [InlineData("http://127.0.0.1:8000")]
    [InlineData("http://[::1]:8000")]
    [InlineData("http://10.1.2.3:8000")]
    [InlineData("http://192.168.1.5")]
    [InlineData("http://100.64.0.1")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://user:password@localhost:8000")]
    [InlineData("ftp://localhost:8000")]
    [InlineData("localhost:8000")]
    [InlineData("")]
    public async Task A_url_that_leads_inside_is_not_registered(string url)
    {
        var control = shared.Control;

        var answer = await control.SendAsync("POST", "/registry/register", new { id = Guid.NewGuid(), url, agent_card = new { } }, bearer: "");

        Assert.Equal((400, """{"error":"invalid request body"}"""), (answer.Status, answer.Body));
        Assert.Equal(0, await control.ScalarAsync<int>("SELECT count(*) FROM workspaces"));
    }

    [Theory]
    [InlineData("MOLECULE_DEPLOY_MODE", "saas", "http://172.17.0.1:8000", 200)]
    [InlineData("MOLECULE_DEPLOY_MODE", "saas", "http://10.1.2.3:8000", 200)]
    [InlineData("MOLECULE_ORG_ID", "org-7", "http://10.1.2.3:8000", 200)]
    [InlineData("MOLECULE_DEPLOY_MODE", "saas", "http://127.0.0.1:8000", 400)]
    [InlineData("MOLECULE_DEPLOY_MODE", "saas", "http://169.254.169.254/latest/meta-data", 400)]
    [InlineData("MOLECULE_DEPLOY_MODE", "self-hosted", "http://172.17.0.1:8000", 400)]
    public async Task As_a_service_it_takes_private_addresses_and_no_others_that_lead_inside(string setting, string value, string url, int status)
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { [setting] = value });

        var answer = await control.SendAsync("POST", "/registry/register", new { id = Guid.NewGuid(), url, agent_card = new { } }, bearer: "");

        Assert.Equal(status, answer.Status);
    }

    [Theory]
    [InlineData("""{"url":"http://localhost:1","agent_card":{}}""")]
    [InlineData("""{"id":"0b2f7c3e-5a55-4d0a-9a51-3d2d5f3f5a10","agent_card":{}}""")]
    [InlineData("""{"id":"0b2f7c3e-5a55-4d0a-9a51-3d2d5f3f5a10","url":"http://localhost:1"}""")]
    [InlineData("nonsense")]
    public async Task A_register_without_one_of_its_three_fields_is_refused(string body)
    {
        Assert.Equal(400, (await shared.Control.SendAsync("POST", "/registry/register", body, bearer: "")).Status);
    }

    [Fact]
    public async Task A_removed_workspace_that_registers_is_answered_stays_removed_and_gets_no_token()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        await control.SendAsync("DELETE", $"/workspaces/{id}");

        var again = await control.SendAsync("POST", "/registry/register", new { id, url = "http://localhost:1", agent_card = new { } }, bearer: "");

        Assert.Equal((200, """{"status":"registered"}"""), (again.Status, again.Body));
        Assert.Equal("removed", (await control.SendAsync("GET", $"/workspaces/{id}", bearer: ""))["status"]);
        Assert.Equal("[]", (await control.SendAsync("GET", "/workspaces")).Body);
    }

    [Fact]
    public async Task Of_two_first_registers_at_once_one_gets_the_token()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var body = new { id = Guid.NewGuid(), url = "http://localhost:1", agent_card = new { } };

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => control.SendAsync("POST", "/registry/register", body, bearer: "")));

        Assert.Single(answers, static answer => answer.Status == 200 && answer.Body.Contains("auth_token", StringComparison.Ordinal));
        Assert.Equal(1, await control.ScalarAsync<int>("SELECT count(*) FROM workspace_auth_tokens"));
    }

    [Fact]
    public async Task A_heartbeat_stores_its_figures_and_moves_the_state_both_ways()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync("http://localhost:1");

        await BeatAsync(new { workspace_id = id, error_rate = 0.8, sample_error = "boom", active_tasks = 2, uptime_seconds = 61, current_task = "think", monthly_spend = 5 });
        var degraded = (await control.SendAsync("GET", "/workspaces")).Body;
        foreach (var fragment in new[] { "\"status\":\"degraded\"", "\"last_error_rate\":0.8", "\"last_sample_error\":\"boom\"", "\"active_tasks\":2", "\"uptime_seconds\":61", "\"current_task\":\"think\"", "\"monthly_spend\":5" })
        {
            Assert.Contains(fragment, degraded, StringComparison.Ordinal);
        }

        await BeatAsync(new { workspace_id = id });
        var well = (await control.SendAsync("GET", "/workspaces")).Body;
        foreach (var fragment in new[] { "\"status\":\"online\"", "\"last_error_rate\":0,", "\"active_tasks\":0", "\"current_task\":\"\"", "\"monthly_spend\":5" })
        {
            Assert.Contains(fragment, well, StringComparison.Ordinal);
        }

        await BeatAsync(new { workspace_id = id, runtime_state = "wedged" });
        Assert.Equal("degraded", (await control.SendAsync("GET", $"/workspaces/{id}", bearer: ""))["status"]);
        Assert.Equal(
            "WORKSPACE_ONLINE WORKSPACE_DEGRADED WORKSPACE_ONLINE WORKSPACE_DEGRADED",
            await control.ScalarAsync<string>("SELECT string_agg(event_type, ' ' ORDER BY created_at) FROM structure_events"));

        async Task BeatAsync(object body) => Assert.Equal("""{"status":"ok"}""", (await control.SendAsync("POST", "/registry/heartbeat", body, token)).Body);
    }

    [Fact]
    public async Task The_first_heartbeat_of_a_provisioning_workspace_brings_it_online_and_a_failed_one_needs_a_register()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var created = await control.SendAsync("POST", "/workspaces", new { name = "a" });

        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = created.Id }, bearer: "");
        Assert.Equal("online", (await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: ""))["status"]);

        await control.ExecuteAsync("UPDATE workspaces SET status = 'failed'");
        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = created.Id }, bearer: "");
        Assert.Equal("failed", (await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: ""))["status"]);
        await control.RegisterAsync("http://localhost:1", created.Id);
        Assert.Equal("online", (await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: ""))["status"]);
    }

    [Fact]
    public async Task A_heartbeat_of_nobody_is_ok_and_one_without_a_name_is_not()
    {
        var control = shared.Control;

        Assert.Equal(200, (await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = Guid.NewGuid() }, bearer: "")).Status);
        Assert.Equal(400, (await control.SendAsync("POST", "/registry/heartbeat", new { error_rate = 1 }, bearer: "")).Status);
    }
}

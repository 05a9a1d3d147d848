namespace Molecule.Tests.ControlPlane;

/// <summary>POST /workspaces (spec/control-plane.md 3.2.1, 14.3; codes: spec/runtimes-and-providers.md 4.4).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class CreateTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private const string Rows =
        """
        SELECT (SELECT count(*) FROM workspaces) || ' ' || (SELECT count(*) FROM workspace_secrets) || ' ' || (SELECT count(*) FROM canvas_layouts) || ' '
            || (SELECT count(*) FROM structure_events) || ' ' || (SELECT count(*) FROM workspace_auth_tokens)
        """;

    [Theory]
    [InlineData("""{"name":"a","runtime":"claude-code","model":"minimax:MiniMax-M2.7","secrets":{"MINIMAX_API_KEY":"k"}}""", "UNREGISTERED_MODEL_FOR_RUNTIME")]
    [InlineData("""{"name":"a","runtime":"codex","model":"claude-sonnet-4-6"}""", "UNREGISTERED_MODEL_FOR_RUNTIME")]
    [InlineData("""{"name":"a","runtime":"claude-code","model":"claude-sonnet-4-6"}""", "MISSING_BYOK_CREDENTIAL")]
    [InlineData("""{"name":"a","runtime":"claude-code","model":"claude-sonnet-4-6","secrets":{"ANTHROPIC_API_KEY":""}}""", "MISSING_BYOK_CREDENTIAL")]
    [InlineData("""{"name":"a","runtime":"codex","model":"openai/gpt-5.4"}""", "MISSING_PLATFORM_PROXY")]
    [InlineData("""{"name":"a","runtime":"langgraph","model":"x"}""", "RUNTIME_UNSUPPORTED")]
    [InlineData("""{"name":"a","runtime":"mock"}""", "RUNTIME_UNSUPPORTED")]
    [InlineData("""{"name":"a","runtime":"codex","model":"gpt-5.5","template":"no-such","secrets":{"OPENAI_API_KEY":"k"}}""", "TEMPLATE_UNAVAILABLE")]
    public async Task A_refused_create_answers_422_with_its_code_and_leaves_nothing(string body, string code)
    {
        var control = shared.Control;

        var answer = await control.SendAsync("POST", "/workspaces", body);

        Assert.Equal((422, code), (answer.Status, answer["code"]));
        Assert.Equal(["code", "error"], answer.Json.EnumerateObject().Select(static member => member.Name));
        Assert.NotEmpty(answer["error"]);
        Assert.Equal("0 0 0 0 0", await control.ScalarAsync<string>(Rows));
    }

    [Theory]
    [InlineData("not json", 400, "invalid workspace payload")]
    [InlineData("""["a"]""", 400, "invalid workspace payload")]
    [InlineData("""{"runtime":"codex"}""", 400, "invalid workspace payload")]
    [InlineData("""{"name":7}""", 400, "invalid workspace payload")]
    [InlineData("""{"name":"a","secrets":{"K":7}}""", 400, "invalid workspace payload")]
    [InlineData("""{"name":"a","compute":{"display":{"enabled":"yes"}}}""", 400, "invalid workspace payload")]
    [InlineData("""{"name":"a","compute":{"display":{"enabled":true}}}""", 400, "display not enabled")]
    [InlineData("""{"name":"a\nb"}""", 400, "invalid workspace fields")]
    [InlineData("""{"name":"a{b}"}""", 400, "invalid workspace fields")]
    [InlineData("""{"name":"a","role":"x & y"}""", 400, "invalid workspace fields")]
    [InlineData("""{"name":"a","secrets":{"K=V":"x"}}""", 400, "invalid workspace fields")]
    [InlineData("""{"name":"a","template":"../up"}""", 400, "invalid template")]
    [InlineData("""{"name":"a","workspace_dir":"relative"}""", 400, "invalid workspace directory")]
    [InlineData("""{"name":"a","workspace_dir":"/home/../etc"}""", 400, "invalid workspace directory")]
    [InlineData("""{"name":"a","workspace_dir":"/etc/x"}""", 400, "invalid workspace directory")]
    [InlineData("""{"name":"a","workspace_access":"all"}""", 400, "invalid workspace access")]
    [InlineData("""{"name":"a","workspace_access":"read_only"}""", 400, "invalid workspace access")]
    [InlineData("""{"name":"a","external":true,"parent_id":"00000000-0000-4000-8000-000000000000"}""", 500, "failed to create workspace")]
    public async Task A_wrong_field_is_named_and_leaves_nothing(string body, int status, string error)
    {
        var control = shared.Control;

        var answer = await control.SendAsync("POST", "/workspaces", body);

        Assert.Equal((status, $$"""{"error":"{{error}}"}"""), (answer.Status, answer.Body));
        Assert.Equal("0 0 0 0 0", await control.ScalarAsync<string>(Rows));
    }

    [Fact]
    public async Task A_name_of_256_characters_is_too_long_and_one_of_255_is_not()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);

        Assert.Equal(400, (await control.SendAsync("POST", "/workspaces", new { name = new string('n', 256) })).Status);
        Assert.Equal(201, (await control.SendAsync("POST", "/workspaces", new { name = new string('n', 255) })).Status);
    }

    [Fact]
    public async Task A_create_that_names_nothing_waits_on_the_platform_arm_of_claude_code_without_a_token()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);

        var answer = await control.SendAsync("POST", "/workspaces", new { name = "plain" });

        Assert.Equal(201, answer.Status);
        Assert.Equal(
            """{"awareness_namespace":"workspace:ID","id":"ID","provider":"platform","status":"provisioning","workspace_access":"none"}""",
            answer.Body.Replace(answer.Id.ToString(), "ID", StringComparison.Ordinal));
        Assert.Equal("1 0 1 1 0", await control.ScalarAsync<string>(Rows));
        var item = Assert.Single((await control.SendAsync("GET", "/workspaces")).Json.EnumerateArray());
        Assert.Equal(("claude-code", "provisioning", 3), (item.GetProperty("runtime").GetString(), item.GetProperty("status").GetString(), item.GetProperty("tier").GetInt32()));
    }

    [Fact]
    public async Task An_external_workspace_with_a_url_is_online_and_one_without_waits_with_its_own_token()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);

        var online = await control.SendAsync("POST", "/workspaces", new { name = "out", runtime = "external", url = "http://localhost:9" });
        Assert.Equal("""{"external":true,"id":"ID","status":"online"}""", online.Body.Replace(online.Id.ToString(), "ID", StringComparison.Ordinal));

        var awaited = await control.SendAsync("POST", "/workspaces", new { name = "in", external = true });
        Assert.Equal("awaiting_agent", awaited["status"]);
        var connection = awaited.Json.GetProperty("connection");
        Assert.Equal(
            ["auth_token", "curl_register_template", "heartbeat_endpoint", "platform_url", "python_snippet", "registry_endpoint", "workspace_id"],
            connection.EnumerateObject().Select(static member => member.Name));

        var token = connection.GetProperty("auth_token").GetString()!;
        var register = await control.SendAsync("POST", "/registry/register", new { id = awaited.Id, url = "http://localhost:9", agent_card = new { name = "agent" } }, token);
        Assert.Equal("""{"status":"registered"}""", register.Body);
        Assert.Equal("online", (await control.SendAsync("GET", $"/workspaces/{awaited.Id}", bearer: ""))["status"]);
        Assert.Empty(node.Provisioned);
        Assert.Equal(
            "WORKSPACE_ONLINE WORKSPACE_AWAITING_AGENT WORKSPACE_ONLINE",
            await control.ScalarAsync<string>("SELECT string_agg(event_type, ' ' ORDER BY created_at) FROM structure_events"));
    }

    [Theory]
    [InlineData("GET", "", 400, "invalid workspace ID")]
    [InlineData("DELETE", "", 400, "invalid workspace ID")]
    [InlineData("GET", "/secrets", 400, "invalid workspace ID")]
    [InlineData("GET", "/activity", 200, null)]
    public async Task A_path_id_that_is_none_is_answered_as_its_route_does(string method, string rest, int status, string? error)
    {
        var answer = await shared.Control.SendAsync(method, "/workspaces/not-an-id" + rest);

        Assert.Equal((status, error), (answer.Status, error is null ? null : answer["error"]));
    }

    [Fact]
    public async Task An_unknown_id_is_404_to_get_and_nothing_to_delete()
    {
        var control = shared.Control;

        var missing = await control.SendAsync("GET", $"/workspaces/{Guid.NewGuid()}", bearer: "");
        Assert.Equal((404, """{"error":"workspace not found"}"""), (missing.Status, missing.Body));
        var removed = await control.SendAsync("DELETE", $"/workspaces/{Guid.NewGuid()}");
        Assert.Equal((200, """{"cascade_deleted":0,"status":"removed"}"""), (removed.Status, removed.Body));
        Assert.Equal("[]", (await control.SendAsync("GET", "/workspaces")).Body);
    }
}

namespace Molecule.Tests.ControlPlane;

/// <summary>Starts and stops through the node (spec/control-plane.md 4.6, 5.2).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class ProvisioningTests(PostgresCluster postgres)
{
    private static readonly object Codex = new { name = "a", runtime = "codex", model = "gpt-5.5", tier = 2, secrets = new { OPENAI_API_KEY = "mol-secret-key" } };

    [Fact]
    public async Task Create_answers_before_the_node_does_and_the_node_hears_the_whole_wire()
    {
        await using var node = await FakeNode.StartAsync();
        var gate = new TaskCompletionSource();
        node.BeforeAnswer = _ => gate.Task;
        await using var control = await RunningControlPlane.StartAsync(postgres, node, new Dictionary<string, string?> { ["MOLECULE_ORG_ID"] = "org-1", ["PLATFORM_URL"] = "http://platform.test:8080/" });

        var created = await control.SendAsync("POST", "/workspaces", Codex, headers: ("X-Molecule-Org-Id", "org-1"));

        Assert.Equal(201, created.Status);
        var request = await RunningControlPlane.UntilAsync("the provision call", () => Task.FromResult(node.Provisioned.FirstOrDefault()), static request => request is not null);
        Assert.Equal(("org-1", created.Id.ToString(), "codex", 2, "http://platform.test:8080"), (request!.OrgId, request.WorkspaceId, request.Runtime, request.Tier, request.PlatformUrl));
        Assert.Equal(["MOLECULE_MODEL gpt-5.5", "MOLECULE_RESOLVED_PROVIDER openai-api", "OPENAI_API_KEY mol-secret-key"], request.Env.Select(static pair => $"{pair.Key} {pair.Value}").Order());
        gate.SetResult();
        Assert.Equal("i-1", await control.InstanceAsync(created.Id));
    }

    [Fact]
    public async Task A_start_that_the_node_refuses_is_failed_with_its_cause_and_without_any_secret()
    {
        await using var node = await FakeNode.StartAsync();
        node.OnProvision = static request => (409, new { error = $"no engine codex (env was {request.Env["OPENAI_API_KEY"]})" });
        await using var control = await RunningControlPlane.StartAsync(postgres, node);

        await control.SendAsync("POST", "/workspaces", Codex);

        var item = await RunningControlPlane.UntilAsync(
            "the failure",
            async () => (await control.SendAsync("GET", "/workspaces")).Json[0],
            static item => item.GetProperty("status").GetString() == "failed");
        Assert.Equal("the node answered 409: no engine codex (env was [hidden])", item.GetProperty("last_sample_error").GetString());
        Assert.Equal(
            """WORKSPACE_PROVISION_FAILED {"error": "the node answered 409: no engine codex (env was [hidden])"}""",
            await control.ScalarAsync<string>("SELECT event_type || ' ' || payload FROM structure_events WHERE event_type LIKE '%FAILED'"));
        Assert.DoesNotContain("mol-secret-key", control.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_that_is_not_there_fails_the_start()
    {
        var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        await node.DisposeAsync();

        await control.SendAsync("POST", "/workspaces", Codex);

        var error = await RunningControlPlane.UntilAsync(
            "the failure", () => control.ScalarAsync<string?>("SELECT last_sample_error FROM workspaces WHERE status = 'failed'"), static error => error is not null);
        Assert.StartsWith("the node cannot be reached: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workspace_removed_while_it_starts_is_stopped_as_soon_as_it_is_there()
    {
        await using var node = await FakeNode.StartAsync();
        var gate = new TaskCompletionSource();
        node.BeforeAnswer = _ => gate.Task;
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var created = await control.SendAsync("POST", "/workspaces", Codex);
        await RunningControlPlane.UntilAsync("the provision call", () => Task.FromResult(node.Provisioned.Count), static count => count == 1);

        Assert.Equal(200, (await control.SendAsync("DELETE", $"/workspaces/{created.Id}")).Status);
        Assert.Empty(node.Stopped);
        gate.SetResult();

        await RunningControlPlane.UntilAsync("the stop", () => Task.FromResult(string.Join(',', node.Stopped)), stopped => stopped == $"{created.Id} i-1");
        Assert.Equal("removed", (await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: ""))["status"]);
    }

    [Fact]
    public async Task Children_are_removed_with_their_parent_only_when_that_is_confirmed()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var parent = (await control.SendAsync("POST", "/workspaces", new { name = "parent", external = true, url = "http://localhost:1" })).Id;
        var child = (await control.SendAsync("POST", "/workspaces", new { name = "child", external = true, url = "http://localhost:1", parent_id = parent })).Id;
        await control.SendAsync("POST", "/workspaces", new { name = "grandchild", external = true, url = "http://localhost:1", parent_id = child });

        var asked = await control.SendAsync("DELETE", $"/workspaces/{parent}");
        Assert.Equal((409, "confirmation_required", "1"), (asked.Status, asked["status"], asked["children_count"]));
        Assert.Equal($$"""[{"id":"{{child}}","name":"child"}]""", asked["children"]);
        Assert.Equal(3, (await control.SendAsync("GET", "/workspaces")).Json.GetArrayLength());

        var removed = await control.SendAsync("DELETE", $"/workspaces/{parent}?confirm=true");
        Assert.Equal((200, """{"cascade_deleted":2,"status":"removed"}"""), (removed.Status, removed.Body));
        Assert.Equal("[]", (await control.SendAsync("GET", "/workspaces")).Body);
        Assert.Equal(
            "grandchild child parent",
            await control.ScalarAsync<string>("SELECT string_agg(w.name, ' ' ORDER BY e.ctid) FROM structure_events e JOIN workspaces w ON w.id = e.workspace_id WHERE event_type = 'WORKSPACE_REMOVED'"));
    }

    [Fact]
    public async Task A_stop_that_fails_is_told()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var created = await control.SendAsync("POST", "/workspaces", Codex);
        Assert.Equal("i-1", await control.InstanceAsync(created.Id));
        node.StopStatus = 500;

        var answer = await control.SendAsync("DELETE", $"/workspaces/{created.Id}");

        Assert.Equal((500, "1", $"""["{created.Id}: the node answered 500: stop refused"]"""), (answer.Status, answer["removed_count"], answer["stop_failures"]));
        Assert.Equal("removed", (await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: ""))["status"]);

        node.StopStatus = 404;
        Assert.Equal(200, (await control.SendAsync("DELETE", $"/workspaces/{created.Id}")).Status);
    }

    [Fact]
    public async Task Global_secrets_count_at_create_and_reach_the_workspace_below_its_own()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        await control.ExecuteAsync("INSERT INTO global_secrets (key, encrypted_value) VALUES ('OPENAI_API_KEY', 'global'), ('OTHER', 'global')");

        var created = await control.SendAsync("POST", "/workspaces", new { name = "a", runtime = "codex", model = "gpt-5.5", secrets = new { OTHER = "own" } });

        Assert.Equal("openai-api", created["provider"]);
        var request = await RunningControlPlane.UntilAsync("the provision call", () => Task.FromResult(node.Provisioned.FirstOrDefault()), static request => request is not null);
        Assert.Equal(("global", "own"), (request!.Env["OPENAI_API_KEY"], request.Env["OTHER"]));
    }
}

namespace Molecule.Tests.ControlPlane;

/// <summary>Restarts that give a workspace a new file system, and snapshots (spec/control-plane.md 4.4, docs/decisions/0024).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class HardRestartTests(PostgresCluster postgres)
{
    private const string Snapshot = "20261128T061502.1234567Z";

    private static readonly object Codex = new { name = "n", runtime = "codex", model = "gpt-5.5", secrets = new Dictionary<string, string> { ["OPENAI_API_KEY"] = "mol-secret-key" } };

    [Theory]
    [InlineData("""{"apply_template":true}""", true)]
    [InlineData("""{"rebuild_config":true}""", true)]
    [InlineData("""{"template":"codex"}""", true)]
    [InlineData("""{"apply_template":false,"template":""}""", false)]
    [InlineData(null, false)]
    public async Task A_hard_restart_asks_for_a_new_file_system_once_and_a_soft_one_never(string? body, bool isHard)
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var first = await control.InstanceAsync(id);

        Assert.Equal(200, (await control.SendAsync("POST", $"/workspaces/{id}/restart", body)).Status);
        var second = await control.InstanceAsync(id, first);
        await control.SendAsync("POST", $"/workspaces/{id}/restart");
        await control.InstanceAsync(id, second);

        Assert.Equal([false, isHard, false], node.Provisioned.Select(static p => p.IsRecreated));
        Assert.All(node.Provisioned, static p => Assert.Null(p.Restore));
        Assert.Equal(isHard ? 1 : 0, node.SwapsAsked.Count);
    }

    [Theory]
    [InlineData("""{"template":"codex"}""", "codex")]
    [InlineData("""{"apply_template":true}""", "codex")]
    public async Task A_hard_restart_with_a_template_puts_its_files_over_the_workspaces_own_and_names_it(string body, string label)
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        Assert.Equal(200, (await control.SendAsync("PUT", $"/workspaces/{id}/files/config.yaml", new { content = "broken: [" })).Status);
        Assert.Equal(200, (await control.SendAsync("PUT", $"/workspaces/{id}/files/mine.md", new { content = "mine" })).Status);

        var answer = await control.SendAsync("POST", $"/workspaces/{id}/restart", body);

        Assert.Equal((200, $$"""{"config_dir":"{{label}}","reset_session":false,"status":"provisioning"}"""), (answer.Status, answer.Body));
        Assert.Equal(await File.ReadAllTextAsync(Path.Combine(Path.GetDirectoryName(RunningControlPlane.ProvidersYaml)!, "templates", "codex", "config.yaml"), TestContext.Current.CancellationToken), await FileAsync(control, id, "config.yaml"));
        Assert.Equal("mine", await FileAsync(control, id, "mine.md"));
    }

    [Theory]
    [InlineData("""{"rebuild_config":true}""")]
    [InlineData("""{"reset":true}""")]
    [InlineData(null)]
    public async Task A_restart_without_a_template_leaves_the_files_as_they_are(string? body)
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        Assert.Equal(200, (await control.SendAsync("PUT", $"/workspaces/{id}/files/config.yaml", new { content = "mine: true" })).Status);

        var answer = await control.SendAsync("POST", $"/workspaces/{id}/restart", body);

        Assert.Equal((200, "existing-volume"), (answer.Status, answer["config_dir"]));
        Assert.Equal("mine: true", await FileAsync(control, id, "config.yaml"));
    }

    [Theory]
    [InlineData("""{"template":"../etc"}""", 400, "invalid template")]
    [InlineData("""{"template":"no-such"}""", 422, "template 'no-such' is not available; there are claude-code, codex, google-adk, hermes, openclaw")]
    [InlineData("""{"template":"hermes"}""", 422, "template 'hermes' is of runtime 'hermes', not of 'codex'")]
    public async Task A_template_that_cannot_be_had_is_refused_while_the_workspace_runs_on(string body, int status, string message)
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await control.InstanceAsync(id);
        await control.RegisterAsync("http://localhost:1", id);

        var refused = await control.SendAsync("POST", $"/workspaces/{id}/restart", body);

        Assert.Equal((status, message), (refused.Status, refused["error"]));
        Assert.Empty(node.Stopped);
        Assert.Equal("online", (await control.SendAsync("GET", $"/workspaces/{id}"))["status"]);
    }

    [Fact]
    public async Task A_workspace_made_from_a_template_begins_with_its_files()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var made = await control.SendAsync("POST", "/workspaces", """{"name":"a","template":"codex","model":"gpt-5.5","secrets":{"OPENAI_API_KEY":"k"}}""");
        var plain = await control.SendAsync("POST", "/workspaces", Codex);

        Assert.StartsWith("# The template of codex", await FileAsync(control, made.Id, "config.yaml"), StringComparison.Ordinal);
        Assert.StartsWith("name: \"n\"", await FileAsync(control, plain.Id, "config.yaml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(507, "The workspace's data is 7 bytes: its swap needs more than is free.")]
    [InlineData(409, "There is no snapshot of that name.")]
    public async Task What_cannot_be_swapped_is_refused_while_it_runs_on(int status, string message)
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        await control.InstanceAsync(id);
        await control.RegisterAsync("http://localhost:1", id);
        node.SwapProblem = (status, message);

        var hard = await control.SendAsync("POST", $"/workspaces/{id}/restart", """{"rebuild_config":true}""");
        var restored = await control.SendAsync("POST", $"/workspaces/{id}/snapshots/{Snapshot}/restore");

        Assert.Equal([(status, message), (status, message)], new[] { hard, restored }.Select(static answer => (answer.Status, answer["error"])));
        Assert.Empty(node.Stopped);
        Assert.Equal("online", (await control.SendAsync("GET", $"/workspaces/{id}"))["status"]);
    }

    [Fact]
    public async Task Snapshots_are_listed_and_the_one_named_is_what_the_next_start_begins_with()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var id = (await control.SendAsync("POST", "/workspaces", Codex)).Id;
        var first = await control.InstanceAsync(id);

        Assert.Equal($$"""[{"bytes":42,"name":"{{Snapshot}}"}]""", (await control.SendAsync("GET", $"/workspaces/{id}/snapshots")).Body);
        Assert.Equal(200, (await control.SendAsync("POST", $"/workspaces/{id}/snapshots/{Snapshot}/restore")).Status);
        await control.InstanceAsync(id, first);

        Assert.Equal((true, Snapshot), (node.Provisioned.Last().IsRecreated, node.Provisioned.Last().Restore));
        Assert.Equal($"?restore={Snapshot}", Assert.Single(node.SwapsAsked));
    }

    [Fact]
    public async Task A_control_plane_that_dies_before_the_node_has_answered_asks_for_the_same_again()
    {
        await using var node = await FakeNode.StartAsync();
        string connectionString;
        Guid id;
        await using (var dying = await RunningControlPlane.StartAsync(postgres, node))
        {
            connectionString = dying.ConnectionString;
            id = (await dying.SendAsync("POST", "/workspaces", Codex)).Id;
            await dying.InstanceAsync(id);
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            node.BeforeAnswer = _ =>
            {
                asked.TrySetResult();
                return Task.Delay(Timeout.Infinite, TestContext.Current.CancellationToken);
            };
            await dying.SendAsync("POST", $"/workspaces/{id}/snapshots/{Snapshot}/restore");
            await asked.Task.WaitAsync(RunningControlPlane.Deadline, TestContext.Current.CancellationToken);
        }

        node.BeforeAnswer = static _ => Task.CompletedTask;
        await using var next = await RunningControlPlane.StartAsync(connectionString, node);
        await RunningControlPlane.UntilAsync("the third start", () => Task.FromResult(node.Provisioned.Count), static count => count >= 3);

        Assert.Equal([null, Snapshot, Snapshot], node.Provisioned.Select(static p => p.Restore));
    }

    [Fact]
    public async Task A_workspace_that_is_not_there_has_no_snapshots()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);

        foreach (var (method, path) in new[] { ("GET", "snapshots"), ("POST", $"snapshots/{Snapshot}/restore") })
        {
            Assert.Equal(404, (await control.SendAsync(method, $"/workspaces/{Guid.NewGuid()}/{path}")).Status);
        }

        Assert.Empty(node.SwapsAsked);
    }

    private static async Task<string?> FileAsync(RunningControlPlane control, Guid workspace, string path) => (string?)(await control.SendAsync("GET", $"/workspaces/{workspace}/files/{path}"))["content"];
}

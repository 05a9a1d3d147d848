using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Molecule.Processes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node;

/// <summary>What a node does with its workspaces, told by workspaces that are shell scripts (spec/control-plane.md 5.2).</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NodeTests
{
    // A child, a grandchild in a session of its own whose parent has gone, and one that has shed the environment.
    private const string Forking = """
        env > environment.txt
        sleep 1000 &
        (setsid sleep 1001 &)
        (setsid env -i sleep 1002 &)
        trap 'exit 0' TERM
        echo ready > ready.txt
        while :; do wait; done
        """;

    private const string Deaf = """
        trap '' TERM
        setsid sh -c 'trap "" TERM; while :; do sleep 1000; done' &
        echo ready > ready.txt
        while :; do sleep 1000; done
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deleted_workspace_takes_all_its_descendants_along()
    {
        await using var node = await RunningNode.WithScriptAsync(Forking, Cancelled);
        var instance = await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);
        await node.WrittenAsync("ws-1", "ready.txt");
        var family = Sleepers(node);
        Assert.InRange(family.Count, 2, 3);

        Assert.Equal(HttpStatusCode.OK, await node.DeleteAsync("ws-1", instance, Cancelled));

        Assert.Equal("stopped", (string?)(await node.StatusAsync("ws-1", instance, Cancelled))["state"]);
        await Eventually.HoldsAsync(() => !family.Any(ProcessTable.IsRunning), TimeSpan.FromSeconds(5), "the workspace's descendants have ended");
    }

    [Fact]
    public async Task A_workspace_that_will_not_end_is_killed()
    {
        await using var node = await RunningNode.WithScriptAsync(Deaf, Cancelled);
        var instance = await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);
        await node.WrittenAsync("ws-1", "ready.txt");

        Assert.Equal(HttpStatusCode.OK, await node.DeleteAsync("ws-1", instance, Cancelled));

        var status = await node.StatusAsync("ws-1", instance, Cancelled);
        Assert.Equal(("stopped", 137), ((string?)status["state"], (int?)status["exit_code"]));
        Assert.Empty(node.Carriers());
    }

    [Fact]
    public async Task A_stopping_node_leaves_no_workspace_behind_even_deaf_ones()
    {
        await using var node = await RunningNode.WithScriptAsync(Deaf, Cancelled);
        await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);
        await node.ProvisionAsync(RunningNode.Request("ws-2"), Cancelled);
        await node.WrittenAsync("ws-1", "ready.txt");
        await node.WrittenAsync("ws-2", "ready.txt");

        Assert.Equal(0, await node.Program.StopAsync());

        Assert.Empty(node.Carriers());
    }

    [Fact]
    public async Task A_workspace_gets_what_its_contract_names_and_nothing_else()
    {
        await using var node = await RunningNode.WithScriptAsync(Forking, Cancelled);
        await node.ProvisionAsync(
            RunningNode.Request("ws-1", env: new JsonObject { ["MY_SECRET"] = "mine", ["WORKSPACE_ID"] = "another", ["MOLECULE_LIFELINE"] = "/elsewhere" }),
            Cancelled);

        await node.WrittenAsync("ws-1", "ready.txt");
        var environment = (await node.WrittenAsync("ws-1", "environment.txt")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static l => l.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1]);

        Assert.Equal("ws-1", environment["WORKSPACE_ID"]);
        Assert.Equal("ws-1", environment["MOLECULE_WORKSPACE"]);
        Assert.Equal(node.Run, environment["MOLECULE_RUN"]);
        Assert.Equal("codex", environment["MOLECULE_RUNTIME"]);
        Assert.Equal("http://127.0.0.1:9", environment["PLATFORM_URL"]);
        Assert.Equal("2", environment["TIER"]);
        Assert.Equal("mine", environment["MY_SECRET"]);
        Assert.Equal(Path.Combine(node.Root, "ws-1", "home"), environment["HOME"]);
        Assert.Equal(Path.Combine(node.Root, "ws-1", "configs"), environment["WORKSPACE_CONFIG_PATH"]);
        Assert.EndsWith("node.sock", environment["MOLECULE_LIFELINE"], StringComparison.Ordinal);
        string[] known =
        [
            "DOTNET_ROOT", "HOME", "LANG", "MOLECULE_ENGINES", "MOLECULE_LIFELINE", "MOLECULE_RUN", "MOLECULE_RUNTIME", "MOLECULE_URL", "MOLECULE_WORKSPACE", "MY_SECRET",
            "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME", "PATH", "PLATFORM_URL", "PWD", "TIER", "TMPDIR", "WORKSPACE_CONFIG_PATH", "WORKSPACE_ID",
        ];
        Assert.Empty(environment.Keys.Except(known));
    }

    [Fact]
    public async Task A_second_provisioning_replaces_the_first()
    {
        await using var node = await RunningNode.WithScriptAsync("echo $$ >> pids.txt\nexec sleep 1000\n", Cancelled);
        var first = await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);
        await node.WrittenAsync("ws-1", "pids.txt");
        var sleeper = Assert.Single(node.Carriers()).Key;

        var second = await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);

        Assert.NotEqual(first, second);
        Assert.False(ProcessTable.IsRunning(sleeper));
        Assert.Equal(HttpStatusCode.NotFound, await node.DeleteAsync("ws-1", first, Cancelled));
        Assert.Equal("running", (string?)(await node.StatusAsync("ws-1", second, Cancelled))["state"]);
        Assert.Single(node.Carriers());
    }

    [Fact]
    public async Task A_workspace_that_ends_by_itself_is_seen_with_its_code()
    {
        await using var node = await RunningNode.WithScriptAsync("(setsid sleep 1000 &)\nwhile [ ! -e go ]; do sleep 0.05; done\necho its last words\nexit 7\n", Cancelled);
        var instance = await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);
        await File.WriteAllTextAsync(Path.Combine(node.Root, "ws-1", "workspace", "go"), "", Cancelled);

        var status = await node.StatusUntilStoppedAsync("ws-1", instance, Cancelled);

        Assert.Equal(("stopped", 7), ((string?)status["state"], (int?)status["exit_code"]));
        Assert.Empty(node.Carriers());
        Assert.Contains("its last words", await File.ReadAllTextAsync(Path.Combine(node.Root, "ws-1", "logs", "workspace.log"), Cancelled), StringComparison.Ordinal);
        Assert.Contains("ws-1 | its last words", node.Program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_paused_workspace_stands_still_until_it_is_resumed()
    {
        await using var node = await RunningNode.WithScriptAsync("echo ready > ready.txt\nwhile :; do sleep 0.05; done\n", Cancelled);
        var instance = await node.ProvisionAsync(RunningNode.Request("ws-1"), Cancelled);
        await node.WrittenAsync("ws-1", "ready.txt");

        Assert.Equal(HttpStatusCode.OK, await node.PostAsync("/cp/workspaces/ws-1/pause", Cancelled));
        Assert.Equal("paused", (string?)(await node.StatusAsync("ws-1", instance, Cancelled))["state"]);
        await Eventually.HoldsAsync(() => node.Carriers().All(static r => r.State is 'T'), TimeSpan.FromSeconds(3), "all of the workspace is frozen");

        Assert.Equal(HttpStatusCode.OK, await node.PostAsync("/cp/workspaces/ws-1/resume", Cancelled));
        Assert.DoesNotContain(node.Carriers(), static r => r.State is 'T');

        Assert.Equal(HttpStatusCode.OK, await node.PostAsync("/cp/workspaces/ws-1/kill", Cancelled));
        Assert.Equal(137, (int?)(await node.StatusAsync("ws-1", instance, Cancelled))["exit_code"]);
    }

    [Fact]
    public async Task Bad_calls_are_refused_with_a_reason()
    {
        await using var node = await RunningNode.WithScriptAsync("exec sleep 1000\n", Cancelled);

        Assert.Equal(HttpStatusCode.Unauthorized, (await ProvisionAsync(JsonContent.Create(RunningNode.Request("ws-1")), "provision-secrex")).Status);
        var shape = await ProvisionAsync(JsonContent.Create(RunningNode.Request("../ws-1")), RunningNode.Secret);
        Assert.Equal(HttpStatusCode.BadRequest, shape.Status);
        Assert.Contains("workspace_id", shape.Error, StringComparison.Ordinal);
        var body = await ProvisionAsync(new StringContent("{"), RunningNode.Secret);
        Assert.Equal(HttpStatusCode.BadRequest, body.Status);
        var name = await ProvisionAsync(JsonContent.Create(RunningNode.Request("ws-1", env: new JsonObject { ["A=B"] = "c" })), RunningNode.Secret);
        Assert.Contains("A=B", name.Error, StringComparison.Ordinal);
        var engine = await ProvisionAsync(JsonContent.Create(RunningNode.Request("ws-1", "openclaw")), RunningNode.Secret);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, engine.Status);
        Assert.Contains("openclaw", engine.Error, StringComparison.Ordinal);
        Assert.Empty(node.Carriers());

        async Task<(HttpStatusCode Status, string Error)> ProvisionAsync(HttpContent content, string secret)
        {
            using var answer = await node.ProvisionRawAsync(content, secret, Cancelled);
            return (answer.StatusCode, (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancelled))?["error"] ?? "");
        }
    }

    // By name: one of them has shed the mark.
    private static IReadOnlyList<ProcessKey> Sleepers(RunningNode node)
    {
        var rows = ProcessTable.Read();
        return [.. ProcessTable.Descendants(rows, node.Program.Key.Id).Where(static r => r.Name is "sleep").Select(static r => r.Key)];
    }
}

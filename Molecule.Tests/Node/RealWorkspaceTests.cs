using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Molecule.Processes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node;

/// <summary>A node with the real workspace and a real CLI that hangs in the middle of a turn: nothing may be left, whatever is killed.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class RealWorkspaceTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_node_leaves_no_process_and_no_port()
    {
        await using var scene = await Scene.InTheMiddleOfATurnAsync("codex", static origin => new()
        {
            ["MOLECULE_RESOLVED_PROVIDER"] = "openai-api",
            ["MOLECULE_MODEL"] = "gpt-5.5",
            ["OPENAI_API_KEY"] = "mol-key-1",
            ["OPENAI_BASE_URL"] = origin + "/v1",
        });
        Assert.True(scene.Node.Carriers().Count >= 2);

        ProcessTable.Kill(scene.Node.Program.Key);

        await Eventually.HoldsAsync(() => scene.Node.Carriers().Count is 0, Deadline, "the workspace and its agent have ended");
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync("127.0.0.1", scene.Port, Cancelled);
        });
    }

    [Fact]
    public async Task A_killed_workspace_leaves_no_agent_behind_even_one_that_ignores_the_end_of_its_input()
    {
        await using var scene = await Scene.InTheMiddleOfATurnAsync("claude-code", ClaudeCode);
        var workspace = scene.Node.Carriers().First(r => r.ParentId == scene.Node.Program.Key.Id).Key;

        ProcessTable.Kill(workspace);

        await Eventually.HoldsAsync(() => scene.Node.Carriers().Count is 0, Deadline, "the agent has ended");
        var status = await scene.Node.StatusUntilStoppedAsync("ws-1", scene.Instance, Cancelled);
        Assert.Equal(("stopped", 137), ((string?)status["state"], (int?)status["exit_code"]));
    }

    [Fact]
    public async Task A_workspace_in_the_middle_of_a_turn_stops_in_good_order_when_it_is_told_to()
    {
        await using var scene = await Scene.InTheMiddleOfATurnAsync("claude-code", ClaudeCode);

        await scene.Node.DeleteAsync("ws-1", scene.Instance, Cancelled);

        var status = await scene.Node.StatusAsync("ws-1", scene.Instance, Cancelled);
        Assert.Equal(("stopped", 0), ((string?)status["state"], (int?)status["exit_code"]));
        Assert.Empty(scene.Node.Carriers());
    }

    [Fact]
    public async Task Workspaces_listen_and_register_at_the_address_that_the_node_is_told()
    {
        await using var platform = await PlatformStandIn.StartAsync();
        await using var node = await RunningNode.WithRealWorkspacesAsync(Cancelled, own: new Dictionary<string, string> { ["MOLECULE_WORKSPACE_ADDRESS"] = "127.0.0.2" });
        var instance = await node.ProvisionAsync(RunningNode.Request("ws-1", "codex", platform.Url, []), Cancelled);

        var url = new Uri((string)(await platform.NextRegistrationAsync(Cancelled))["url"]!);

        Assert.Equal("127.0.0.2", url.Host);
        using var http = new HttpClient();
        Assert.True((await http.GetAsync(new Uri(url, "/health"), Cancelled)).IsSuccessStatusCode);

        // There alone: not everywhere. Whoever has that port at another address is another process (man 5 proc_net: 0A listens, 0200007F is 127.0.0.2).
        string[] listening = [.. from line in File.ReadLines("/proc/net/tcp").Concat(File.ReadLines("/proc/net/tcp6"))
                                 let columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                                 where columns.Length > 3 && columns[3] == "0A" && columns[1].EndsWith($":{url.Port:X4}", StringComparison.Ordinal)
                                 select columns[1].Split(':')[0]];
        Assert.Contains("0200007F", listening);
        Assert.DoesNotContain(listening, static address => address.Trim('0').Length == 0);
        Assert.Equal("127.0.0.2", (string?)(await node.StatusAsync("ws-1", instance, Cancelled))["private_ip"]);
    }

    private static JsonObject ClaudeCode(string origin) => new()
    {
        ["MOLECULE_RESOLVED_PROVIDER"] = "anthropic-api",
        ["MOLECULE_MODEL"] = "claude-sonnet-4-6",
        ["ANTHROPIC_API_KEY"] = "mol-key-1",
        ["ANTHROPIC_BASE_URL"] = origin,
    };

    private sealed class Scene : IAsyncDisposable
    {
        private readonly HttpClient _http = new();
        private Task? _turn;

        public required RunningNode Node { get; init; }

        public required VendorStandIn Vendor { get; init; }

        public required PlatformStandIn Platform { get; init; }

        public required string Instance { get; init; }

        public int Port { get; private set; }

        public static async Task<Scene> InTheMiddleOfATurnAsync(string runtime, Func<string, JsonObject> environment)
        {
            var vendor = await VendorStandIn.StartAsync();
            var platform = await PlatformStandIn.StartAsync();
            var node = await RunningNode.WithRealWorkspacesAsync(Cancelled);
            var reached = vendor.Hang();
            var scene = new Scene
            {
                Node = node,
                Vendor = vendor,
                Platform = platform,
                Instance = await node.ProvisionAsync(RunningNode.Request("ws-1", runtime, platform.Url, environment(vendor.Origin)), Cancelled),
            };
            var url = new Uri((string)(await platform.NextRegistrationAsync(Cancelled))["url"]!);
            scene.Port = url.Port;
            scene._turn = scene._http.PostAsJsonAsync(url, new JsonObject
            {
                ["jsonrpc"] = "2.0",
                ["id"] = "r1",
                ["method"] = "message/send",
                ["params"] = new JsonObject { ["message"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = Words.Prompt("A", "B") }) } },
            });
            await reached.WaitAsync(TimeSpan.FromSeconds(45), Cancelled);
            return scene;
        }

        public async ValueTask DisposeAsync()
        {
            await Node.DisposeAsync();
            await Vendor.DisposeAsync();
            await Platform.DisposeAsync();
            await (_turn ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _http.Dispose();
        }
    }
}

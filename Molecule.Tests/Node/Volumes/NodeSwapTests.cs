using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node.Volumes;

/// <summary>Swaps as a node makes them, told by workspaces that are shell scripts.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class NodeSwapTests
{
    // Each incarnation tells what it found in its home, and leaves something there.
    private const string Keeping = """
        (cat "$HOME/kept" 2>/dev/null || echo nothing) > found.new
        mv found.new "found-$INCARNATION"
        echo "left by $INCARNATION" > "$HOME/kept"
        echo ready > "ready-$INCARNATION"
        trap 'exit 0' TERM
        while :; do sleep 0.05; done
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_recreated_workspace_finds_its_home_again()
    {
        await using var node = await RunningNode.WithScriptAsync(Keeping, Cancelled);
        await StartAsync(node, 1);
        await StartAsync(node, 2, recreate: true);

        Assert.Equal("left by 1\n", await node.WrittenAsync("ws-1", "found-2"));
        Assert.Single(await node.SnapshotsAsync("ws-1", Cancelled));
    }

    [Fact]
    public async Task Without_persistence_a_recreated_workspace_has_lost_its_home()
    {
        await using var node = await RunningNode.WithScriptAsync(Keeping, Cancelled);
        await StartAsync(node, 1);
        await StartAsync(node, 2, recreate: true, persistence: "ephemeral");

        Assert.Equal("nothing\n", await node.WrittenAsync("ws-1", "found-2"));
        Assert.Empty(await node.SnapshotsAsync("ws-1", Cancelled));
    }

    [Fact]
    public async Task A_snapshot_is_restored_on_request()
    {
        await using var node = await RunningNode.WithScriptAsync(Keeping, Cancelled);
        await StartAsync(node, 1);
        await StartAsync(node, 2, recreate: true);
        await StartAsync(node, 3, recreate: true);
        var first = (await node.SnapshotsAsync("ws-1", Cancelled))[^1];
        await StartAsync(node, 4, restore: first);

        Assert.Equal("left by 1\n", await node.WrittenAsync("ws-1", "found-4"));
    }

    [Fact]
    public async Task A_snapshot_that_is_not_there_leaves_the_running_incarnation_alone()
    {
        await using var node = await RunningNode.WithScriptAsync(Keeping, Cancelled);
        var running = await StartAsync(node, 1);

        using var answer = await node.ProvisionRawAsync(JsonContent.Create(Request(2, restore: "20200101T000000.0000000Z")), RunningNode.Secret, Cancelled);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("There is no snapshot '20200101T000000.0000000Z' of this workspace", await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        Assert.Equal("running", (string?)(await node.StatusAsync("ws-1", running, Cancelled))["state"]);
    }

    [Fact]
    public async Task A_node_that_is_killed_while_it_takes_a_snapshot_has_lost_nothing_when_it_is_there_again()
    {
        await using var node = await RunningNode.WithScriptAsync(Keeping, Cancelled);
        await StartAsync(node, 1);
        var folder = Path.Combine(node.Root, "ws-1");
        var large = new byte[64 * 1024 * 1024];
        new Random(20261128).NextBytes(large);
        await File.WriteAllBytesAsync(Path.Combine(folder, "home/large"), large, Cancelled);

        var swapping = node.ProvisionRawAsync(JsonContent.Create(Request(2, recreate: true)), RunningNode.Secret, Cancelled);
        await Eventually.HoldsAsync(
            () => Directory.Exists(Path.Combine(folder, "snapshots")) && Directory.GetFiles(Path.Combine(folder, "snapshots"), "*.partial").Length > 0,
            TimeSpan.FromSeconds(60),
            "the node has begun a snapshot");
        await node.KillAndStartAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => swapping);

        Assert.False(File.Exists(Path.Combine(folder, "swap.json")));
        Assert.Empty(Directory.GetFiles(Path.Combine(folder, "snapshots")));
        Assert.Equal(large, await File.ReadAllBytesAsync(Path.Combine(folder, "home/large"), Cancelled));
        await StartAsync(node, 3, recreate: true);
        Assert.Equal("left by 1\n", await node.WrittenAsync("ws-1", "found-3"));
    }

    private static async Task<string> StartAsync(RunningNode node, int incarnation, bool recreate = false, string? persistence = null, string? restore = null)
    {
        var instance = await node.ProvisionAsync(Request(incarnation, recreate, persistence, restore), Cancelled);
        await node.WrittenAsync("ws-1", $"ready-{incarnation}");
        return instance;
    }

    private static JsonObject Request(int incarnation, bool recreate = false, string? persistence = null, string? restore = null)
    {
        var request = RunningNode.Request("ws-1", env: new JsonObject { ["INCARNATION"] = $"{incarnation}" });
        if (persistence is not null)
        {
            request["env"]!["MOLECULE_DATA_PERSISTENCE"] = persistence;
        }

        if (recreate)
        {
            request["recreate"] = true;
        }

        if (restore is not null)
        {
            request["restore"] = restore;
        }

        return request;
    }
}

using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Molecule.Tests.Garbage;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node;

[UnsupportedOSPlatform("windows")]
public sealed class NodeGarbageTests
{
    private const int Seed = 20261123;

    [Fact]
    public async Task Ten_thousand_garbage_requests_start_nothing_leave_nothing_and_the_node_still_provisions()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var node = await RunningNode.WithScriptAsync("exec sleep 1000", cancellation);
        var before = GarbageStorm.OpenFiles(node.Program.Key.Id);

        var answers = await GarbageStorm.SendAsync(
            node.Address, Seed, ["/cp/workspaces/provision", "/cp/workspaces/{}/status", "/cp/workspaces/{}", "/cp/workspaces/{}/pause", "/cp/workspaces/{}/kill?instance_id={}", "/health"], RunningNode.Secret, cancellation);

        GarbageStorm.Expect(answers, Seed, 200, 400, 401, 404, 405, 503);
        Assert.Empty(node.Carriers());
        Assert.Empty(Directory.Exists(node.Root) ? Directory.GetDirectories(node.Root) : []);
        await node.ProvisionAsync(RunningNode.Request("after-the-storm"), cancellation);
        Assert.Single(node.Carriers());
        await Eventually.HoldsAsync(() => GarbageStorm.OpenFiles(node.Program.Key.Id) < before + 40, TimeSpan.FromSeconds(30), "the node has closed the storm's connections");
    }
}

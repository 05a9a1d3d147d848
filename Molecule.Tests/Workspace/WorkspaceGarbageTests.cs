using Molecule.Tests.Garbage;

namespace Molecule.Tests.Workspace;

public sealed class WorkspaceGarbageTests
{
    private const int Seed = 20261124;

    [Fact]
    public async Task Ten_thousand_garbage_requests_reach_no_vendor_and_leave_the_workspace_serving()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var workspace = await RunningWorkspace.StartAsync(
            static origin => new Dictionary<string, string>
            {
                ["MOLECULE_RUNTIME"] = "codex",
                ["MOLECULE_RESOLVED_PROVIDER"] = "openai-api",
                ["MOLECULE_MODEL"] = "gpt-5.5",
                ["OPENAI_API_KEY"] = "mol-key-1",
                ["OPENAI_BASE_URL"] = origin + "/a03/v1",
            },
            cancellation);
        var before = GarbageStorm.OpenFiles(workspace.Program.Key.Id);

        var answers = await GarbageStorm.SendAsync(workspace.Url, Seed, ["/", "/.well-known/agent-card.json", "/transcript?since={}", "/health", "/{}"], bearer: null, cancellation);

        GarbageStorm.Expect(answers, Seed, 200, 400, 401, 404, 405, 503);
        Assert.Empty(workspace.Vendor.Requests);
        Assert.True(workspace.Program.Output.Length < 200_000, "The storm filled the workspace's log.");
        await Eventually.HoldsAsync(() => GarbageStorm.OpenFiles(workspace.Program.Key.Id) < before + 40, TimeSpan.FromSeconds(30), "the workspace has closed the storm's connections");
    }
}

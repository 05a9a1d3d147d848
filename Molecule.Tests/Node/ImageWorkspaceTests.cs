using System.Net;
using System.Net.Http.Json;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Molecule.Conformance.Tests.Containers;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Node;

/// <summary>Workspaces of a runtime that is an image (docs/decisions/0026): the image's own script runs in real containers.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ImageWorkspaceTests(ImageWorkspaceTests.ScriptImage image) : IClassFixture<ImageWorkspaceTests.ScriptImage>
{
    private const string Id = "ws-1";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [ContainerFact]
    public async Task It_is_given_what_the_products_provisioner_gives_and_nothing_of_the_nodes_own()
    {
        await using var node = await StartAsync();
        await node.ProvisionAsync(RunningNode.Request(Id, platformUrl: "http://127.0.0.1:9", env: new JsonObject { ["OPENAI_API_KEY"] = "mol-key", ["Molecule__Runtimes__hermes__Command"] = "/mine" }), Cancelled);

        var seen = (await node.WrittenAsync(Id, "environment")).Split('\n').Where(static line => line.Contains('=', StringComparison.Ordinal)).Select(static line => line.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);

        Assert.Equal(
            ("/configs", "/home/agent", "/workspace", "ws-1", "http://127.0.0.1:9", "http://127.0.0.1:9", "2", "codex", "mol-key", "localhost", "/plugins", "/app"),
            (seen["WORKSPACE_CONFIG_PATH"], seen["HOME"], seen["PWD"], seen["WORKSPACE_ID"], seen["PLATFORM_URL"], seen["MOLECULE_URL"], seen["TIER"], seen["MOLECULE_RUNTIME"], seen["OPENAI_API_KEY"], seen["HOSTNAME"], seen["PLUGINS_DIR"], seen["PYTHONPATH"]));
        Assert.Equal((node.Run, Id, "the image's"), (seen["MOLECULE_RUN"], seen["MOLECULE_WORKSPACE"], seen["PATH_OF"]));
        Assert.Empty(seen.Keys.Intersect(["ADMIN_TOKEN", "PROVISION_SHARED_SECRET", "MOLECULE_LIFELINE", "MOLECULE_ENGINES", "DOCKER_HOST", "TMPDIR", "Molecule__Runtimes__hermes__Command", "Molecule__Runtimes__codex__Image"]));
        await Eventually.HoldsAsync(() => Log(node).Contains("said by the image", StringComparison.Ordinal), Deadline, "the container's lines are in the workspace's log");
    }

    [ContainerFact]
    public async Task It_is_asked_to_end_by_its_images_signal_and_killed_after_the_grace_and_leaves_no_container()
    {
        await using var node = await StartAsync();
        var polite = await node.ProvisionAsync(RunningNode.Request(Id), Cancelled);
        await node.WrittenAsync(Id, "environment");
        var deaf = await node.ProvisionAsync(RunningNode.Request("ws-deaf", env: new JsonObject { ["DEAF"] = "1" }), Cancelled);
        await node.WrittenAsync("ws-deaf", "environment");

        await node.DeleteAsync(Id, polite, Cancelled);
        await node.DeleteAsync("ws-deaf", deaf, Cancelled);

        Assert.Equal(("stopped", 43), await EndAsync(node, Id, polite));
        Assert.Equal(("stopped", 137), await EndAsync(node, "ws-deaf", deaf));
        Assert.Empty(await ContainersAsync(node));
    }

    [ContainerFact]
    public async Task A_new_incarnation_is_a_new_container_on_the_same_volumes()
    {
        await using var node = await StartAsync();
        var first = await node.ProvisionAsync(RunningNode.Request(Id), Cancelled);
        await node.WrittenAsync(Id, "environment");
        var before = Assert.Single(await ContainersAsync(node)).ID;

        var hard = RunningNode.Request(Id);
        hard["recreate"] = true;
        var second = await node.ProvisionAsync(hard, Cancelled);

        await Eventually.HoldsAsync(() => File.ReadAllLines(Path.Combine(node.Root, Id, "home", "boots")).Length == 2, Deadline, "the second container has found what the first has left");
        Assert.Equal(["nothing of an earlier one", "nothing of an earlier one"], File.ReadAllLines(Path.Combine(node.Root, Id, "home", "boots")));
        Assert.NotEqual(first, second);
        Assert.NotEqual(before, Assert.Single(await ContainersAsync(node)).ID);
        Assert.NotEmpty(await node.SnapshotsAsync(Id, Cancelled));
    }

    [ContainerFact]
    public async Task It_is_frozen_and_goes_on_and_can_be_ended_while_frozen()
    {
        await using var node = await StartAsync();
        var instance = await node.ProvisionAsync(RunningNode.Request(Id), Cancelled);

        Assert.Equal(HttpStatusCode.OK, await node.PostAsync($"/cp/workspaces/{Id}/pause", Cancelled));
        Assert.Equal(("paused", "paused"), ((string?)(await node.StatusAsync(Id, instance, Cancelled))["state"], Assert.Single(await ContainersAsync(node)).State));
        Assert.Equal(HttpStatusCode.OK, await node.PostAsync($"/cp/workspaces/{Id}/resume", Cancelled));
        Assert.Equal(("running", "running"), ((string?)(await node.StatusAsync(Id, instance, Cancelled))["state"], Assert.Single(await ContainersAsync(node)).State));

        Assert.Equal(HttpStatusCode.OK, await node.PostAsync($"/cp/workspaces/{Id}/pause", Cancelled));
        await node.PostAsync($"/cp/workspaces/{Id}/kill", Cancelled);
        Assert.Equal(("stopped", 137), await EndAsync(node, Id, instance));
        Assert.Empty(await ContainersAsync(node));
    }

    [ContainerFact]
    public async Task What_a_killed_node_has_left_is_removed_by_the_next_one_of_the_run_and_no_other_container()
    {
        await using var node = await StartAsync();
        await using var neighbour = await StartAsync();
        await node.ProvisionAsync(RunningNode.Request(Id), Cancelled);
        await neighbour.ProvisionAsync(RunningNode.Request(Id), Cancelled);

        await node.KillAndStartAsync();

        Assert.Empty(await ContainersAsync(node));
        Assert.Single(await ContainersAsync(neighbour));
    }

    [ContainerFact]
    public async Task An_image_that_is_not_there_and_a_desktop_are_refused_by_name()
    {
        await using var node = await StartAsync("molecule-test-no-such-image:1");

        var missing = await RefusedAsync(node, RunningNode.Request(Id));
        var desktop = RunningNode.Request(Id);
        desktop["desktop"] = true;

        Assert.Equal("The image 'molecule-test-no-such-image:1' of runtime codex is not on this machine: pull it first, or correct Molecule__Runtimes__codex__Image.", missing);
        Assert.StartsWith("Workspace ws-1 asks for a desktop, and its runtime is the image", await RefusedAsync(node, desktop), StringComparison.Ordinal);
    }

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private Task<RunningNode> StartAsync(string? name = null) => RunningNode.WithScriptAsync(
        "exit 1\n", Cancelled, new Dictionary<string, string> { ["Molecule__Runtimes__codex__Image"] = name ?? image.Name, ["DOCKER_HOST"] = ContainerEngine.Address.OriginalString });

    private static string Log(RunningNode node) =>
        File.Exists(Path.Combine(node.Root, Id, "logs", "workspace.log"))
            ? new StreamReader(new FileStream(Path.Combine(node.Root, Id, "logs", "workspace.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite)).ReadToEnd()
            : "";

    private static async Task<(string?, int?)> EndAsync(RunningNode node, string id, string instance)
    {
        var status = await node.StatusUntilStoppedAsync(id, instance, Cancelled);
        return ((string?)status["state"], (int?)status["exit_code"]);
    }

    private static async Task<string?> RefusedAsync(RunningNode node, JsonObject request)
    {
        using var answer = await node.ProvisionRawAsync(JsonContent.Create(request), RunningNode.Secret, Cancelled);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        return (string?)(await answer.Content.ReadFromJsonAsync<JsonObject>(Cancelled))!["error"];
    }

    private static async Task<IList<ContainerListResponse>> ContainersAsync(RunningNode node)
    {
        using var client = ContainerEngine.Connect();
        return await client.Containers.ListContainersAsync(
            new ContainersListParameters
            {
                All = true,
                Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [$"molecule.run={node.Run}"] = true } },
            },
            Cancelled);
    }

    /// <summary>An image whose program writes down what it is given and waits.</summary>
    public sealed class ScriptImage : IAsyncLifetime
    {
        private const string Repository = "molecule-test-script";

        private const string Program = """
            trap 'exit 43' TERM
            [ -n "$DEAF" ] && trap '' TERM
            [ -e /earlier ] && echo "something of an earlier one" >> /home/agent/boots || echo "nothing of an earlier one" >> /home/agent/boots
            echo here > /earlier
            echo "said by the image"
            { tr '\0' '\n' < /proc/self/environ; echo "PWD=$PWD"; } > environment.new
            mv environment.new environment
            while :; do sleep 0.1; done

            """;

        private readonly string _tag = Guid.NewGuid().ToString("N");

        public string Name => $"{Repository}:{_tag}";

        public async ValueTask InitializeAsync()
        {
            if (await ContainerEngine.MissingAsync() is { } missing)
            {
                throw new InvalidOperationException($"These tests are required to run, and {missing}.");
            }

            var image = new LocalImage().WithText("/program.sh", Program);
            foreach (var program in (string[])["sleep", "tr", "mv"])
            {
                await image.WithProgramAsync(program);
            }

            await image.WithProgramAsync("sh", at: "/bin/sh");
            await image.ImportAsync(Repository, _tag, ["ENTRYPOINT [\"/bin/sh\", \"/program.sh\"]", "ENV PATH_OF=\"the image's\" PATH=/usr/bin:/bin"], CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            using var client = ContainerEngine.Connect();
            await client.Images.DeleteImageAsync(Name, new ImageDeleteParameters { Force = true });
        }
    }
}

using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Molecule.Conformance.Tests.Containers;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;
using Molecule.Harness.Engines;
using Molecule.HostTools.Containers;
using Molecule.Processes.Peers;
using Molecule.Tests.Processes.Peers;
using Molecule.Tests.Workspace;
using ContainerEngine = Molecule.Conformance.Tests.Containers.ContainerEngine;

namespace Molecule.Tests.HostTools;

/// <summary>Who answers from a container, by the kernel, and of which image it is, by the container engine.</summary>
public sealed class RunImagesTests(RunImagesTests.CallerImage image) : IClassFixture<RunImagesTests.CallerImage>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [ContainerFact]
    public async Task A_caller_in_a_container_of_the_run_is_known_by_container_image_and_workspace()
    {
        var run = $"t-{Guid.NewGuid():N}";
        await using var images = RunImages.Follow(run, new(ContainerEngine.Address), TimeProvider.System);
        using var server = new LoopbackServer(IPAddress.Loopback);
        await using var caller = await Caller.StartAsync(image.Name, server.Port, new Dictionary<string, string> { ["molecule.run"] = run, ["molecule.workspace"] = "ws-7" });
        using var accepted = await server.AcceptAsync();

        var peer = new PeerAttestor().Identify(accepted.Local, accepted.Remote);

        Assert.Equal(caller.Id, peer?.Container);
        await Eventually.HoldsAsync(() => images.Find(caller.Id) is not null, Deadline, "the container engine has told of the run's container");
        Assert.Equal(new RanContainer(image.Digest, "ws-7"), images.Find(caller.Id));
        Assert.Equal(($"codex image {image.Digest} (real)", null), Judge(images, peer));

        // Whoever removes it does not make it unknown.
        await caller.DisposeAsync();
        Assert.Equal(image.Digest, images.Find(caller.Id)?.Image);
    }

    [ContainerFact]
    public async Task A_container_of_another_run_and_a_process_outside_of_any_are_none_of_the_runs()
    {
        var run = $"t-{Guid.NewGuid():N}";
        await using var images = RunImages.Follow(run, new(ContainerEngine.Address), TimeProvider.System);
        using var server = new LoopbackServer(IPAddress.Loopback);
        await using var other = await Caller.StartAsync(image.Name, server.Port, new Dictionary<string, string> { ["molecule.run"] = run + "0", ["molecule.workspace"] = "ws-7" });
        using var fromOther = await server.AcceptAsync();
        using var outside = ShellClient.Start("/bin/bash", server.Port, "ws-7");
        using var fromOutside = await server.AcceptAsync();
        await using var own = await Caller.StartAsync(image.Name, server.Port, new Dictionary<string, string> { ["molecule.run"] = run });
        await Eventually.HoldsAsync(() => images.Find(own.Id) is not null, Deadline, "the container engine has told of the run's container");

        Assert.Null(images.Find(other.Id));
        Assert.Equal(new RanContainer(image.Digest, null), images.Find(own.Id));
        var attestor = new PeerAttestor();
        var (stranger, process) = (attestor.Identify(fromOther.Local, fromOther.Remote), attestor.Identify(fromOutside.Local, fromOutside.Remote));
        Assert.Equal((other.Id, outside.Id, null), (stranger?.Container, process?.ProcessId, process?.Container));
        Assert.Equal((null, $"request 1 came from the container {other.Id[..12]}, which was not made for this run"), Judge(images, stranger));
        Assert.Equal((null, $"request 1 came from {process?.Executable} outside of any container, and codex is to be an image"), Judge(images, process));
    }

    private (string? Engine, string? Doubt) Judge(RunImages images, PeerIdentity? peer)
    {
        var request = new JournalEntry(1, DateTimeOffset.UnixEpoch, "openai-api", "POST", "/v1/responses", "", CredentialForm.Bearer, null, "m", true, 200, "any", "words", "answer", null, peer, null);
        var (engine, doubt) = new EngineAttestation([LockedEngine.Of(new RuntimeImage("codex", image.Name, image.Digest))], images.Find).Judge("codex", "ws-7", [request]);
        return (engine?.ToString(), doubt);
    }

    /// <summary>A container on this machine's network that holds a connection to a port.</summary>
    private sealed class Caller(DockerClient engine, string id) : IAsyncDisposable
    {
        private bool _removed;

        public string Id { get; } = id;

        public static async Task<Caller> StartAsync(string image, int port, Dictionary<string, string> labels)
        {
            var engine = ContainerEngine.Connect();
            var created = await engine.Containers.CreateContainerAsync(new CreateContainerParameters
            {
                Image = image,
                Entrypoint = ["/bin/bash", "-c", $"exec 3<>/dev/tcp/127.0.0.1/{port}; read -r line <&3"],
                Labels = labels,
                HostConfig = new HostConfig { NetworkMode = "host" },
            });
            await engine.Containers.StartContainerAsync(created.ID, new ContainerStartParameters());
            return new Caller(engine, created.ID);
        }

        public async ValueTask DisposeAsync()
        {
            if (!_removed)
            {
                _removed = true;
                await engine.Containers.RemoveContainerAsync(Id, new ContainerRemoveParameters { Force = true });
                engine.Dispose();
            }
        }
    }

    /// <summary>An image that holds a shell that can connect.</summary>
    public sealed class CallerImage : IAsyncLifetime
    {
        private const string Repository = "molecule-test-caller";

        private readonly string _tag = Guid.NewGuid().ToString("N");

        public string Name => $"{Repository}:{_tag}";

        public string Digest { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            if (await ContainerEngine.MissingAsync() is { } missing)
            {
                throw new InvalidOperationException($"These tests are required to run, and {missing}.");
            }

            await (await new LocalImage().WithProgramAsync("bash", at: "/bin/bash")).ImportAsync(Repository, _tag, [], CancellationToken.None);
            using var client = ContainerEngine.Connect();
            Digest = (await client.Images.InspectImageAsync(Name)).ID;
        }

        public async ValueTask DisposeAsync()
        {
            using var client = ContainerEngine.Connect();
            await client.Images.DeleteImageAsync(Name, new ImageDeleteParameters { Force = true });
        }
    }
}

using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>Containers of a locally built image: a shell, a few programs and .NET's native needs.</summary>
[Collection(Collection)]
public sealed class ContainerTests(ContainerTests.Image image)
{
    public const string Collection = "containers";

    private readonly string _label = $"conformance={Guid.NewGuid():N}";

    [ContainerFact]
    public async Task A_container_has_its_arguments_and_environment_and_ends_with_its_exit_code()
    {
        await using var graph = await CreateAsync("--Parameters:word=mirelo");
        var word = graph.Builder.AddParameter("word");
        var box = AddBox(graph, "box", "echo \"$0 $1 $WORD\"; echo wrong >&2; exit 7").WithArgs("one").WithEnvironment("WORD", word);
        await graph.StartAsync();

        await graph.LinesUntilAsync(box.Resource, "/bin/sh one mirelo");
        Assert.Contains(("wrong", true), await graph.LinesUntilAsync(box.Resource, "wrong"));
        var ended = await graph.EndAsync("box");
        Assert.Equal((KnownResourceStates.Exited, 7), (ended.Snapshot.State?.Text, ended.Snapshot.ExitCode));
        Assert.Equal("Container", ended.Snapshot.ResourceType);
    }

    [ContainerFact]
    public async Task A_container_is_healthy_and_reached_at_a_free_port_of_this_machine_alone()
    {
        await using var graph = await CreateAsync();
        var service = Labelled(graph.Builder.AddContainer("web", Image.Name, Image.Tag))
            .WithBindMount(LocalImage.DotnetRoot, "/dotnet", isReadOnly: true)
            .WithBindMount(image.ServiceFolder, "/service", isReadOnly: true)
            .WithEntrypoint("/dotnet/dotnet").WithArgs("/service/Molecule.Conformance.Service.dll")
            .WithEnvironment("ASPNETCORE_URLS", "http://0.0.0.0:8080")
            .WithHttpEndpoint(targetPort: 8080).WithHttpHealthCheck("/health");
        var printer = graph.AddEnvironmentPrinter("printer").WithReference(service.GetEndpoint("http")).WaitFor(service);
        await graph.StartAsync();

        await graph.Notifications.WaitForResourceHealthyAsync("web", graph.Deadline);
        using var client = graph.Application.CreateHttpClient("web");
        var environment = await client.GetFromJsonAsync<Dictionary<string, string>>("/env", graph.Deadline);
        Assert.Equal("http://0.0.0.0:8080", environment!["ASPNETCORE_URLS"]);
        Assert.DoesNotContain("MOLECULE_ASPIRE_ENGINE", environment.Keys);
        Assert.Equal(service.GetEndpoint("http").Url, (await graph.PrintedEnvironmentAsync(printer.Resource))["services__web__http__0"]);
        Assert.All(
            (await ListAsync(graph.Deadline)).SelectMany(static c => c.Ports).Where(static p => p.PublicPort != 0),
            static port => Assert.Equal("127.0.0.1", port.IP));
    }

    [ContainerFact]
    public async Task A_named_volume_outlives_its_container_and_a_read_only_mount_cannot_be_written()
    {
        var volume = $"conformance-{Guid.NewGuid():N}";
        var folder = Directory.CreateTempSubdirectory("molecule-conformance-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "given"), "from outside", TestContext.Current.CancellationToken);
            await using (var graph = await CreateAsync())
            {
                AddBox(graph, "writer", "cat /in/given > /data/kept; echo no > /in/given || exit 3").WithVolume(volume, "/data").WithBindMount(folder.FullName, "/in", isReadOnly: true);
                await graph.StartAsync();
                Assert.Equal(3, (await graph.EndAsync("writer")).Snapshot.ExitCode);
            }

            await using (var graph = await CreateAsync())
            {
                var reader = AddBox(graph, "reader", "cat /data/kept").WithVolume(volume, "/data", isReadOnly: true);
                await graph.StartAsync();
                await graph.LinesUntilAsync(reader.Resource, "from outside");
            }
        }
        finally
        {
            folder.Delete(recursive: true);
            using var client = ContainerEngine.Connect();
            await client.Volumes.RemoveAsync(volume, force: true, CancellationToken.None);
        }
    }

    [ContainerFact]
    public async Task A_container_is_stopped_started_and_restarted_on_command()
    {
        await using var graph = await CreateAsync();
        var box = AddBox(graph, "box", "trap 'exit 0' TERM; echo up; while true; do sleep 0.1; done");
        await graph.StartAsync();
        await graph.LinesUntilAsync(box.Resource, "up");

        Assert.True((await graph.Application.ResourceCommands.ExecuteCommandAsync("box", KnownResourceCommands.StopCommand, graph.Deadline)).Success);
        var stopped = await graph.EndAsync("box");
        Assert.Equal(0, stopped.Snapshot.ExitCode);

        foreach (var command in (string[])[KnownResourceCommands.StartCommand, KnownResourceCommands.RestartCommand])
        {
            var before = (await ListAsync(graph.Deadline)).Where(static c => c.State == "running").Select(static c => c.ID).ToArray();
            Assert.True((await graph.Application.ResourceCommands.ExecuteCommandAsync("box", command, graph.Deadline)).Success);
            await graph.Notifications.WaitForResourceAsync("box", KnownResourceStates.Running, graph.Deadline);
            Assert.NotEqual(before, [.. (await ListAsync(graph.Deadline)).Where(static c => c.State == "running").Select(static c => c.ID)]);
        }
    }

    [ContainerFact]
    public async Task A_stop_leaves_no_container()
    {
        await using (var graph = await CreateAsync())
        {
            AddBox(graph, "deaf", "trap '' TERM; while true; do sleep 0.1; done");
            AddBox(graph, "ended", "exit 0");
            await graph.StartAsync();
            await graph.EndAsync("ended");
            Assert.NotEmpty(await ListAsync(graph.Deadline));
        }

        Assert.Empty(await ListAsync(TestContext.Current.CancellationToken));
    }

    [ContainerFact]
    public async Task An_image_that_is_nowhere_makes_a_container_fail_and_is_named()
    {
        await using var graph = await CreateAsync();
        graph.Builder.AddContainer("box", "localhost:1/no-such-image", "1");
        await graph.StartAsync();

        Assert.Equal(KnownResourceStates.FailedToStart, (await graph.EndAsync("box")).Snapshot.State?.Text);
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => graph.Notifications.WaitForResourceHealthyAsync("box", WaitBehavior.StopOnResourceUnavailable, graph.Deadline));
        Assert.Contains("box", error.Message, StringComparison.Ordinal);
    }

    private static Task<Graph> CreateAsync(params string[] args) => Graph.CreateAsync(args);

    private IResourceBuilder<ContainerResource> AddBox(Graph graph, string name, string script) =>
        Labelled(graph.Builder.AddContainer(name, Image.Name, Image.Tag)).WithEntrypoint("/bin/sh").WithArgs("-c", script, "/bin/sh");

    private IResourceBuilder<ContainerResource> Labelled(IResourceBuilder<ContainerResource> container) => container.WithContainerRuntimeArgs("--label", _label);

    private async Task<IList<ContainerListResponse>> ListAsync(CancellationToken cancellationToken)
    {
        using var client = ContainerEngine.Connect();
        return await client.Containers.ListContainersAsync(
            new ContainersListParameters
            {
                All = true,
                Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [_label] = true } },
            },
            cancellationToken);
    }

    /// <summary>The image that these tests run.</summary>
    public sealed class Image : IAsyncLifetime
    {
        public const string Name = "molecule-conformance";
        public const string Tag = "1";

        public string ServiceFolder { get; } = Path.Combine(
            Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(typeof(Image).Assembly.Location)))!, "Molecule.Conformance.Service", Path.GetFileName(Path.GetDirectoryName(typeof(Image).Assembly.Location))!);

        public async ValueTask InitializeAsync()
        {
            if (await ContainerEngine.MissingAsync() is { } missing)
            {
                throw new InvalidOperationException($"These tests are required to run, and {missing}.");
            }

            var image = new LocalImage();
            foreach (var program in (string[])["sleep", "cat", Path.Combine(LocalImage.DotnetRoot, "dotnet"), typeof(object).Assembly.Location.Replace("System.Private.CoreLib.dll", "libcoreclr.so", StringComparison.Ordinal)])
            {
                await image.WithProgramAsync(program);
            }

            await image.WithProgramAsync("sh", at: "/bin/sh");
            await image.WithProgramAsync("bash", at: "/bin/bash");
            image.WithText("/etc/nsswitch.conf", "hosts: files dns\n");
            await image.ImportAsync(Name, Tag, [], CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            using var client = ContainerEngine.Connect();
            await client.Images.DeleteImageAsync($"{Name}:{Tag}", new ImageDeleteParameters { Force = true });
        }
    }
}

/// <summary>One image for every class that runs containers, built once and removed with the last of them.</summary>
[CollectionDefinition(ContainerTests.Collection)]
public sealed class ContainerCollection : ICollectionFixture<ContainerTests.Image>;

using Docker.DotNet.Models;
using Molecule.Conformance.Tests.Containers;

namespace Molecule.Tests.Cli;

/// <summary>An image of our own control plane, as it was built, for as long as the tests that need it.</summary>
public sealed class ControlPlaneImage : IAsyncLifetime
{
    private const string Repository = "molecule-test-control-plane";

    private readonly string _tag = Guid.NewGuid().ToString("N");

    public string Name => $"{Repository}:{_tag}";

    public async ValueTask InitializeAsync()
    {
        if (await ContainerEngine.MissingAsync() is { } missing)
        {
            throw new InvalidOperationException($"These tests are required to run, and {missing}.");
        }

        // Beside these tests lie the programs of every room, in folders of their own.
        var bin = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var image = (await new LocalImage().WithDotnetAsync())
            .WithFolder(Path.Combine(bin.Parent!.Parent!.FullName, "Molecule.ControlPlane", bin.Name), "/app")
            .WithFolder(RunningGate.Repository.TemplatesFolder, "/app/templates")
            .WithText("/app/providers.yaml", await File.ReadAllTextAsync(RunningGate.Repository.ProvidersFile))
            .WithText("/app/aliases.yaml", await File.ReadAllTextAsync(RunningGate.Repository.AliasesFile))
            .WithText("/etc/nsswitch.conf", "hosts: files dns\n");
        await image.ImportAsync(
            Repository, _tag,
            ["ENTRYPOINT [\"/dotnet/dotnet\", \"/app/Molecule.ControlPlane.dll\"]", "ENV ASPNETCORE_HTTP_PORTS=8080 Molecule__Registry=/app/providers.yaml", "WORKDIR /app"],
            CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        using var client = ContainerEngine.Connect();
        await client.Images.DeleteImageAsync(Name, new ImageDeleteParameters { Force = true });
    }
}

using System.Text.Json;
using Docker.DotNet.Models;
using Molecule.Conformance.Tests.Containers;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Cli;

/// <summary>An image of a runtime, as somebody may give one: our own workspace with the real codex, for as long as the tests that need it.</summary>
public sealed class CodexImage : IAsyncLifetime
{
    private const string Repository = "molecule-test-codex";

    private readonly string _tag = Guid.NewGuid().ToString("N");

    public string Name => $"{Repository}:{_tag}";

    /// <summary>The image's id.</summary>
    public string Digest { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (await ContainerEngine.MissingAsync() is { } missing)
        {
            throw new InvalidOperationException($"These tests are required to run, and {missing}.");
        }

        var codex = EngineLookup.Find("codex", await InstalledEngines.ManifestAsync("codex"));
        var inside = new EngineManifest([codex with { Path = "/codex/bin/codex" }]);
        var bin = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var image = (await new LocalImage().WithDotnetAsync())
            .WithFolder(Path.Combine(bin.Parent!.Parent!.FullName, "Molecule.Workspace", bin.Name), "/molecule")
            .WithFolder(Path.GetDirectoryName(Path.GetDirectoryName(codex.Path))!, "/codex")
            .WithText("/engines.json", JsonSerializer.Serialize(inside, ContractJson.Compact))
            .WithText("/etc/nsswitch.conf", "hosts: files dns\n");
        await image.WithProgramAsync("sh", at: "/bin/sh");
        await image.ImportAsync(
            Repository, _tag, ["ENTRYPOINT [\"/dotnet/dotnet\", \"/molecule/Molecule.Workspace.dll\"]", "ENV MOLECULE_ENGINES=/engines.json PATH=/usr/bin:/bin"], CancellationToken.None);
        using var client = ContainerEngine.Connect();
        Digest = (await client.Images.InspectImageAsync(Name)).ID;
    }

    public async ValueTask DisposeAsync()
    {
        using var client = ContainerEngine.Connect();
        await client.Images.DeleteImageAsync(Name, new ImageDeleteParameters { Force = true });
    }
}

using System.Collections.Immutable;

namespace Molecule.Node;

/// <summary>What a node needs to know.</summary>
/// <param name="SharedSecret">PROVISION_SHARED_SECRET: the bearer of every call to /cp (spec/control-plane.md 5.2).</param>
/// <param name="Root">Molecule__Node__Root: the folder that holds a folder per workspace.</param>
/// <param name="WorkspaceProgram">Molecule__Workspace__Program: a .dll is run by dotnet, anything else by itself.</param>
/// <param name="EngineManifest">MOLECULE_ENGINES; null where none was installed, which refuses every provisioning.</param>
/// <param name="Run">MOLECULE_RUN, if this node belongs to a run.</param>
public sealed record NodeSettings(string SharedSecret, string Root, string WorkspaceProgram, string? EngineManifest, string? Run)
{
    /// <summary>Molecule__Runtimes__NAME__Image: runtimes whose workspaces are containers of an image.</summary>
    public ImmutableDictionary<string, string> Images { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>DOCKER_HOST; null for the default socket.</summary>
    public Uri? ContainerEngine { get; init; }

    /// <exception cref="NodeSettingsException">Something is missing; the message names it.</exception>
    public static NodeSettings Read(IConfiguration configuration) => new(
        Require(configuration, "PROVISION_SHARED_SECRET", "PROVISION_SHARED_SECRET", "the secret that the control plane shows to the node"),
        Path.GetFullPath(Require(configuration, "Molecule:Node:Root", "Molecule__Node__Root", "a folder for the workspaces")),
        Path.GetFullPath(Require(configuration, "Molecule:Workspace:Program", "Molecule__Workspace__Program", "the path of Molecule.Workspace.dll")),
        configuration["MOLECULE_ENGINES"] is { Length: > 0 } engines ? engines : null,
        configuration["MOLECULE_RUN"] is { Length: > 0 } run ? run : null)
    {
        Images = configuration.GetSection("Molecule:Runtimes").GetChildren().Where(static runtime => !string.IsNullOrEmpty(runtime["Image"]))
            .ToImmutableDictionary(static runtime => runtime.Key, static runtime => runtime["Image"]!, StringComparer.Ordinal),
        ContainerEngine = configuration["DOCKER_HOST"] is { Length: > 0 } host
            ? Uri.TryCreate(host, UriKind.Absolute, out var address) ? address : throw new NodeSettingsException($"DOCKER_HOST is '{host}', which is no address: it looks like unix:///var/run/docker.sock.")
            : null,
    };

    private static string Require(IConfiguration configuration, string key, string variable, string meaning) =>
        configuration[key] is { Length: > 0 } value ? value : throw new NodeSettingsException($"{variable} is not set: it has to be {meaning}.");
}

/// <summary>The node cannot run: the message names the variable and what it has to be.</summary>
public sealed class NodeSettingsException(string message) : Exception(message);

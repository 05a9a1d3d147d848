namespace Molecule.Node;

/// <summary>What a node needs to know.</summary>
/// <param name="SharedSecret">PROVISION_SHARED_SECRET: the bearer of every call to /cp (spec/control-plane.md 5.2).</param>
/// <param name="Root">Molecule__Node__Root: the folder that holds a folder per workspace.</param>
/// <param name="WorkspaceProgram">Molecule__Workspace__Program: a .dll is run by dotnet, anything else by itself.</param>
/// <param name="EngineManifest">MOLECULE_ENGINES; null where none was installed, which refuses every provisioning.</param>
/// <param name="Run">MOLECULE_RUN, if this node belongs to a run.</param>
public sealed record NodeSettings(string SharedSecret, string Root, string WorkspaceProgram, string? EngineManifest, string? Run)
{
    /// <exception cref="NodeSettingsException">Something is missing; the message names it.</exception>
    public static NodeSettings Read(IConfiguration configuration) => new(
        Require(configuration, "PROVISION_SHARED_SECRET", "PROVISION_SHARED_SECRET", "the secret that the control plane shows to the node"),
        Path.GetFullPath(Require(configuration, "Molecule:Node:Root", "Molecule__Node__Root", "a folder for the workspaces")),
        Path.GetFullPath(Require(configuration, "Molecule:Workspace:Program", "Molecule__Workspace__Program", "the path of Molecule.Workspace.dll")),
        configuration["MOLECULE_ENGINES"] is { Length: > 0 } engines ? engines : null,
        configuration["MOLECULE_RUN"] is { Length: > 0 } run ? run : null);

    private static string Require(IConfiguration configuration, string key, string variable, string meaning) =>
        configuration[key] is { Length: > 0 } value ? value : throw new NodeSettingsException($"{variable} is not set: it has to be {meaning}.");
}

/// <summary>The node cannot run: the message names the variable and what it has to be.</summary>
public sealed class NodeSettingsException(string message) : Exception(message);

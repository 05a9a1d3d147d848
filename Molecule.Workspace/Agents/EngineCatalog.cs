using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;

namespace Molecule.Workspace.Agents;

/// <summary>The installed agent programs, read from the manifest that MOLECULE_ENGINES names.</summary>
public static class EngineCatalog
{
    /// <summary>Finds the program of a runtime.</summary>
    /// <exception cref="AgentSetupException">No manifest, no such program in it, or its file is gone.</exception>
    public static InstalledEngine Find(string runtime, IReadOnlyDictionary<string, string> environment)
    {
        if (!environment.TryGetValue(RunEnvironment.Engines, out var path) || path.Length is 0)
        {
            throw new AgentSetupException($"{RunEnvironment.Engines} is not set: it names the manifest of installed runtimes.");
        }

        EngineManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<EngineManifest>(File.ReadAllText(path), ContractJson.Compact)
                ?? throw new AgentSetupException($"The manifest of installed runtimes '{path}' is empty: install the runtimes again.");
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new AgentSetupException($"The manifest of installed runtimes '{path}' cannot be read: {e.Message}. Install the runtimes again.", e);
        }

        var engine = manifest.Engines.FirstOrDefault(e => e.Name == runtime)
            ?? throw new AgentSetupException($"The manifest of installed runtimes '{path}' has no '{runtime}': install the runtimes again.");
        return File.Exists(engine.Path)
            ? engine
            : throw new AgentSetupException($"The program of {runtime} is missing at '{engine.Path}': install the runtimes again.");
    }
}

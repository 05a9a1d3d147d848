using System.Text.Json;
using Molecule.Contracts.Runs;

namespace Molecule.Contracts.Engines;

/// <summary>Finds an agent program through the manifest that an installer wrote.</summary>
public static class EngineLookup
{
    /// <summary>The program of a runtime.</summary>
    /// <param name="runtime">claude-code, codex, ...</param>
    /// <param name="manifests">The value of MOLECULE_ENGINES: paths of manifests as in PATH; those that were not installed are passed over.</param>
    /// <exception cref="EngineMissingException">No manifest, no such program in any, or its file is gone.</exception>
    public static InstalledEngine Find(string runtime, string? manifests)
    {
        if (string.IsNullOrEmpty(manifests))
        {
            throw new EngineMissingException($"{RunEnvironment.Engines} is not set: it names the manifest of installed runtimes.");
        }

        var engine = manifests.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(File.Exists)
            .SelectMany(static manifest => Read(manifest)?.Engines ?? [])
            .FirstOrDefault(e => e.Name == runtime)
            ?? throw new EngineMissingException($"The manifest of installed runtimes '{manifests}' has no '{runtime}': install the runtimes again.");
        foreach (var file in new[] { engine.Path, engine.Node }.OfType<string>().Where(static file => !File.Exists(file)))
        {
            throw new EngineMissingException($"The program of {runtime} is missing at '{file}': install the runtimes again.");
        }

        return engine;
    }

    private static EngineManifest? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<EngineManifest>(File.ReadAllText(path), ContractJson.Compact);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new EngineMissingException($"The manifest of installed runtimes '{path}' cannot be read: {e.Message} Install the runtimes again.", e);
        }
    }
}

/// <summary>This machine lacks an agent program. The message names it and says what to do.</summary>
public sealed class EngineMissingException : Exception
{
    public EngineMissingException(string message)
        : base(message)
    {
    }

    public EngineMissingException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

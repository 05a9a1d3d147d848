using System.Text.Json;
using Molecule.Contracts.Runs;

namespace Molecule.Contracts.Engines;

/// <summary>Finds an agent program through the manifest that an installer wrote.</summary>
public static class EngineLookup
{
    /// <summary>The program of a runtime.</summary>
    /// <param name="runtime">claude-code, codex, ...</param>
    /// <param name="manifestPath">The value of MOLECULE_ENGINES.</param>
    /// <exception cref="EngineMissingException">No manifest, no such program in it, or its file is gone.</exception>
    public static InstalledEngine Find(string runtime, string? manifestPath)
    {
        if (string.IsNullOrEmpty(manifestPath))
        {
            throw new EngineMissingException($"{RunEnvironment.Engines} is not set: it names the manifest of installed runtimes.");
        }

        EngineManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<EngineManifest>(File.ReadAllText(manifestPath), ContractJson.Compact);
        }
        catch (Exception e) when (e is IOException or JsonException or UnauthorizedAccessException)
        {
            throw new EngineMissingException($"The manifest of installed runtimes '{manifestPath}' cannot be read: {e.Message} Install the runtimes again.", e);
        }

        var engine = manifest?.Engines.FirstOrDefault(e => e.Name == runtime)
            ?? throw new EngineMissingException($"The manifest of installed runtimes '{manifestPath}' has no '{runtime}': install the runtimes again.");
        return File.Exists(engine.Path)
            ? engine
            : throw new EngineMissingException($"The program of {runtime} is missing at '{engine.Path}': install the runtimes again.");
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

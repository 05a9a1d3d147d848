using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;

namespace Molecule.Harness.Engines;

/// <summary>An agent program that a run knows to the byte: as an engines.json locks it, or a stand-in of this build.</summary>
/// <param name="Name">claude-code, codex, ...</param>
/// <param name="Version">Its version.</param>
/// <param name="Program">Path of the program inside node_modules; of a stand-in, where it has to lie.</param>
/// <param name="Sha256">SHA-256 of the program, lower-case hex.</param>
/// <param name="Tree">For a script, the digest of the packages around it.</param>
/// <param name="Renames">Whether the script gives its process another name, so that no command line shows it.</param>
/// <param name="UserAgent">What its user-agent holds; null for <c>/VERSION</c>, empty where it says nothing of itself.</param>
/// <param name="Kind">The agent itself, or a stand-in of this repository.</param>
/// <param name="Image">For an agent that runs in a container of its own image, the image's id, empty where none is locked; null for any other.</param>
public sealed record LockedEngine(string Name, string Version, string Program, string Sha256, string? Tree = null, bool Renames = false, string? UserAgent = null, EngineKind Kind = EngineKind.Real, string? Image = null)
{
    /// <summary>What every stand-in's user-agent says, and no agent's may say.</summary>
    public const string Confession = "emulated";

    /// <summary>The lock of an image: what runs inside is what the image holds, whatever it says of itself.</summary>
    public static LockedEngine Of(RuntimeImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new LockedEngine(image.Runtime, $"image {image.Digest}", "", image.Digest?.Split(':')[1] ?? "", UserAgent: "", Image: image.Digest ?? "");
    }

    /// <summary>The lock of a stand-in of this build.</summary>
    public static LockedEngine Of(InstalledEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new LockedEngine(engine.Name, engine.Version, engine.Path, engine.Sha256, UserAgent: $"{engine.Name}-{Confession}/{engine.Version}", Kind: engine.Kind);
    }
}

using System.Collections.Immutable;
using Molecule.Contracts.Runs;
using Molecule.Coverage.Planning;

namespace Molecule.Harness.Engines;

/// <summary>
/// Real agents that no lock file of ours installs: whoever points the graph at one says what it is
/// (<c>Molecule__Runtimes__hermes__Version</c> and <c>Molecule__Runtimes__hermes__Sha256</c>).
/// </summary>
public static class ConfiguredEngines
{
    private const string Prefix = "Molecule__Runtimes__hermes__";

    /// <summary>What a run locks: the known programs, but of a runtime that is an image that image alone.</summary>
    /// <exception cref="RunRequestException">A lock is ill-formed.</exception>
    public static ImmutableArray<LockedEngine> Over(IEnumerable<LockedEngine> known, Func<string, string?> environment)
    {
        try
        {
            var images = RuntimeImage.Read(environment);
            return [.. known.Concat(Read(environment)).Where(engine => images.All(image => image.Runtime != engine.Name)), .. images.Select(LockedEngine.Of)];
        }
        catch (FormatException e)
        {
            throw new RunRequestException(e.Message);
        }
    }

    /// <summary>Reads what is locked so; nothing where neither is set. Without a lock nothing is real.</summary>
    /// <exception cref="FormatException">One is set without the other, or the digest is none.</exception>
    public static ImmutableArray<LockedEngine> Read(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var version = environment(Prefix + "Version");
        var digest = environment(Prefix + "Sha256");
        if (string.IsNullOrEmpty(version) && string.IsNullOrEmpty(digest))
        {
            return [];
        }

        if (string.IsNullOrEmpty(version) || digest is not { Length: 64 } || !digest.All(char.IsAsciiHexDigitLower))
        {
            throw new FormatException(
                $"{Prefix}Version and {Prefix}Sha256 lock a real hermes together: the version that it prints, and the SHA-256 in lower-case hex of the "
                + "program that opens its connections (its python).");
        }

        // hermes calls through the vendors' Python SDKs, whose user-agents name themselves.
        return [new LockedEngine("hermes", version, "", digest, UserAgent: "")];
    }
}

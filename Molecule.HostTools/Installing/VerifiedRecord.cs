using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Engines;

namespace Molecule.HostTools.Installing;

/// <summary>
/// What was verified, and how the programs looked then. While size and time of change are the same, a warm call does not read
/// their bytes again (675 MB for the agents); the hash of what really runs is taken once more when a connection is attested.
/// </summary>
/// <param name="EnginesHash">SHA-256 of the engines.json that they were verified against.</param>
/// <param name="Programs">The programs.</param>
public sealed record VerifiedRecord(string EnginesHash, ImmutableArray<VerifiedProgram> Programs)
{
    public const string FileName = "verified.json";

    /// <summary>Takes the record of a set that has just been verified in a folder.</summary>
    public static VerifiedRecord Take(PackageSet set, string folder) =>
        new(set.EnginesHash, [.. set.ReadEngines().Engines.Select(engine => VerifiedProgram.Look(folder, engine.Program))]);

    /// <summary>Whether the folder's programs are, by size and time, those that were verified against this very engines.json.</summary>
    public static bool Holds(PackageSet set, string folder)
    {
        try
        {
            var record = JsonSerializer.Deserialize<VerifiedRecord>(File.ReadAllText(Path.Combine(folder, FileName)), ContractJson.Compact);
            return record is not null
                && record.EnginesHash == set.EnginesHash
                && record.Programs.All(program => program == VerifiedProgram.Look(folder, program.Program));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return false;
        }
    }

    /// <summary>Writes the record and the manifest beside it.</summary>
    public void Write(string folder, EngineManifest manifest)
    {
        WriteWhole(Path.Combine(folder, PackageInstaller.ManifestName), JsonSerializer.Serialize(manifest, ContractJson.Indented));
        WriteWhole(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, ContractJson.Indented));
    }

    // Another process may be reading: it sees the old text or the new one.
    private static void WriteWhole(string path, string text)
    {
        var partial = path + ".partial";
        File.WriteAllText(partial, text);
        File.Move(partial, path, overwrite: true);
    }
}

/// <param name="Program">Path inside node_modules.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ChangedTicks">UTC time of the last change, in .NET ticks (100 ns).</param>
public sealed record VerifiedProgram(string Program, long Length, long ChangedTicks)
{
    /// <exception cref="FileNotFoundException">The program is not there.</exception>
    public static VerifiedProgram Look(string folder, string program)
    {
        var file = new FileInfo(Path.Combine(folder, "node_modules", program));
        return new VerifiedProgram(program, file.Length, file.LastWriteTimeUtc.Ticks);
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Molecule.Contracts;

namespace Molecule.Harness.Engines;

/// <summary>Reads an engines.json of runtimes/: <c>{"engines":[{"name":"codex","version":"0.169.0","program":"...","sha256":"..."}]}</c>.</summary>
public static class EngineLockFile
{
    public static ImmutableArray<LockedEngine> Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Lock>(File.ReadAllText(path), ContractJson.Compact)!.Engines;
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path}: {e.Message} It is written by hand from the programs that the lock file installs.", e);
        }
    }

    private sealed record Lock(ImmutableArray<LockedEngine> Engines);
}

using System.Collections.Immutable;
using System.Reflection;
using System.Security.Cryptography;

namespace Molecule.Contracts.Engines;

/// <summary>The stand-ins that were built together with an assembly. eng/EmulatedEngines.targets stamps where they lie.</summary>
public static class EmulatedEngines
{
    private const string Key = "molecule.emulated-engine";

    /// <summary>The stand-ins stamped into an assembly, each hashed as it lies on disk now.</summary>
    /// <exception cref="EngineMissingException">A stand-in's program is not where the build put it.</exception>
    public static ImmutableArray<InstalledEngine> StampedInto(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return [.. assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Where(static a => a.Key is Key).Select(static a => Read(a.Value!))];
    }

    // NAME|VERSION|PATH OF THE DLL. What runs is the program beside it: a process of its own name, not one more dotnet.
    private static InstalledEngine Read(string stamp)
    {
        var parts = stamp.Split('|', 3);
        // Stryker disable once Conditional,String : each machine is on one side of it
        var program = Path.ChangeExtension(parts[2], OperatingSystem.IsWindows() ? ".exe" : null);
        if (!File.Exists(program))
        {
            throw new EngineMissingException($"The stand-in for {parts[0]} is missing at '{program}': build the solution again.");
        }

        using var file = File.OpenRead(program);
        return new InstalledEngine(parts[0], parts[1], program, Convert.ToHexStringLower(SHA256.HashData(file)), Kind: EngineKind.Emulated);
    }
}

using System.Collections.Concurrent;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.Contracts.Runs;
using Molecule.Harness.Engines;
using Molecule.HostTools.Installing;

namespace Molecule.Tests.Workspace;

/// <summary>The real CLIs of this machine: the manifests named by MOLECULE_ENGINES, else that of the cache, into which a runtime's programs are put when need be.</summary>
public static class InstalledEngines
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Installed = new();

    private static readonly Lazy<string> Emulated = new(static () =>
    {
        // In the build's own output, whole at once: several test runs may share it.
        var file = Path.Combine(AppContext.BaseDirectory, "emulated-engines.json");
        var fresh = $"{file}.{Environment.ProcessId}";
        File.WriteAllText(fresh, JsonSerializer.Serialize(new EngineManifest(EmulatedEngines.StampedInto(typeof(EngineAttestation).Assembly)), ContractJson.Compact));
        File.Move(fresh, file, overwrite: true);
        return file;
    });

    /// <summary>The value of MOLECULE_ENGINES for a runtime; the stand-ins of this build are always in it.</summary>
    public static Task<string> ManifestAsync(string runtime) => Environment.GetEnvironmentVariable(RunEnvironment.Engines) is { Length: > 0 } named
        ? Task.FromResult(string.Join(Path.PathSeparator, named, Emulated.Value))
        : Installed.GetOrAdd(runtime, static name => new Lazy<Task<string>>(() => InstallAsync(name))).Value;

    private static async Task<string> InstallAsync(string runtime)
    {
        var installer = new PackageInstaller(CacheFolder.OfThisMachine(), TextWriter.Null, TimeProvider.System, Environment.GetEnvironmentVariable);
        var manifests = new List<string>();
        foreach (var set in RuntimeSets.Asked(_ => runtime))
        {
            manifests.Add(Path.Combine(await installer.InstallAsync(set, CancellationToken.None), PackageInstaller.ManifestName));
        }

        return string.Join(Path.PathSeparator, manifests.Append(Emulated.Value));
    }
}

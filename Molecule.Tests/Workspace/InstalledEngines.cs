using Molecule.Contracts.Runs;
using Molecule.HostTools.Installing;

namespace Molecule.Tests.Workspace;

/// <summary>The real CLIs of this machine: the manifest named by MOLECULE_ENGINES, else that of the cache, which is filled when need be.</summary>
public static class InstalledEngines
{
    private static readonly Lazy<Task<string>> Cached = new(static async () =>
    {
        var installer = new PackageInstaller(CacheFolder.OfThisMachine(), TextWriter.Null, TimeProvider.System, Environment.GetEnvironmentVariable);
        return Path.Combine(await installer.InstallAsync(PackageSet.Runtimes, CancellationToken.None), PackageInstaller.ManifestName);
    });

    public static Task<string> ManifestAsync() =>
        Environment.GetEnvironmentVariable(RunEnvironment.Engines) is { Length: > 0 } named ? Task.FromResult(named) : Cached.Value;
}

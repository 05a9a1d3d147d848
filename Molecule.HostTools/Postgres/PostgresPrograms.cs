using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.HostTools.Installing;

namespace Molecule.HostTools.Postgres;

/// <summary>PostgreSQL's programs in the cache.</summary>
/// <param name="Server">Path of postgres.</param>
/// <param name="InitDb">Path of initdb.</param>
/// <param name="Templates">Folder for data folders that are ready to be copied; may be missing or closed to us.</param>
public sealed record PostgresPrograms(string Server, string InitDb, string Templates)
{
    /// <summary>Installs them if need be.</summary>
    /// <exception cref="InstallException">This machine cannot have them.</exception>
    public static async Task<PostgresPrograms> InstallAsync(TextWriter progress, CancellationToken cancellationToken)
    {
        var cache = CacheFolder.OfThisMachine();
        var installer = new PackageInstaller(cache, progress, TimeProvider.System, Environment.GetEnvironmentVariable);
        var folder = await installer.InstallAsync(PackageSet.Postgres, cancellationToken).ConfigureAwait(false);
        var text = await File.ReadAllTextAsync(cache.ManifestOf(PackageSet.Postgres), cancellationToken).ConfigureAwait(false);
        var manifest = JsonSerializer.Deserialize<EngineManifest>(text, ContractJson.Compact)!;
        return new PostgresPrograms(PathOf(manifest, "postgres"), PathOf(manifest, "initdb"), Path.Combine(folder, "templates"));
    }

    private static string PathOf(EngineManifest manifest, string name) => manifest.Engines.Single(engine => engine.Name == name).Path;
}

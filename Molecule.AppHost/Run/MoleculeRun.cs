using System.Reflection;
using System.Text.Json;
using Molecule.Contracts;
using Molecule.Contracts.Engines;
using Molecule.HostTools.Installing;
using Molecule.HostTools.Reaping;
using Molecule.Processes;

namespace Molecule.AppHost.Run;

/// <summary>One run of the graph: its id, its folder, its lifeline and its reaper. Disposing it ends whatever is left of the run.</summary>
public sealed class MoleculeRun(string id) : IAsyncDisposable
{
    private LifelineHolder? _lifeline;
    private Reaper? _reaper;

    public string Id { get; } = id;

    /// <summary>What lives only as long as the run: sockets, the database's files, the workspaces' folders.</summary>
    public string Folder { get; } = RunFolder.PathOf(id);

    public string LifelinePath => Path.Combine(Folder, "lifeline");

    public string PostgresFolder => Path.Combine(Folder, "postgres");

    public string WorkspacesFolder => Path.Combine(Folder, "workspaces");

    public string ProvidersFile => Path.Combine(Repository, "providers.yaml");

    /// <summary>MOLECULE_ENGINES: what is installed in the cache, then the stand-ins of this build.</summary>
    public string EngineManifests => string.Join(Path.PathSeparator, RuntimeSets.ManifestsIn(CacheFolder.OfThisMachine()), EmulatedEnginesFile);

    private string EmulatedEnginesFile => Path.Combine(Folder, "emulated-engines.json");

    /// <summary>The checkout that this program was built from.</summary>
    public string Repository { get; } = Metadata("molecule.repository");

    /// <summary>What the node starts for each workspace.</summary>
    public string WorkspaceProgram { get; } = Metadata("molecule.workspace.program");

    /// <summary>Makes the folder, opens the lifeline and starts the reaper, before any part of the run is started.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        var folder = RunFolder.Create(Id);
        _lifeline = LifelineHolder.Open(folder.Lifeline);
        var artifacts = Path.Combine(Repository, "artifacts", "runs", Id);
        Directory.CreateDirectory(artifacts);
        var emulated = new EngineManifest(EmulatedEngines.StampedInto(typeof(MoleculeRun).Assembly));
        await File.WriteAllTextAsync(EmulatedEnginesFile, JsonSerializer.Serialize(emulated, ContractJson.Compact), cancellationToken).ConfigureAwait(false);
        _reaper = await Reaper.LaunchAsync(Id, folder.Lifeline, folder.Path, Path.Combine(artifacts, "reaper.log"), cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        // The watch over the reaper first: with the lifeline gone the reaper ends by itself and must not be started again.
        if (_reaper is not null)
        {
            await _reaper.DisposeAsync().ConfigureAwait(false);
        }

        if (_lifeline is not null)
        {
            await _lifeline.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static string Metadata(string key) =>
        typeof(MoleculeRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value
        ?? throw new InvalidOperationException($"The AppHost was built without its assembly metadata '{key}'.");
}

using System.Collections.Immutable;
using Molecule.Coverage.Planning;
using Molecule.Harness.Runs;
using Molecule.Harness.Spend;
using Molecule.Registry;
using Molecule.Registry.Aliases;
using Molecule.Registry.Catalogue;
using Molecule.Registry.Mirror;
using Molecule.Registry.Templates;

namespace Molecule.Harness.Registries;

/// <summary>providers.yaml and all that is made of it or must agree with it, as the files of a checkout.</summary>
/// <param name="Repository">The checkout.</param>
/// <param name="Generated">What the generated files must be.</param>
public sealed record RegistryFiles(Repository Repository, GeneratedFiles Generated)
{
    public RegistrySource Source => Generated.Source;

    /// <summary>Reads the sources that a hand writes.</summary>
    /// <exception cref="RegistryFormatException">One of them is wrong.</exception>
    public static RegistryFiles Read(Repository repository)
    {
        ArgumentNullException.ThrowIfNull(repository);
        return new RegistryFiles(
            repository,
            GeneratedFiles.Of(
                RegistrySource.Read(Path.GetFileName(repository.ProvidersFile), Bytes(repository.ProvidersFile)),
                AliasTable.Read(PlanFile.Load(repository.AliasesFile).Text, Path.GetFileName(repository.AliasesFile))));
    }

    /// <summary>Another registry's file.</summary>
    /// <exception cref="CoverageFormatException">It cannot be read.</exception>
    /// <exception cref="RegistryFormatException">It is no registry.</exception>
    public static RegistrySource Load(string path) => RegistrySource.Read(path, Bytes(path));

    /// <summary>All that has drifted in the checkout.</summary>
    public ImmutableArray<DriftFinding> Check()
    {
        var prices = PriceTable.Read(PlanFile.Load(Repository.PricesFile));
        var catalogue = new CatalogueJudge(Source.Registry, Templates(), Generated.Aliases, model => prices.Find(model) is not null);
        return [.. MirrorJudge.Judge(Generated, ReadOrNull), .. catalogue.Judge(), .. Strays(), .. Pages()];
    }

    /// <summary>Writes the generated files that differ, the record last, and names them.</summary>
    public ImmutableArray<string> Write()
    {
        var changed = Generated.Contents.Where(one => ReadOrNull(one.Key) is not { } actual || !one.Value.AsSpan().SequenceEqual(actual)).OrderBy(static one => one.Key == GeneratedFiles.Record).ToImmutableArray();
        foreach (var (path, content) in changed)
        {
            Replace(Path.Combine(Repository.Root, path), content);
        }

        return [.. changed.Select(static one => one.Key)];
    }

    private ImmutableArray<TemplateRow> Templates() =>
    [
        .. Folders()
            .Select(static folder => (Id: Path.GetFileName(folder), File: Path.Combine(folder, TemplateRow.FileName)))
            .Where(static row => File.Exists(row.File))
            .Select(static row => TemplateRow.Read(row.Id, PlanFile.Load(row.File).Text, CatalogueJudge.FileOf(row.Id))),
    ];

    // What was generated for a runtime that is gone.
    private IEnumerable<DriftFinding> Strays() =>
        from folder in Folders()
        let path = GeneratedFiles.Json(Path.GetFileName(folder))
        where !Generated.Contents.ContainsKey(path) && File.Exists(Path.Combine(Repository.Root, path))
        select new DriftFinding(path, DriftKind.Disagreement, $"runtime '{Path.GetFileName(folder)}' is not in the registry: take the file away, or bring the runtime back");

    // The set of runtimes is said in many places; each must say the same one (decision 0021).
    private IEnumerable<DriftFinding> Pages()
    {
        var runtimes = Source.Registry.Runtimes.Select(static runtime => runtime.Name).ToImmutableSortedSet(StringComparer.Ordinal);
        var pages = (Directory.Exists(Repository.RuntimePagesFolder) ? Directory.EnumerateFiles(Repository.RuntimePagesFolder, "*.md") : [])
            .Select(static file => Path.GetFileNameWithoutExtension(file))
            .ToImmutableSortedSet(StringComparer.Ordinal);
        foreach (var runtime in runtimes.Except(pages))
        {
            yield return new DriftFinding($"docs/runtimes/{runtime}.md", DriftKind.Missing, $"runtime '{runtime}' is offered and has no page: write it");
        }

        foreach (var page in pages.Except(runtimes))
        {
            yield return new DriftFinding($"docs/runtimes/{page}.md", DriftKind.Disagreement, $"runtime '{page}' is not in the registry: take the page away, or bring the runtime back");
        }
    }

    private IEnumerable<string> Folders() => Directory.Exists(Repository.TemplatesFolder) ? Directory.EnumerateDirectories(Repository.TemplatesFolder).Order(StringComparer.Ordinal) : [];

    private byte[]? ReadOrNull(string path)
    {
        var full = Path.Combine(Repository.Root, path);
        return File.Exists(full) ? File.ReadAllBytes(full) : null;
    }

    private static byte[] Bytes(string path)
    {
        // Its errors are those of every other file of the plan.
        _ = PlanFile.Load(path);
        return File.ReadAllBytes(path);
    }

    private static void Replace(string path, ImmutableArray<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = path + ".partial";
        File.WriteAllBytes(partial, [.. content]);
        File.Move(partial, path, overwrite: true);
    }
}

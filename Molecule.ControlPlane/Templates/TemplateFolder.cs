using System.Collections.Immutable;
using Molecule.Registry.Templates;

namespace Molecule.ControlPlane.Templates;

/// <summary>The template registry as it was read at the start.</summary>
/// <param name="Rows">By folder name.</param>
public sealed record TemplateFolder(ImmutableArray<TemplateRow> Rows)
{
    /// <summary>The row of a name; null where there is none.</summary>
    public TemplateRow? Find(string id) => Rows.FirstOrDefault(row => row.Id == id);

    /// <summary>Reads each folder that has a config.yaml; a folder that is not there has none.</summary>
    /// <exception cref="Molecule.Registry.RegistryFormatException">A row is wrong.</exception>
    public static TemplateFolder Read(string path) => new(
    [
        .. (Directory.Exists(path) ? Directory.EnumerateDirectories(path) : [])
            .Order(StringComparer.Ordinal)
            .Select(static folder => (Id: Path.GetFileName(folder), File: Path.Combine(folder, TemplateRow.FileName)))
            .Where(static row => File.Exists(row.File))
            .Select(static row => TemplateRow.Read(row.Id, File.ReadAllText(row.File), row.File)),
    ]);
}

using System.Collections.Immutable;
using System.Text;
using Molecule.ControlPlane.Files;
using Molecule.Registry;
using Molecule.Registry.Templates;
using Npgsql;

namespace Molecule.ControlPlane.Templates;

/// <summary>The template registry as it was read at the start.</summary>
/// <param name="Rows">By folder name.</param>
/// <param name="Files">What each row's folder holds: a workspace's first configuration files, by path.</param>
public sealed record TemplateFolder(ImmutableArray<TemplateRow> Rows, ImmutableDictionary<string, ImmutableSortedDictionary<string, string>> Files)
{
    /// <summary>The code of a refusal.</summary>
    public const string Unavailable = "TEMPLATE_UNAVAILABLE";

    private const int MostFiles = 200;
    private const long LargestFile = 1024 * 1024;

    private static readonly UTF8Encoding _strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The row of a name; null where there is none.</summary>
    public TemplateRow? Find(string id) => Rows.FirstOrDefault(row => row.Id == id);

    /// <summary>The row that a runtime's workspaces begin with (spec/control-plane.md 5.1: NAME-default or NAME); null where there is none.</summary>
    public TemplateRow? DefaultOf(string runtime) => (Find($"{runtime}-default") ?? Find(runtime)) is { } row && row.Runtime == runtime ? row : null;

    /// <summary>Why a workspace of a runtime cannot have a row; null where it can.</summary>
    /// <param name="id">The row's name.</param>
    /// <param name="runtime">Null or empty: the row's own.</param>
    public string? ProblemWith(string id, string? runtime) => Find(id) switch
    {
        null => $"template '{id}' is not available; there are {string.Join(", ", Rows.Select(static one => one.Id))}",
        { } row when !string.IsNullOrEmpty(runtime) && runtime != row.Runtime => $"template '{id}' is of runtime '{row.Runtime}', not of '{runtime}'",
        _ => null,
    };

    /// <summary>Puts a row's files over those of a workspace; what else lies there stays.</summary>
    public async Task StageAsync(NpgsqlConnection connection, Guid workspace, TemplateRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        foreach (var (path, content) in Files[row.Id])
        {
            await FileStore.WriteAsync(connection, workspace, path, content);
        }
    }

    /// <summary>Reads each folder that has a config.yaml; a folder that is not there has none.</summary>
    /// <exception cref="RegistryFormatException">A row is wrong, or a file of it is none that a workspace's configuration can hold.</exception>
    public static TemplateFolder Read(string path)
    {
        ImmutableArray<(string Id, string Folder)> folders =
        [
            .. (Directory.Exists(path) ? Directory.EnumerateDirectories(path) : [])
                .Order(StringComparer.Ordinal)
                .Where(static folder => File.Exists(Path.Combine(folder, TemplateRow.FileName)))
                .Select(static folder => (Path.GetFileName(folder), folder)),
        ];
        return new(
            [.. folders.Select(static row => TemplateRow.Read(row.Id, File.ReadAllText(Path.Combine(row.Folder, TemplateRow.FileName)), Path.Combine(row.Folder, TemplateRow.FileName)))],
            folders.ToImmutableDictionary(static row => row.Id, static row => FilesOf(row.Folder)));
    }

    // What begins with a dot is the version control's or an editor's.
    private static ImmutableSortedDictionary<string, string> FilesOf(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => (File: file, Path: Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/')))
            .Where(static file => !file.Path.Split('/').Any(static part => part.StartsWith('.')))
            .ToList();
        return files.Count <= MostFiles
            ? files.ToImmutableSortedDictionary(static file => file.Path, static file => Text(file.File), StringComparer.Ordinal)
            : throw Wrong(folder, $"holds {files.Count} files: a template has at most {MostFiles}");
    }

    private static string Text(string file)
    {
        if (new FileInfo(file).Length > LargestFile)
        {
            throw Wrong(file, $"is larger than {LargestFile} bytes, the most that a file of a template may have");
        }

        try
        {
            return _strict.GetString(File.ReadAllBytes(file)) is var text && !text.Contains('\0', StringComparison.Ordinal) ? text : throw Wrong(file, "is not text");
        }
        catch (DecoderFallbackException)
        {
            throw Wrong(file, "is not text in UTF-8, as a workspace's configuration files are");
        }
    }

    private static RegistryFormatException Wrong(string file, string what) => new([new RegistryError(file, 1, 1, what)]);
}

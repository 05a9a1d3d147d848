using System.Collections.Immutable;

namespace Molecule.Workspace.Agents;

/// <summary>Reads and removes transcripts that a runtime keeps as files of one JSON object a line.</summary>
public static class TranscriptFiles
{
    /// <summary>The complete lines of a file that its program may be writing just now; none where there is no file.</summary>
    public static async Task<ImmutableArray<string>> ReadAsync(string? path, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            return [];
        }

        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            var text = await reader.ReadToEndAsync(cancellationToken).ConfigureAwait(false);
            var end = text.LastIndexOf('\n');
            return end < 0 ? [] : [.. text[..end].Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>The files of that pattern at any depth below a folder, which need not exist.</summary>
    public static IEnumerable<string> Find(string folder, string pattern) =>
        Directory.Exists(folder) ? Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories) : [];

    /// <summary>Removes the files of that pattern at any depth below a folder.</summary>
    public static void Remove(string folder, string pattern)
    {
        foreach (var file in Find(folder, pattern).ToList())
        {
            File.Delete(file);
        }
    }
}

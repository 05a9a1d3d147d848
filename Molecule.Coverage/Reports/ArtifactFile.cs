using System.Text;

namespace Molecule.Coverage.Reports;

/// <summary>Writes a report so that a reader sees the old file or the new one, never half of one.</summary>
public static class ArtifactFile
{
    /// <exception cref="IOException">The file cannot be written; what stood there before still stands.</exception>
    public static void Write(string path, string text)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var partial = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.partial");
        try
        {
            using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Encoding.UTF8.GetBytes(text));
                // Stryker disable once Statement,Boolean : only a machine that loses its power tells the difference
                file.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }
}

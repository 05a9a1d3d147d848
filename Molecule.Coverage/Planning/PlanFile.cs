using System.Security.Cryptography;
using System.Text;

namespace Molecule.Coverage.Planning;

/// <summary>A file of the plan as it was read.</summary>
/// <param name="Name">As it shall stand in errors.</param>
/// <param name="Text">Its content.</param>
/// <param name="Sha256">Over its bytes, lower-case hex.</param>
public sealed record PlanFile(string Name, string Text, string Sha256)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="CoverageFormatException">There is no such file, or it cannot be read.</exception>
    public static PlanFile Load(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8);
            return new PlanFile(path, reader.ReadToEnd(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CoverageFormatException([new CoverageError(path, 1, 1, "there is no such file: bring it back from git, or name the right one")]);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CoverageFormatException([new CoverageError(path, 1, 1, $"it cannot be read: {error.Message}")]);
        }
    }

    /// <summary>A file that stands in memory.</summary>
    public static PlanFile Of(string name, string text) => new(name, text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
}

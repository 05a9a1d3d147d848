using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Molecule.Processes.Peers;

/// <summary>SHA-256 of executables, read once for each version of a file: agents' programs weigh hundreds of megabytes.</summary>
internal sealed class ExecutableDigests
{
    private readonly ConcurrentDictionary<FileVersion, Lazy<string>> _known = new();

    /// <summary>Lower-case hex digest of the file behind a path.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public string Of(string path)
    {
        var version = FileVersion.Of(path);
        try
        {
            return _known.GetOrAdd(version, static (_, file) => new Lazy<string>(() => Read(file)), path).Value;
        }
        catch
        {
            // A failure is not an answer to remember: the next process may let us read the same file.
            _known.TryRemove(version, out _);
            throw;
        }
    }

    private static string Read(string path)
    {
        using var file = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }
}

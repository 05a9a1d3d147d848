using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;

namespace Molecule.Harness.Runs;

/// <summary>
/// Looks for a run's secrets in what the run leaves on disk. It knows those that it was told of, by a name that may be shown, and every synthetic
/// credential by its form: all of them begin with <c>mol-</c> (design.md 4).
/// </summary>
public sealed partial class SecretScan
{
    // Shorter ones would be found in anything.
    private const int ShortestSecret = 8;

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Tells of a secret of this run.</summary>
    /// <param name="name">What it is called in a finding.</param>
    /// <param name="secret">Its value.</param>
    public void Add(string name, string secret)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(secret);
        if (secret.Length >= ShortestSecret)
        {
            _names[secret] = name;
        }
    }

    /// <summary>Where secrets stand, each as a sentence that does not repeat the secret.</summary>
    /// <param name="paths">Files, and folders with all that lies below; those that do not exist are passed over.</param>
    /// <exception cref="IOException">One of them cannot be read.</exception>
    public ImmutableArray<string> Find(params IEnumerable<string> paths) =>
        [.. paths.SelectMany(FilesOf).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).SelectMany(FindIn)];

    private IEnumerable<string> FindIn(string file)
    {
        string text;
        using (var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8))
        {
            text = reader.ReadToEnd();
        }

        // Of a multi-line value the line breaks are written as \n in JSON: each of its lines is looked for by itself.
        foreach (var (secret, name) in _names)
        {
            if (secret.Split('\n', StringSplitOptions.TrimEntries).Any(line => line.Length >= ShortestSecret && text.Contains(line, StringComparison.Ordinal)))
            {
                yield return $"{file} holds the secret '{name}'";
            }
        }

        if (SyntheticCredential.IsMatch(text))
        {
            yield return $"{file} holds a synthetic credential (mol-...)";
        }
    }

    private static IEnumerable<string> FilesOf(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : File.Exists(path) ? [path] : [];

    [GeneratedRegex(@"\bmol-[A-Za-z0-9_-]*[0-9a-f]{8,}", RegexOptions.CultureInvariant)]
    private static partial Regex SyntheticCredential { get; }
}

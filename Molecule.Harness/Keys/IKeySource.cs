using System.Collections.Immutable;

namespace Molecule.Harness.Keys;

/// <summary>A place where live keys may lie (design.md 6).</summary>
public interface IKeySource
{
    /// <summary>What it is called in a sentence.</summary>
    string Name { get; }

    /// <summary>Those of the wanted keys that it has, by name.</summary>
    /// <param name="wanted"><c>E2E_</c> and an arm's auth_env.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="KeySourceException">It was asked for and cannot be read; the message never holds a secret.</exception>
    Task<ImmutableDictionary<string, string>> ReadAsync(ImmutableArray<string> wanted, CancellationToken cancellationToken);
}

/// <summary>A source of live keys cannot be read: exit code 2 at the caller.</summary>
public sealed class KeySourceException : Exception
{
    public KeySourceException(string message)
        : base(message)
    {
    }

    public KeySourceException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

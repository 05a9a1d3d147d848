namespace Molecule.Harness.Keys;

/// <summary>A source of keys to which a later value can be written back.</summary>
public interface IKeyStore : IKeySource
{
    /// <summary>What is written there under a name, no reference followed; null where nothing is.</summary>
    /// <exception cref="KeySourceException">It cannot be read; the message never holds a secret.</exception>
    Task<string?> FindWrittenAsync(string name, CancellationToken cancellationToken);

    /// <summary>Writes another value over the one that is there. Whoever calls has looked at what he writes over: no store here can compare by itself.</summary>
    /// <exception cref="KeySourceException">It cannot be written; the message never holds a secret.</exception>
    Task ReplaceAsync(string name, string value, CancellationToken cancellationToken);
}

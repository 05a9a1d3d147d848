using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Molecule.HermesEmulated.Models;

namespace Molecule.HermesEmulated.Sessions;

/// <summary>Conversations by their session id, kept below HERMES_HOME so that they outlive the process. hermes-agent keeps its own in a database there.</summary>
public sealed class SessionStore(string home)
{
    private readonly string _folder = Path.Combine(home, "sessions");
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _leases = new(StringComparer.Ordinal);

    /// <summary>Takes a session for one turn; other turns of it wait.</summary>
    public async Task<SessionLease> TakeAsync(string id, CancellationToken cancellationToken)
    {
        var turn = _leases.GetOrAdd(id, static _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new SessionLease(turn);
    }

    /// <summary>What was said in a session; empty for one that is not known.</summary>
    /// <exception cref="InvalidDataException">The file is not one that this program writes.</exception>
    public async Task<ImmutableArray<ChatMessage>> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var file = FileOf(id);
        if (!File.Exists(file))
        {
            return [];
        }

        var lines = await File.ReadAllLinesAsync(file, cancellationToken).ConfigureAwait(false);
        try
        {
            return [.. lines.Select(static l => JsonSerializer.Deserialize<ChatMessage>(l, JsonSerializerOptions.Web)!)];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The session file '{file}' is damaged: {e.Message}", e);
        }
    }

    /// <summary>Replaces what was said in a session, a message a line, in one step.</summary>
    public async Task WriteAsync(string id, ImmutableArray<ChatMessage> messages, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_folder);
        var file = FileOf(id);
        await File.WriteAllLinesAsync(file + ".new", messages.Select(static m => JsonSerializer.Serialize(m, JsonSerializerOptions.Web)), cancellationToken).ConfigureAwait(false);
        File.Move(file + ".new", file, overwrite: true);
    }

    public bool Has(string id) => File.Exists(FileOf(id));

    /// <summary>Forgets a session.</summary>
    /// <returns>False where there was none.</returns>
    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        using var lease = await TakeAsync(id, cancellationToken).ConfigureAwait(false);
        var was = Has(id);
        File.Delete(FileOf(id));
        return was;
    }

    // A session id is the caller's: whatever it holds, it names a file here and nowhere else.
    private string FileOf(string id) => Path.Combine(
        _folder,
        (id.Length <= 64 && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? id : "h" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))) + ".jsonl");
}

/// <summary>One turn's hold of a session.</summary>
public sealed class SessionLease(SemaphoreSlim turn) : IDisposable
{
    public void Dispose() => turn.Release();
}

using System.Collections.Frozen;
using System.Globalization;

namespace Molecule.Processes.Peers;

/// <summary>A process that holds a socket, and where.</summary>
/// <param name="Process">Which process.</param>
/// <param name="Link">The /proc/PID/fd entry.</param>
/// <param name="Target">What it points at: <c>socket:[INODE]</c>.</param>
internal sealed record SocketOwner(ProcessKey Process, string Link, string Target)
{
    public bool StillHolds() => ProcessTable.IsRunning(Process) && SocketOwners.TargetOrNull(Link) == Target;
}

/// <summary>Finds the process that holds a socket by reading /proc/*/fd; callers that come at once share one reading.</summary>
internal sealed class SocketOwners
{
    private const string Prefix = "socket:[";

    private readonly Lock _gate = new();
    private FrozenDictionary<string, SocketOwner> _seen = FrozenDictionary<string, SocketOwner>.Empty;

    /// <summary>The oldest process that holds the socket; null where none may be seen.</summary>
    public SocketOwner? Find(ulong inode)
    {
        var target = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{inode}]");
        lock (_gate)
        {
            if (_seen.TryGetValue(target, out var known) && known.StillHolds())
            {
                return known;
            }

            _seen = Read();
            return _seen.GetValueOrDefault(target);
        }
    }

    internal static string? TargetOrNull(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static FrozenDictionary<string, SocketOwner> Read()
    {
        var owners = new Dictionary<string, SocketOwner>(StringComparer.Ordinal);
        foreach (var process in ProcessTable.Read().Select(static row => row.Key).OrderBy(static key => key.StartTicks).ThenBy(static key => key.Id))
        {
            foreach (var link in Links(process.Id))
            {
                if (TargetOrNull(link) is { } target && target.StartsWith(Prefix, StringComparison.Ordinal))
                {
                    owners.TryAdd(target, new SocketOwner(process, link, target));
                }
            }
        }

        return owners.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static string[] Links(int id)
    {
        try
        {
            return Directory.GetFileSystemEntries($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/fd");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return [];
        }
    }
}

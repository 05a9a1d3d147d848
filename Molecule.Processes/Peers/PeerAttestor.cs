using System.Net;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Runs;

namespace Molecule.Processes.Peers;

/// <summary>Tells which process holds the other end of a TCP connection of this machine, as the kernel knows it (Linux, man 5 proc).</summary>
/// <remarks>
/// Attested, not claimed: nothing that the peer says is believed. The peer's socket is found in /proc/net/tcp and tcp6 by both
/// endpoints, its owner in /proc/PID/fd, its program behind /proc/PID/exe. Several processes may hold one socket after a fork; the
/// one that started first is named. Thread-safe.
/// </remarks>
public sealed class PeerAttestor
{
    private static readonly object ItemKey = new();

    private readonly SocketOwners _owners = new();
    private readonly ExecutableDigests _digests = new();
    private readonly RunningTrees _trees = new();

    /// <summary>Identifies the peer once for a connection and remembers it in the connection's own items.</summary>
    /// <param name="connection">What the server keeps for this connection: ASP.NET Core's <c>IConnectionItemsFeature.Items</c>.</param>
    /// <param name="local">This process's end.</param>
    /// <param name="remote">The peer's end.</param>
    public PeerIdentity? IdentifyOnce(IDictionary<object, object?> connection, IPEndPoint local, IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(connection);

        // HTTP/2 serves several requests of one connection at a time.
        lock (connection)
        {
            if (!connection.TryGetValue(ItemKey, out var known))
            {
                connection[ItemKey] = known = Identify(local, remote);
            }

            return (PeerIdentity?)known;
        }
    }

    /// <summary>
    /// Identifies the process at the <paramref name="remote"/> end. Null where the machine cannot tell: not Linux, a peer of another
    /// machine, network namespace or user, or one that has ended.
    /// </summary>
    public PeerIdentity? Identify(IPEndPoint local, IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(remote);
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        // Seen from the peer the ends are the other way round.
        return SocketTable.FindInode(remote, local) is { } inode && _owners.Find(inode) is { } owner ? Describe(owner) : null;
    }

    /// <summary>
    /// Tells who is at the <paramref name="remote"/> end, not what it runs: cheap, so that who is asked can answer in time. Null as with
    /// <see cref="Identify"/>.
    /// </summary>
    public PeerProcess? Locate(IPEndPoint local, IPEndPoint remote)
    {
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(remote);
        return OperatingSystem.IsLinux() ? Locate(SocketTable.FindInode(remote, local)) : null;
    }

    /// <summary>Tells who sends datagrams from an end; else as <see cref="Locate(IPEndPoint, IPEndPoint)"/>.</summary>
    public PeerProcess? LocateSender(IPEndPoint sender)
    {
        ArgumentNullException.ThrowIfNull(sender);
        return OperatingSystem.IsLinux() ? Locate(SocketTable.FindSenderInode(sender)) : null;
    }

    private PeerProcess? Locate(ulong? inode)
    {
        if (inode is not { } known || _owners.Find(known) is not { Process: var process } owner)
        {
            return null;
        }

        try
        {
            var executable = new FileInfo($"/proc/{process.Id}/exe").LinkTarget;
            var workspace = ProcessTable.EnvironmentVariable(process.Id, RunEnvironment.Workspace);
            return executable is not null && owner.StillHolds() ? new PeerProcess(process, executable, workspace is { Length: > 0 } ? workspace : null) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Identifies a process. Null where it has ended or is another user's.</summary>
    public PeerIdentity? Describe(ProcessKey process) => Describe(process, () => ProcessTable.IsRunning(process));

    private PeerIdentity? Describe(SocketOwner owner) => Describe(owner.Process, owner.StillHolds);

    private PeerIdentity? Describe(ProcessKey process, Func<bool> isStillThat)
    {
        var link = $"/proc/{process.Id}/exe";
        try
        {
            var executable = new FileInfo(link).LinkTarget;
            if (executable is null)
            {
                return null;
            }

            var digest = _digests.Of(link);
            var workspace = ProcessTable.EnvironmentVariable(process.Id, RunEnvironment.Workspace);
            var tree = _trees.Of(process, executable);
            var container = ControlGroups.ContainerOf(process.Id);

            // Only now is it certain that all of this was read of that process.
            return isStillThat() ? new PeerIdentity(process.Id, process.StartTicks, executable, digest, workspace is { Length: > 0 } ? workspace : null, tree, container) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return null;
        }
    }
}

/// <summary>The process at the other end of a socket.</summary>
/// <param name="Process">Which.</param>
/// <param name="Executable">The target of /proc/PID/exe.</param>
/// <param name="Workspace">The workspace id that stands in its environment, if any.</param>
public sealed record PeerProcess(ProcessKey Process, string Executable, string? Workspace);

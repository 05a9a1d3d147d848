using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Molecule.Harness.Runs;
using Molecule.Processes;
using Molecule.Processes.Peers;

namespace Molecule.Harness.Egress;

/// <summary>
/// The outside, as far as an isolated run can see it: answers every name with an address, takes every connection, notes who made it, and
/// closes it. Whoever it is has to wait until the note is made, so it cannot end unseen.
/// </summary>
public sealed class EgressSink : IAsyncDisposable
{
    private const int LongestQuery = 4096;
    private const string Unseen = "a process that had ended before it could be seen";

    private readonly EgressLog _log;
    private readonly TimeProvider _clock;
    private readonly PeerAttestor _peers = new();
    private readonly OutsideNames _names = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<IPEndPoint, Socket> _nameServers = new();
    private readonly List<Socket> _listeners = [];
    private readonly ConcurrentBag<Task> _work = [];

    private EgressSink(EgressLog log, TimeProvider clock) => (_log, _clock) = (log, clock);

    /// <summary>Where it answers names and takes connections.</summary>
    public IEnumerable<EndPoint> Places => [.. _nameServers.Values.Concat(_listeners).Select(static s => s.LocalEndPoint!)];

    /// <summary>The ports of an isolated network: names at 53, the web at 80 and 443, of every address of both families that the kernel has.</summary>
    public static EgressSink OfAllAddresses(EgressLog log, TimeProvider clock)
    {
        IEnumerable<IPAddress> every = Socket.OSSupportsIPv6 ? [IPAddress.Any, IPAddress.IPv6Any] : [IPAddress.Any];
        return Start(log, clock, every.Select(static a => new IPEndPoint(a, 53)), every.SelectMany(static a => (IPEndPoint[])[new(a, 80), new(a, 443)]));
    }

    /// <summary>Listens.</summary>
    /// <param name="log">Where attempts are noted.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="nameServers">Where names are answered, by UDP.</param>
    /// <param name="hosts">Where connections are taken, by TCP.</param>
    /// <exception cref="SocketException">A place is taken.</exception>
    public static EgressSink Start(EgressLog log, TimeProvider clock, IEnumerable<IPEndPoint> nameServers, IEnumerable<IPEndPoint> hosts)
    {
        ArgumentNullException.ThrowIfNull(nameServers);
        ArgumentNullException.ThrowIfNull(hosts);
        var sink = new EgressSink(log, clock);
        foreach (var place in nameServers)
        {
            sink.NameServerAt(place);
        }

        foreach (var place in hosts)
        {
            var listener = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(place);
            listener.Listen();
            sink._listeners.Add(listener);
            sink._work.Add(Task.Run(() => TakeAllAsync(() => sink.TakeConnectionAsync(listener))));
        }

        return sink;
    }

    private Socket NameServerAt(IPEndPoint place) => _nameServers.GetOrAdd(place, _ =>
    {
        var server = new Socket(place.AddressFamily, SocketType.Dgram, ProtocolType.Udp);

        // One of every address and ones of certain addresses share the port.
        server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        server.SetSocketOption(place.AddressFamily is AddressFamily.InterNetwork ? SocketOptionLevel.IP : SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, true);
        server.Bind(place);
        _work.Add(Task.Run(() => TakeAllAsync(() => AnswerAsync(server))));
        return server;
    });

    private async Task AnswerAsync(Socket server)
    {
        var place = (IPEndPoint)server.LocalEndPoint!;
        var buffer = new byte[LongestQuery];
        var query = await server.ReceiveMessageFromAsync(buffer, SocketFlags.None, new IPEndPoint(place.Address, 0), _ending.Token).ConfigureAwait(false);
        if (NameQuestion.Parse(buffer.AsSpan(0, query.ReceivedBytes)) is not { } question)
        {
            return;
        }

        var sender = (IPEndPoint)query.RemoteEndPoint;
        Note(question.Name, null, _peers.LocateSender(sender));

        // Who asks one server takes no answer from another: it comes from the address that was asked.
        var asked = query.PacketInformation.Address is { } address && !address.Equals(place.Address) ? NameServerAt(new IPEndPoint(address, place.Port)) : server;
        await asked.SendToAsync(question.Answer(_names.AddressOf(question.Name)), sender, _ending.Token).ConfigureAwait(false);
    }

    private async Task TakeConnectionAsync(Socket listener)
    {
        using var connection = await listener.AcceptAsync(_ending.Token).ConfigureAwait(false);
        var dialled = (IPEndPoint)connection.LocalEndPoint!;

        // The machine itself is not outside of it.
        if (!IPAddress.IsLoopback(dialled.Address) || dialled.Equals(listener.LocalEndPoint))
        {
            Note(_names.NameOf(dialled.Address), dialled.Port, _peers.Locate(dialled, (IPEndPoint)connection.RemoteEndPoint!));
        }
    }

    private void Note(string host, int? port, PeerProcess? peer) => _log.Add(new EgressAttempt(
        _clock.GetUtcNow(),
        host,
        port,
        peer is not null && ProcessTable.Find(peer.Process.Id) is { } row ? RunProcesses.PartOf(row) : Unseen,
        peer?.Process.Id,
        peer?.Executable,
        peer?.Workspace));

    // Started on the pool, whatever context the caller has: test frameworks have ones that are busy with tests.
    private static async Task TakeAllAsync(Func<Task> takeOne)
    {
        while (true)
        {
            try
            {
                await takeOne().ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // One peer went away in the middle; the next one is another.
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        foreach (var socket in _nameServers.Values.Concat(_listeners))
        {
            socket.Dispose();
        }

        await Task.WhenAll(_work).ConfigureAwait(false);
        _ending.Dispose();
    }
}

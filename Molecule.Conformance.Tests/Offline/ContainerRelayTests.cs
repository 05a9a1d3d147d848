using System.Net;
using System.Net.Sockets;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Molecule.Conformance.Tests.Containers;

namespace Molecule.Conformance.Tests.Offline;

/// <summary>The offline engine's way from containers to this machine: a relay at the containers' gateway, called here as a container would.</summary>
[Collection(ContainerTests.Collection)]
public sealed class ContainerRelayTests
{
    [ContainerFact]
    public async Task A_caller_that_has_closed_its_half_still_gets_the_whole_answer()
    {
        await using var relayed = await Relayed.StartAsync();
        using var caller = await relayed.CallAsync();
        using var called = await relayed.AcceptAsync();

        await caller.SendAsync("question"u8.ToArray(), relayed.Deadline);
        caller.Shutdown(SocketShutdown.Send);

        Assert.Equal("question", await ReadAllAsync(called, relayed.Deadline));
        await called.SendAsync(Encoding.ASCII.GetBytes(new string('a', 1_000_000)), relayed.Deadline);
        called.Shutdown(SocketShutdown.Send);
        Assert.Equal(1_000_000, (await ReadAllAsync(caller, relayed.Deadline)).Length);
    }

    [ContainerFact]
    public async Task A_reset_reaches_the_other_side_as_a_reset()
    {
        await using var relayed = await Relayed.StartAsync();
        using var caller = await relayed.CallAsync();
        var called = await relayed.AcceptAsync();

        called.LingerState = new LingerOption(enable: true, seconds: 0);
        called.Dispose();

        var error = await Assert.ThrowsAsync<SocketException>(() => ReadAllAsync(caller, relayed.Deadline));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [ContainerFact]
    public async Task A_service_that_is_not_there_is_a_reset_and_no_hang()
    {
        await using var relayed = await Relayed.StartAsync();
        relayed.Refuse();

        // The reset may come before the caller has heard that it is connected: then it is the connecting that tells of it.
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var caller = await relayed.CallAsync();
            await ReadAllAsync(caller, relayed.Deadline);
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [ContainerFact]
    public async Task The_relay_ends_with_the_application_and_so_do_its_connections()
    {
        var relayed = await Relayed.StartAsync();
        await using var ended = relayed;
        using var caller = await relayed.CallAsync();
        using var called = await relayed.AcceptAsync();

        await relayed.StopAsync();

        await Assert.ThrowsAsync<SocketException>(() => ReadAllAsync(caller, TestContext.Current.CancellationToken));
        var refused = await Assert.ThrowsAsync<SocketException>(relayed.CallAsync);
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    private static async Task<string> ReadAllAsync(Socket socket, CancellationToken deadline)
    {
        var text = new StringBuilder();
        var buffer = new byte[65536];
        while (await socket.ReceiveAsync(buffer, deadline) is var count and > 0)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    /// <summary>A graph with a container that was told of an endpoint at which the test itself listens.</summary>
    private sealed class Relayed(Graph graph, TcpListener target, IPEndPoint relay) : IAsyncDisposable
    {
        private bool _stopped;

        public CancellationToken Deadline => graph.Deadline;

        public static async Task<Relayed> StartAsync()
        {
            var target = new TcpListener(IPAddress.Loopback, 0);
            target.Start();
            var graph = await Graph.CreateAsync();
            var server = graph.AddScript("server", "sleep 600").WithEndpoint(port: ((IPEndPoint)target.LocalEndpoint).Port, name: "tcp", scheme: "tcp", isProxied: false);
            var box = HostAccessTests.AddBox(graph, "box", "while read -r address name; do [ \"$name\" = \"$HOST\" ] && echo \"relay $address:$PORT\"; done < /etc/hosts; echo end")
                .WithEnvironment("HOST", server.GetEndpoint("tcp").Property(EndpointProperty.Host))
                .WithEnvironment("PORT", server.GetEndpoint("tcp").Property(EndpointProperty.Port));
            await graph.StartAsync();
            var line = Assert.Single(await graph.LinesUntilAsync(box.Resource, "end"), static l => l.Text.StartsWith("relay ", StringComparison.Ordinal));
            return new Relayed(graph, target, IPEndPoint.Parse(line.Text["relay ".Length..]));
        }

        public async Task<Socket> CallAsync()
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(relay, TestContext.Current.CancellationToken);
                return socket;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        public async Task<Socket> AcceptAsync() => await target.AcceptSocketAsync(Deadline);

        public void Refuse() => target.Stop();

        public async Task StopAsync()
        {
            _stopped = true;
            await graph.DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            target.Stop();
            if (!_stopped)
            {
                await graph.DisposeAsync();
            }
        }
    }
}

using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Molecule.Conformance.Tests.Offline;

public sealed class PortTests
{
    // Of 22768 ports, two sets of 500 drawn blindly share about eleven.
    private const int Endpoints = 500;

    [Fact]
    public async Task Two_applications_at_once_are_never_given_the_same_port()
    {
        await using var first = await Graph.CreateAsync();
        await using var second = await Graph.CreateAsync();
        var (here, there) = (await PortsAsync(first), await PortsAsync(second));

        Assert.Equal(Endpoints, here.Distinct().Count());
        Assert.Empty(here.Intersect(there));
    }

    [Fact]
    public async Task A_port_whose_process_has_not_started_refuses_callers()
    {
        await using var graph = await Graph.CreateAsync();
        var port = (await PortsAsync(graph))[0];

        using var client = new TcpClient();
        var refused = await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync(IPAddress.Loopback, port));

        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task A_named_port_is_kept()
    {
        using var reserved = new TcpListener(IPAddress.Loopback, 0);
        reserved.Start();
        var port = ((IPEndPoint)reserved.LocalEndpoint).Port;
        reserved.Stop();
        await using var graph = await Graph.CreateAsync();
        var script = graph.AddScript("script", "sleep 600").WithHttpEndpoint(port: port, env: "PORT", isProxied: false);
        await graph.StartAsync();

        Assert.Equal($"http://localhost:{port}", script.GetEndpoint("http").Url);
    }

    private static async Task<int[]> PortsAsync(Graph graph)
    {
        var idle = graph.AddScript("idle", "sleep 600").WithExplicitStart();
        for (var i = 0; i < Endpoints; i++)
        {
            idle.WithHttpEndpoint(name: $"e{i}", isProxied: false);
        }

        await graph.StartAsync();
        return [.. idle.Resource.GetEndpoints().Select(static e => e.Port)];
    }
}

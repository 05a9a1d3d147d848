using System.Net;
using System.Net.Sockets;
using Molecule.Processes.Peers;

namespace Molecule.Tests.Processes.Peers;

/// <summary>The kernel's direct answer against what stands in its tables.</summary>
public sealed class SocketDiagnosticsTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("127.0.0.1", "::ffff:127.0.0.1")]
    public async Task A_connection_is_found_as_the_tables_have_it(string listenAt, string connectTo)
    {
        using var server = new LoopbackServer(IPAddress.Parse(listenAt));
        using var client = new Socket(IPAddress.Parse(connectTo).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (IPAddress.Parse(connectTo).IsIPv4MappedToIPv6)
        {
            client.DualMode = true;
        }

        await client.ConnectAsync(IPAddress.Parse(connectTo), server.Port, TestContext.Current.CancellationToken);
        using var accepted = await server.AcceptAsync();
        var (near, far) = (Plain(accepted.Remote), Plain(accepted.Local));

        Assert.True(SocketDiagnostics.TryFindInode(near, far, out var inode));
        Assert.NotNull(inode);
        Assert.Equal(SocketTable.ReadInode(near, far), inode);

        // The other end of the same connection is another socket.
        Assert.True(SocketDiagnostics.TryFindInode(far, near, out var other));
        Assert.NotNull(other);
        Assert.NotEqual(inode, other);
    }

    [Fact]
    public void Whoever_merely_listens_is_not_taken_for_a_connection()
    {
        using var server = new LoopbackServer(IPAddress.Loopback);

        Assert.True(SocketDiagnostics.TryFindInode(new IPEndPoint(IPAddress.Loopback, server.Port), new IPEndPoint(IPAddress.Loopback, 1), out var inode));

        Assert.Null(inode);
    }

    [Fact]
    public void Ends_that_no_socket_has_are_nobody_s()
    {
        Assert.True(SocketDiagnostics.TryFindInode(new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2), out var inode));

        Assert.Null(inode);
    }

    private static IPEndPoint Plain(IPEndPoint end) => new(end.Address.IsIPv4MappedToIPv6 ? end.Address.MapToIPv4() : end.Address, end.Port);
}

using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Molecule.Processes;
using Molecule.Processes.Peers;

namespace Molecule.Tests.Processes.Peers;

public sealed class PeerAttestorTests : IDisposable
{
    private const string Shell = "/bin/bash";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("molecule-peers-");
    private readonly PeerAttestor _attestor = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("::", "127.0.0.1")]
    public async Task A_connection_of_this_process_is_this_process(string listenAt, string connectTo)
    {
        using var server = new LoopbackServer(IPAddress.Parse(listenAt));
        using var client = new TcpClient(IPAddress.Parse(connectTo).AddressFamily);
        await client.ConnectAsync(IPAddress.Parse(connectTo), server.Port, TestContext.Current.CancellationToken);
        using var accepted = await server.AcceptAsync();

        var peer = _attestor.Identify(accepted.Local, accepted.Remote);

        Assert.NotNull(peer);
        Assert.Equal(Environment.ProcessId, peer.ProcessId);
        Assert.Equal(ProcessTable.Self.Key.StartTicks, peer.StartTicks);
        Assert.Equal(Environment.ProcessPath, peer.Executable);
        Assert.Equal(DigestOf(peer.Executable), peer.Sha256);
        Assert.Null(peer.Workspace);
    }

    [Fact]
    public async Task A_child_is_told_by_its_id_its_program_and_its_workspace()
    {
        using var server = new LoopbackServer(IPAddress.Loopback);
        using var one = ShellClient.Start(Shell, server.Port, "ws-one");
        using var first = await server.AcceptAsync();
        using var other = ShellClient.Start(Shell, server.Port, workspace: null);
        using var second = await server.AcceptAsync();

        var peers = new[] { _attestor.Identify(first.Local, first.Remote), _attestor.Identify(second.Local, second.Remote) };

        Assert.Equal([one.Id, other.Id], peers.Select(static p => p!.ProcessId));
        Assert.Equal(["ws-one", null], peers.Select(static p => p!.Workspace));
        Assert.All(peers, static p => Assert.EndsWith(Shell, p!.Executable, StringComparison.Ordinal));
        Assert.All(peers, static p => Assert.Equal(DigestOf(Shell), p!.Sha256));
        Assert.Equal(ProcessTable.Find(one.Id)!.Key.StartTicks, peers[0]!.StartTicks);
    }

    [Fact]
    public async Task A_program_that_was_replaced_under_its_name_has_another_digest()
    {
        using var server = new LoopbackServer(IPAddress.Loopback);
        var program = Path.Combine(_folder.FullName, "shell");
        var digests = new List<string>();
        foreach (var tail in new[] { "", "x" })
        {
            // Bytes after the end of an ELF file change its digest and nothing else.
            File.Copy(Shell, program + ".next");
            await File.AppendAllTextAsync(program + ".next", tail);
            File.Move(program + ".next", program, overwrite: true);
            using var client = ShellClient.Start(program, server.Port, workspace: null);
            using var accepted = await server.AcceptAsync();
            var peer = _attestor.Identify(accepted.Local, accepted.Remote);
            Assert.Equal(DigestOf(program), peer?.Sha256);
            digests.Add(peer!.Sha256);
        }

        Assert.NotEqual(digests[0], digests[1]);
    }

    [Fact]
    public async Task A_peer_that_has_ended_is_nobody_but_stays_known_where_it_was_asked_for_in_time()
    {
        using var server = new LoopbackServer(IPAddress.Loopback);
        var client = ShellClient.Start(Shell, server.Port, workspace: null);
        using var accepted = await server.AcceptAsync();
        var items = new Dictionary<object, object?>();
        var before = _attestor.IdentifyOnce(items, accepted.Local, accepted.Remote);
        var id = client.Id;
        client.Dispose();

        Assert.Null(_attestor.Identify(accepted.Local, accepted.Remote));
        Assert.Equal(id, before?.ProcessId);
        Assert.Same(before, _attestor.IdentifyOnce(items, accepted.Local, accepted.Remote));
    }

    [Fact]
    public void Ends_that_no_connection_has_are_nobody()
    {
        using var server = new LoopbackServer(IPAddress.Loopback);

        Assert.Null(_attestor.Identify(new IPEndPoint(IPAddress.Loopback, server.Port), new IPEndPoint(IPAddress.Loopback, 1)));
    }

    private static string DigestOf(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
}

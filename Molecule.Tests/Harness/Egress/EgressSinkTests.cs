using System.Net;
using System.Net.Sockets;
using System.Text;
using Molecule.Harness.Egress;
using Molecule.Tests.HostTools;
using Molecule.Tests.Processes.Peers;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.Harness.Egress;

public sealed class EgressSinkTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new("molecule-egress-");
    private readonly EgressLog _log;
    private readonly EgressSink _sink;
    private readonly IPEndPoint _names;
    private readonly IPEndPoint _web;

    public EgressSinkTests()
    {
        _log = new EgressLog(Path.Combine(_folder.Path, "egress.jsonl"));
        _sink = EgressSink.Start(_log, TimeProvider.System, [new IPEndPoint(IPAddress.Loopback, 0)], [new IPEndPoint(IPAddress.Loopback, 0)]);
        (_names, _web) = ((IPEndPoint)_sink.Places.First(), (IPEndPoint)_sink.Places.Last());
    }

    [Fact]
    public async Task A_name_is_answered_with_an_address_that_belongs_to_nobody_and_noted_with_who_asked()
    {
        // RFC 1035, 4.1, by hand: id 7, recursion desired, one question: a.example, A, IN.
        var answer = await AskAsync([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'a', 7, .. Encoding.ASCII.GetBytes("example"), 0, 0, 1, 0, 1]);

        Assert.Equal([0, 7, 0x81, 0x80, 0, 1, 0, 1], answer[..8]);
        Assert.Equal([198, 18], answer[^4..^2]);
        var attempt = Assert.Single(_log.Attempts);
        Assert.Equal(("a.example", null, Environment.ProcessId, null), (attempt.Host, attempt.Port, attempt.ProcessId, attempt.Workspace));
    }

    [Fact]
    public async Task A_name_has_no_address_of_the_other_family()
    {
        var answer = await AskAsync([0, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'b', 0, 0, 28, 0, 1]);

        Assert.Equal([0, 8, 0x81, 0x80, 0, 1, 0, 0], answer[..8]);
    }

    [Fact]
    public async Task What_is_no_question_gets_no_answer_and_the_next_one_does()
    {
        using var client = Client();
        await client.SendAsync(new byte[] { 1, 2, 3 }, TestContext.Current.CancellationToken);
        await client.SendAsync(new byte[] { 0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 200, 1, 1 }, TestContext.Current.CancellationToken);
        await client.SendAsync(new byte[] { 0, 10, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, (byte)'c', 0, 0, 1, 0, 1 }, TestContext.Current.CancellationToken);

        var answer = await ReceiveAsync(client);

        Assert.Equal(10, answer[1]);
        Assert.Equal("c", Assert.Single(_log.Attempts).Host);
    }

    [Fact]
    public async Task A_program_of_a_workspace_that_dials_is_noted_by_process_host_and_workspace()
    {
        using var client = ShellClient.Start("/bin/bash", _web.Port, "w-17");

        await Awaited.UntilAsync("the sink notes a connection", TimeSpan.FromSeconds(30), () => !_log.Attempts.IsEmpty);

        var attempt = Assert.Single(_log.Attempts);
        Assert.Equal(("127.0.0.1", _web.Port, "bash", client.Id, "w-17"), (attempt.Host, attempt.Port, attempt.Process, attempt.ProcessId, attempt.Workspace));
    }

    [Fact]
    public async Task An_attempt_that_is_made_again_is_one()
    {
        for (var i = 0; i < 2; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(_web, TestContext.Current.CancellationToken);

            // Closed by the sink, after its note.
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        Assert.Single(_log.Attempts);
    }

    private async Task<byte[]> AskAsync(byte[] query)
    {
        using var client = Client();
        await client.SendAsync(query, TestContext.Current.CancellationToken);
        return await ReceiveAsync(client);
    }

    // Connected, as resolvers are: an answer from another address would not arrive.
    private UdpClient Client()
    {
        var client = new UdpClient(AddressFamily.InterNetwork);
        client.Connect(_names);
        return client;
    }

    private static async Task<byte[]> ReceiveAsync(UdpClient client)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        return (await client.ReceiveAsync(deadline.Token)).Buffer;
    }

    public async ValueTask DisposeAsync()
    {
        await _sink.DisposeAsync();
        _log.Dispose();
        _folder.Dispose();
    }
}

using Molecule.HostTools.Isolation;

namespace Molecule.Tests.HostTools;

public sealed class IsolateTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private const int Refused = 126;
    private static readonly Dictionary<string, string?> _environment = [];

    // On a machine without the right, isolate has to refuse: never to run the program with the network.
    private static readonly bool _mayIsolate = LoopbackNamespace.Refusal() is null;

    [Fact]
    public async Task The_program_sees_loopback_alone_and_is_the_process_that_was_started()
    {
        using var tool = Tool.Start(_environment, "isolate", "--", "bash", "-c", "echo pid $$; tail -n +3 /proc/net/dev | cut -d: -f1 | xargs echo interfaces; exit 7");

        Assert.Equal(_mayIsolate ? 7 : Refused, await tool.ExitAsync(Limit));

        Assert.Equal(_mayIsolate ? [$"pid {tool.Key.Id}", "interfaces lo"] : [], tool.Lines.Where(static line => !line.StartsWith("isolate: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Whoever_dials_an_outside_host_is_refused_inside_where_nobody_listens()
    {
        // 192.0.2.1 is nobody's (RFC 5737): refused only where it is this machine's own; elsewhere it hangs or cannot be reached.
        using var tool = Tool.Start(_environment, "isolate", "--", "bash", "-c", "exec 3<>/dev/tcp/192.0.2.1/443");

        Assert.Equal(_mayIsolate ? 1 : Refused, await tool.ExitAsync(Limit));

        Assert.Equal(_mayIsolate, tool.Said.Contains("Connection refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        using var tool = Tool.Start(_environment, "isolate", "--", "no-such-program");

        Assert.Equal(Refused, await tool.ExitAsync(Limit));

        Assert.Equal(_mayIsolate, tool.Lines.Contains("isolate: 'no-such-program' cannot be run: errno 2."));
    }

    [Fact]
    public void Trying_whether_it_can_be_done_leaves_this_process_where_it_is()
    {
        var before = new FileInfo("/proc/self/ns/net").LinkTarget;

        _ = LoopbackNamespace.Refusal();

        Assert.Equal(before, new FileInfo("/proc/self/ns/net").LinkTarget);
    }
}

using System.Diagnostics;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Molecule.Conformance.Tests;

public sealed class EndTests
{
    [Fact]
    public async Task A_program_that_ends_by_itself_is_finished_with_its_exit_code()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("well", "exit 0");
        graph.AddScript("badly", "exit 3");
        await graph.StartAsync();

        var (well, badly) = (await graph.EndAsync("well"), await graph.EndAsync("badly"));
        Assert.Equal((KnownResourceStates.Finished, 0), (well.Snapshot.State?.Text, well.Snapshot.ExitCode));
        Assert.Equal((KnownResourceStates.Finished, 3), (badly.Snapshot.State?.Text, badly.Snapshot.ExitCode));
    }

    [Fact]
    public async Task A_program_that_is_killed_is_noticed()
    {
        await using var graph = await Graph.CreateAsync();
        var victim = graph.AddScript("victim", "echo pid=$$; exec sleep 600");
        await graph.StartAsync();
        using (var process = Process.GetProcessById(await ProcessIdAsync(graph, victim.Resource)))
        {
            process.Kill();
        }

        var ended = await graph.EndAsync("victim");
        Assert.Equal((KnownResourceStates.Finished, 137), (ended.Snapshot.State?.Text, ended.Snapshot.ExitCode));
    }

    [Fact]
    public async Task A_program_whose_child_keeps_its_output_open_is_noticed_all_the_same()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("parent", "sleep 60 & exit 5");
        await graph.StartAsync();

        Assert.Equal(5, (await graph.EndAsync("parent")).Snapshot.ExitCode);
    }

    [Fact]
    public async Task The_end_of_a_resource_is_an_event()
    {
        var stopped = new TaskCompletionSource<int?>();
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("short", "exit 6").OnResourceStopped((_, e, _) =>
        {
            stopped.TrySetResult(e.ResourceEvent.Snapshot.ExitCode);
            return Task.CompletedTask;
        });
        await graph.StartAsync();

        Assert.Equal(6, await stopped.Task.WaitAsync(graph.Deadline));
    }

    [Fact]
    public async Task A_stop_leaves_no_process_and_no_port()
    {
        int parent, child, port;
        await using (var graph = await Graph.CreateAsync())
        {
            var web = graph.AddService("web").WithHttpHealthCheck("/health");
            var tree = graph.AddScript("tree", "sleep 600 & echo child=$!; echo pid=$$; wait");
            await graph.StartAsync();
            await graph.Notifications.WaitForResourceHealthyAsync("web", graph.Deadline);
            port = web.GetEndpoint("http").Port;
            parent = await ProcessIdAsync(graph, tree.Resource);
            child = int.Parse((await graph.LinesUntilAsync(tree.Resource, $"pid={parent}")).Single(static l => l.Text.StartsWith("child=", StringComparison.Ordinal)).Text[6..]);
            Assert.True(ProcessTable.IsRunning(child));

            await graph.Application.StopAsync(graph.Deadline);
        }

        Assert.False(ProcessTable.IsRunning(parent), $"The script (process {parent}) still runs.");
        Assert.False(ProcessTable.IsRunning(child), $"The script's child (process {child}) still runs.");
        using var client = new TcpClient();
        var refused = await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync("127.0.0.1", port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task A_program_that_ignores_the_request_to_end_is_killed_within_seconds()
    {
        int stubborn;
        var watch = new Stopwatch();
        await using (var graph = await Graph.CreateAsync())
        {
            var script = graph.AddScript("stubborn", "trap '' TERM; echo pid=$$; while true; do sleep 600; done");
            await graph.StartAsync();
            stubborn = await ProcessIdAsync(graph, script.Resource);
            watch.Start();
        }

        Assert.False(ProcessTable.IsRunning(stubborn));
        // Real Aspire's orchestrator: 6 s for the root, 6 s more for what it finds below it; and its own end.
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task An_application_that_is_given_up_before_it_is_built_starts_nothing()
    {
        var graph = await Graph.CreateAsync();
        var marker = Path.Combine(Path.GetTempPath(), $"molecule-conformance-{Guid.NewGuid():N}");
        graph.AddScript("never", $"touch '{marker}'");
        await graph.DisposeAsync();

        Assert.False(File.Exists(marker));
    }

    private static async Task<int> ProcessIdAsync(Graph graph, ExecutableResource resource)
    {
        var id = await graph.ProcessIdAsync(resource);
        await graph.LinesUntilAsync(resource, $"pid={id}");
        return id;
    }
}

using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Molecule.Conformance.Tests;

public sealed class StartTests
{
    [Fact]
    public async Task A_project_runs_in_its_folder_with_its_arguments_and_nothing_to_read()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddService("web").WithHttpHealthCheck("/health").WithArgs("--word", "mirelo");
        await graph.StartAsync();

        var healthy = await graph.Notifications.WaitForResourceHealthyAsync("web", graph.Deadline);
        using var client = graph.Application.CreateHttpClient("web");
        var process = await client.GetFromJsonAsync<SeenProcess>("/process", graph.Deadline);

        Assert.Equal(KnownResourceStates.Running, healthy.Snapshot.State?.Text);
        Assert.Equal("Molecule.Conformance.Service", Path.GetFileName(process!.Folder));
        Assert.Equal(["--word", "mirelo"], process.Args);
        Assert.Equal(-1, process.Input);
    }

    [Fact]
    public async Task A_resource_starts_only_when_what_it_waits_for_is_healthy()
    {
        await using var graph = await Graph.CreateAsync();
        var gate = graph.AddService("gate").WithHttpHealthCheck("/health").WithArgs("--healthy=false");
        graph.AddScript("late", "sleep 600").WaitFor(gate);
        await graph.BuildAsync();
        var starting = graph.Application.StartAsync(graph.Deadline);

        await graph.Notifications.WaitForResourceAsync("late", KnownResourceStates.Waiting, graph.Deadline);
        await graph.LinesUntilAsync(gate.Resource, "Application started. Press Ctrl+C to shut down.");
        Assert.False(starting.IsCompleted);
        Assert.True(graph.Notifications.TryGetCurrentState("late", out var before));
        Assert.Null(before.Snapshot.StartTimeStamp);

        using (var client = new HttpClient { BaseAddress = new Uri(gate.GetEndpoint("http").Url) })
        using (var answer = await client.PostAsync(new Uri("/health/true", UriKind.Relative), null, graph.Deadline))
        {
            answer.EnsureSuccessStatusCode();
        }

        await graph.Notifications.WaitForResourceAsync("late", KnownResourceStates.Running, graph.Deadline);
        await starting;
    }

    [Fact]
    public async Task The_ready_handlers_of_a_resource_end_before_its_dependants_start()
    {
        var order = new List<string>();
        await using var graph = await Graph.CreateAsync();
        var first = graph.AddScript("first", "sleep 600").OnResourceReady(async (_, _, cancellationToken) =>
        {
            await Task.Yield();
            lock (order)
            {
                order.Add("ready");
            }
        });
        graph.AddScript("second", "sleep 600").WaitFor(first).WithEnvironment(_ =>
        {
            lock (order)
            {
                order.Add("second");
            }
        });
        await graph.StartAsync();

        Assert.Equal(["ready", "second"], order.Distinct());
    }

    [Fact]
    public async Task A_resource_starts_after_the_completion_it_waits_for()
    {
        await using var graph = await Graph.CreateAsync();
        var setup = graph.AddScript("setup", "exit 4");
        graph.AddScript("main", "sleep 600").WaitForCompletion(setup, exitCode: 4);
        await graph.StartAsync();

        await graph.Notifications.WaitForResourceAsync("main", KnownResourceStates.Running, graph.Deadline);
        var ended = await graph.EndAsync("setup");
        Assert.Equal(4, ended.Snapshot.ExitCode);
    }

    [Fact]
    public async Task A_wrong_exit_code_of_what_it_waits_for_makes_a_resource_fail()
    {
        await using var graph = await Graph.CreateAsync();
        var setup = graph.AddScript("setup", "exit 4");
        graph.AddScript("main", "sleep 600").WaitForCompletion(setup);
        await graph.StartAsync();

        Assert.Equal(KnownResourceStates.FailedToStart, (await graph.EndAsync("main")).Snapshot.State?.Text);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_a_resource_that_failed_to_start()
    {
        await using var graph = await Graph.CreateAsync();
        graph.Builder.AddExecutable("ghost", "no-such-program-anywhere", ".");
        await graph.StartAsync();

        Assert.Equal(KnownResourceStates.FailedToStart, (await graph.EndAsync("ghost")).Snapshot.State?.Text);
    }

    [Fact]
    public async Task A_resource_that_is_started_by_hand_is_left_alone()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("idle", "sleep 600").WithExplicitStart();
        await graph.StartAsync();

        await graph.Notifications.WaitForResourceAsync("idle", KnownResourceStates.NotStarted, graph.Deadline);
    }

    [Fact]
    public async Task What_a_test_removes_from_the_graph_is_not_started()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("kept", "sleep 600");
        graph.AddScript("removed", "sleep 600");
        graph.Builder.Resources.Remove(graph.Builder.Resources.Single(static r => r.Name == "removed"));
        await graph.StartAsync();

        await graph.Notifications.WaitForResourceAsync("kept", KnownResourceStates.Running, graph.Deadline);
        Assert.False(graph.Notifications.TryGetCurrentState("removed", out _));
    }

    private sealed record SeenProcess(int Id, string Folder, string[] Args, int Input);
}

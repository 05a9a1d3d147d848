using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Molecule.Conformance.Tests;

public sealed class CommandTests
{
    [Fact]
    public async Task A_resource_is_stopped_and_started_again_on_command()
    {
        await using var graph = await Graph.CreateAsync();
        var web = graph.AddService("web").WithHttpHealthCheck("/health");
        await graph.StartAsync();
        await graph.Notifications.WaitForResourceHealthyAsync("web", graph.Deadline);
        using var client = new HttpClient { BaseAddress = new Uri(web.GetEndpoint("http").Url) };

        var stopped = await graph.Application.ResourceCommands.ExecuteCommandAsync("web", KnownResourceCommands.StopCommand, graph.Deadline);
        Assert.True(stopped.Success, stopped.Message);
        await graph.EndAsync("web");
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("/health", UriKind.Relative), graph.Deadline));

        var started = await graph.Application.ResourceCommands.ExecuteCommandAsync(web.Resource, KnownResourceCommands.StartCommand, graph.Deadline);
        Assert.True(started.Success, started.Message);
        await graph.Notifications.WaitForResourceHealthyAsync("web", graph.Deadline);
        using var answer = await client.GetAsync(new Uri("/health", UriKind.Relative), graph.Deadline);
        Assert.True(answer.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_restart_gives_a_resource_another_process_and_makes_it_ready_again()
    {
        var ready = 0;
        var twice = new TaskCompletionSource();
        await using var graph = await Graph.CreateAsync();
        var script = graph.AddScript("script", "echo up; exec sleep 600").OnResourceReady((_, _, _) =>
        {
            if (Interlocked.Increment(ref ready) == 2)
            {
                twice.SetResult();
            }

            return Task.CompletedTask;
        });
        await graph.StartAsync();
        var before = await graph.ProcessIdAsync(script.Resource);
        await graph.Notifications.WaitForResourceHealthyAsync("script", graph.Deadline);

        var restarted = await graph.Application.ResourceCommands.ExecuteCommandAsync("script", KnownResourceCommands.RestartCommand, graph.Deadline);

        Assert.True(restarted.Success, restarted.Message);
        var after = await graph.ProcessIdAsync(script.Resource, not: before);
        Assert.False(ProcessTable.IsRunning(before), $"Process {before} still runs.");
        Assert.True(ProcessTable.IsRunning(after));
        await twice.Task.WaitAsync(graph.Deadline);
    }

    [Fact]
    public async Task A_resource_that_is_started_by_hand_is_announced_and_started_on_command_only()
    {
        var announced = new TaskCompletionSource();
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("idle", "exec sleep 600").WithExplicitStart().OnBeforeResourceStarted((_, _, _) =>
        {
            announced.TrySetResult();
            return Task.CompletedTask;
        });
        await graph.StartAsync();

        var waiting = await graph.Notifications.WaitForResourceAsync("idle", static e => e.Snapshot.State?.Text == KnownResourceStates.NotStarted, graph.Deadline);
        Assert.Null(waiting.Snapshot.StartTimeStamp);
        await graph.CommandStatesAsync("idle", (ResourceCommandState.Enabled, ResourceCommandState.Hidden, ResourceCommandState.Disabled));

        var started = await graph.Application.ResourceCommands.ExecuteCommandAsync("idle", KnownResourceCommands.StartCommand, graph.Deadline);
        Assert.True(started.Success, started.Message);
        await graph.Notifications.WaitForResourceAsync("idle", KnownResourceStates.Running, graph.Deadline);
        await announced.Task.WaitAsync(graph.Deadline);
        await graph.CommandStatesAsync("idle", (ResourceCommandState.Hidden, ResourceCommandState.Enabled, ResourceCommandState.Enabled));
    }

    [Fact]
    public async Task A_resource_that_waits_is_started_by_hand_without_what_it_waits_for()
    {
        await using var graph = await Graph.CreateAsync();
        graph.Builder.Services.AddHealthChecks().AddCheck("never-well", static () => HealthCheckResult.Unhealthy("never"));
        var sick = graph.AddScript("sick", "exec sleep 600").WithHealthCheck("never-well");
        graph.AddScript("late", "exec sleep 600").WaitFor(sick);
        await graph.BuildAsync();
        var starting = graph.Application.StartAsync(graph.Deadline);
        await graph.Notifications.WaitForResourceAsync("late", KnownResourceStates.Waiting, graph.Deadline);

        await graph.Application.ResourceCommands.ExecuteCommandAsync("late", KnownResourceCommands.StartCommand, graph.Deadline);

        await graph.Notifications.WaitForResourceAsync("late", KnownResourceStates.Running, graph.Deadline);
        await starting;
    }

    [Fact]
    public async Task A_command_of_ones_own_is_given_the_resource_and_its_result_comes_back()
    {
        await using var graph = await Graph.CreateAsync();
        var script = graph.AddScript("script", "exec sleep 600")
            .WithCommand(
                "greet",
                "Greet",
                static context =>
                {
                    context.Logger.LogInformation("greeted");
                    return Task.FromResult(context.ResourceName.StartsWith("script", StringComparison.Ordinal) && context.Services is not null
                        ? CommandResults.Success()
                        : CommandResults.Failure("somebody else"));
                },
                new CommandOptions
                {
                    Description = "Says hello.",
                    ConfirmationMessage = "Hello?",
                    IconName = "Hand",
                    IconVariant = IconVariant.Filled,
                    IsHighlighted = true,
                    UpdateState = static context => context.ResourceSnapshot.State?.Text == KnownResourceStates.Running ? ResourceCommandState.Enabled : ResourceCommandState.Disabled,
                })
            .WithCommand("refuse", "Refuse", static _ => Task.FromResult(CommandResults.Failure("not today")))
            .WithCommand("throw", "Throw", static _ => throw new InvalidDataException("broken"));
        await graph.StartAsync();
        var commands = graph.Application.ResourceCommands;

        Assert.True((await commands.ExecuteCommandAsync("script", "greet", graph.Deadline)).Success);
        await graph.LinesUntilAsync(script.Resource, "greeted");
        var refused = await commands.ExecuteCommandAsync("script", "refuse", graph.Deadline);
        Assert.Equal((false, false, "not today"), (refused.Success, refused.Canceled, refused.Message));
        Assert.False((await commands.ExecuteCommandAsync("script", "throw", graph.Deadline)).Success);
        Assert.False((await commands.ExecuteCommandAsync("script", "unknown", graph.Deadline)).Success);
        Assert.False((await commands.ExecuteCommandAsync("nobody", "greet", graph.Deadline)).Success);

        var shown = await graph.Notifications.WaitForResourceAsync(
            "script", static e => e.Snapshot.Commands.Any(static c => c is { Name: "greet", State: ResourceCommandState.Enabled }), graph.Deadline);
        var greet = shown.Snapshot.Commands.Single(static c => c.Name == "greet");
        Assert.Equal(
            ("Greet", "Says hello.", "Hello?", "Hand", IconVariant.Filled, true),
            (greet.DisplayName, greet.DisplayDescription, greet.ConfirmationMessage, greet.IconName, greet.IconVariant, greet.IsHighlighted));
    }

    [Fact]
    public async Task A_command_that_is_given_up_is_cancelled()
    {
        var begun = new TaskCompletionSource();
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("script", "exec sleep 600").WithCommand("hang", "Hang", async context =>
        {
            begun.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(context.CancellationToken);
            return CommandResults.Success();
        });
        await graph.StartAsync();
        using var giveUp = new CancellationTokenSource();

        var hanging = graph.Application.ResourceCommands.ExecuteCommandAsync("script", "hang", giveUp.Token);
        await begun.Task.WaitAsync(graph.Deadline);
        await giveUp.CancelAsync();

        var result = await hanging;
        Assert.Equal((false, true), (result.Success, result.Canceled));
    }

    [Fact]
    public async Task The_end_of_a_resource_on_command_is_an_event()
    {
        var stopped = new TaskCompletionSource();
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("script", "exec sleep 600").OnResourceStopped((_, _, _) =>
        {
            stopped.TrySetResult();
            return Task.CompletedTask;
        });
        await graph.StartAsync();

        await graph.Application.ResourceCommands.ExecuteCommandAsync("script", KnownResourceCommands.StopCommand, graph.Deadline);

        await stopped.Task.WaitAsync(graph.Deadline);
    }
}

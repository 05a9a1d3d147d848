using System.Reflection;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Molecule.Conformance.Tests.Offline;

/// <summary>What the offline engine's errors say: real Aspire says less.</summary>
public sealed class ErrorTests
{
    [Fact]
    public async Task The_error_of_a_wait_has_the_exit_code_and_the_last_lines_of_the_log()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("broken", "echo no port left >&2; exit 9");
        await graph.StartAsync();
        await graph.EndAsync("broken");

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => graph.Notifications.WaitForResourceHealthyAsync("broken", graph.Deadline));

        Assert.Contains("Finished", error.Message, StringComparison.Ordinal);
        Assert.Contains("Exit code: 9", error.Message, StringComparison.Ordinal);
        Assert.Contains("no port left", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_cause_is_carried_along_a_chain_of_waits()
    {
        await using var graph = await Graph.CreateAsync();
        var database = graph.AddScript("database", "echo the disk is full; exit 1");
        var service = graph.AddScript("service", "sleep 600").WaitForCompletion(database);
        graph.AddScript("front", "sleep 600").WaitFor(service);
        await graph.StartAsync();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => graph.Notifications.WaitForResourceHealthyAsync("front", graph.Deadline));

        Assert.Contains("exit code 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_of_a_wait_given_up_has_state_failing_checks_and_log()
    {
        await using var graph = await Graph.CreateAsync();
        graph.Builder.Services.AddHealthChecks().AddCheck("never-well", static () => HealthCheckResult.Unhealthy("no quorum"));
        var sick = graph.AddScript("sick", "echo half way; sleep 600").WithHealthCheck("never-well");
        await graph.StartAsync();
        await graph.LinesUntilAsync(sick.Resource, "half way");
        await graph.Notifications.WaitForResourceAsync("sick", static e => e.Snapshot.HealthReports.Any(static r => r.Status == HealthStatus.Unhealthy), graph.Deadline);
        using var giveUp = new CancellationTokenSource();

        var waiting = graph.Notifications.WaitForResourceHealthyAsync("sick", giveUp.Token);
        await giveUp.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Contains("State: Running", error.Message, StringComparison.Ordinal);
        Assert.Contains("'never-well': Unhealthy (no quorum)", error.Message, StringComparison.Ordinal);
        Assert.Contains("half way", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_without_an_engine_is_unhealthy_at_once_and_the_wait_for_it_names_the_cause()
    {
        await using var graph = await Graph.CreateAsync("--DOCKER_HOST=unix:///nowhere/docker.sock");
        graph.Builder.AddContainer("box", "molecule-conformance", "1");
        graph.Builder.AddContainer("caller", "molecule-conformance", "1").WithEnvironment("URL", graph.AddService("web").GetEndpoint("http"));
        await graph.StartAsync();

        await graph.Notifications.WaitForResourceAsync("caller", KnownResourceStates.RuntimeUnhealthy, graph.Deadline);
        await graph.Notifications.WaitForResourceAsync("box", KnownResourceStates.RuntimeUnhealthy, graph.Deadline);
        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => graph.Notifications.WaitForResourceHealthyAsync("box", graph.Deadline));

        Assert.Contains("No container engine answers", error.Message, StringComparison.Ordinal);
        Assert.Contains("DOCKER_HOST is 'unix:///nowhere/docker.sock'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_parameter_is_named_with_the_key_that_mends_it()
    {
        await using var graph = await Graph.CreateAsync();
        var missing = graph.Builder.AddParameter("api-key", secret: true);
        graph.AddScript("needs", "sleep 600").WithEnvironment("KEY", missing);
        await graph.StartAsync();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => graph.Notifications.WaitForResourceHealthyAsync("needs", graph.Deadline));

        Assert.Contains("'api-key' has no value: set the configuration key 'Parameters:api-key'", error.Message, StringComparison.Ordinal);
        await graph.Notifications.WaitForResourceAsync("api-key", KnownResourceStates.ValueMissing, graph.Deadline);
    }

    [Fact]
    public async Task A_secret_is_masked_in_every_snapshot()
    {
        await using var graph = await Graph.CreateAsync("--Parameters:password=hunter2-hunter2", "--Parameters:user=somebody");
        var (password, user) = (graph.Builder.AddParameter("password", secret: true), graph.Builder.AddParameter("user"));
        var script = graph.AddScript("script", "echo $MADE; sleep 600").WithEnvironment("MADE", $"u={user};p={password}").WithEnvironment("USER_NAME", user);
        script.WithArgs(password.Resource);
        await graph.StartAsync();
        await graph.LinesUntilAsync(script.Resource, "u=somebody;p=hunter2-hunter2");

        foreach (var name in (string[])["script", "password"])
        {
            Assert.True(graph.Notifications.TryGetCurrentState(name, out var current));
            var shown = current.Snapshot.Properties.Select(static p => p.Value?.ToString())
                .Concat(current.Snapshot.EnvironmentVariables.Select(static v => v.Value));
            Assert.DoesNotContain(shown, static text => text?.Contains("hunter2", StringComparison.Ordinal) is true);
        }

        Assert.True(graph.Notifications.TryGetCurrentState("script", out var seen));
        Assert.Contains(seen.Snapshot.EnvironmentVariables, static v => v is { Name: "USER_NAME", Value: "somebody" });
    }

    [Fact]
    public async Task What_the_AppHost_throws_before_it_is_built_reaches_the_test()
    {
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => DistributedApplicationTestingBuilder.CreateAsync<Projects.Molecule_Conformance_AppHost>(
            [], static (_, _) => throw new InvalidDataException("no such thing")));

        Assert.Equal("no such thing", error.Message);
    }

    [Fact]
    public async Task What_a_handler_of_the_start_throws_reaches_the_test()
    {
        await using var graph = await Graph.CreateAsync();
        graph.Builder.OnBeforeStart(static (_, _) => throw new InvalidDataException("not today"));
        graph.AddScript("never", "sleep 600");

        var error = await Assert.ThrowsAsync<InvalidDataException>(graph.StartAsync);

        Assert.Equal("not today", error.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("two--hyphens")]
    [InlineData("under_score")]
    [InlineData("ends-")]
    public async Task A_bad_resource_name_is_refused(string name)
    {
        await using var graph = await Graph.CreateAsync();

        Assert.ThrowsAny<ArgumentException>(() => graph.AddScript(name, "true"));
    }

    [Fact]
    public void Anybody_can_read_which_engine_it_is()
    {
        var assembly = typeof(DistributedApplication).Assembly;

        Assert.Contains(assembly.GetCustomAttributes<AssemblyMetadataAttribute>(), static a => a is { Key: "AspireEngine", Value: "offline" });
        Assert.Equal("13.5.2+offline", assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
    }
}

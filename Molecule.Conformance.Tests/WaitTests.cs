using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Molecule.Conformance.Tests;

public sealed class WaitTests
{
    [Fact]
    public async Task A_wait_for_a_resource_that_has_ended_fails_at_once_and_names_it()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("broken", "echo no port left; exit 9");
        await graph.StartAsync();
        await graph.EndAsync("broken");

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => graph.Notifications.WaitForResourceHealthyAsync("broken", WaitBehavior.StopOnResourceUnavailable, graph.Deadline));

        Assert.Contains("broken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_for_an_unknown_resource_fails_at_once_and_names_it()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("known", "sleep 600");
        await graph.StartAsync();

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => graph.Notifications.WaitForResourceHealthyAsync("unknown", WaitBehavior.StopOnResourceUnavailable, graph.Deadline));

        Assert.Contains("unknown", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_outside_runs_at_once_and_is_well_only_while_it_answers()
    {
        await using var there = await Graph.CreateAsync();
        there.AddService("api");
        await there.StartAsync();
        await there.Notifications.WaitForResourceHealthyAsync("api", there.Deadline);
        using var client = there.Application.CreateHttpClient("api", "http");
        await using var graph = await Graph.CreateAsync();
        graph.Builder.AddExternalService("outside", client.BaseAddress!).WithHttpHealthCheck("/health");
        graph.Builder.AddExternalService("nobody", "http://localhost:1/").WithHttpHealthCheck("/");

        await graph.StartAsync();

        var well = await graph.Notifications.WaitForResourceHealthyAsync("outside", graph.Deadline);
        Assert.Equal(("ExternalService", KnownResourceStates.Running), (well.Snapshot.ResourceType, well.Snapshot.State?.Text));
        var ill = await graph.Notifications.WaitForResourceAsync("nobody", static e => e.Snapshot.HealthStatus == HealthStatus.Unhealthy, graph.Deadline);
        Assert.Equal(KnownResourceStates.Running, ill.Snapshot.State?.Text);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_names_the_resource()
    {
        await using var graph = await Graph.CreateAsync();
        graph.Builder.Services.AddHealthChecks().AddCheck("never-well", static () => HealthCheckResult.Unhealthy("the disk is full"));
        graph.AddScript("sick", "sleep 600").WithHealthCheck("never-well");
        await graph.StartAsync();
        await graph.Notifications.WaitForResourceAsync("sick", static e => e.Snapshot.HealthReports.Any(static r => r.Status == HealthStatus.Unhealthy), graph.Deadline);
        using var giveUp = new CancellationTokenSource();

        var waiting = graph.Notifications.WaitForResourceHealthyAsync("sick", giveUp.Token);
        await giveUp.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Contains("sick", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_has_the_state_of_its_parent_and_the_checks_of_both()
    {
        var childIsWell = new TaskCompletionSource();
        await using var graph = await Graph.CreateAsync();
        graph.Builder.Services.AddHealthChecks()
            .AddCheck("server-check", static () => HealthCheckResult.Healthy())
            .AddCheck("database-check", () => childIsWell.Task.IsCompleted ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
        var server = new Server("server", "sleep", ".");
        var database = new ServerDatabase("database", server);
        graph.Builder.AddResource(server).WithArgs("600").WithHealthCheck("server-check");
        var child = graph.Builder.AddResource(database).WithHealthCheck("database-check");
        graph.AddScript("client", "sleep 600").WithReference(child).WaitFor(child);
        await graph.BuildAsync();
        var starting = graph.Application.StartAsync(graph.Deadline);

        var running = await graph.Notifications.WaitForResourceAsync(
            "database", static e => e.Snapshot.HealthReports.Any(static r => r.Status == HealthStatus.Unhealthy), graph.Deadline);
        Assert.Equal(KnownResourceStates.Running, running.Snapshot.State?.Text);
        Assert.Equal(["database-check", "server-check"], running.Snapshot.HealthReports.Select(static r => r.Name).Order());
        await graph.Notifications.WaitForResourceHealthyAsync("server", graph.Deadline);
        await graph.Notifications.WaitForResourceAsync("client", KnownResourceStates.Waiting, graph.Deadline);
        Assert.False(starting.IsCompleted);

        childIsWell.SetResult();
        await starting;
        await graph.Notifications.WaitForResourceAsync("client", KnownResourceStates.Running, graph.Deadline);
    }

    [Fact]
    public async Task A_resource_of_ones_own_shows_the_states_it_publishes()
    {
        await using var graph = await Graph.CreateAsync();
        var own = graph.Builder.AddResource(new Server("own", "sleep", ".")).WithArgs("600");
        var shown = graph.Builder.AddResource(new Shown("shown"))
            .WithParentRelationship(own)
            .WithInitialState(new CustomResourceSnapshot { ResourceType = "Runtime", State = "Idle", Properties = [new("version", "1")] });
        await graph.StartAsync();

        var first = await graph.Notifications.WaitForResourceAsync("shown", static e => e.Snapshot.State?.Text == "Idle", graph.Deadline);
        Assert.Equal("Runtime", first.Snapshot.ResourceType);
        Assert.Contains(first.Snapshot.Relationships, static r => r is { ResourceName: "own", Type: "Parent" });

        await graph.Notifications.PublishUpdateAsync(shown.Resource, static s => s with { State = "Busy" });
        await graph.Notifications.WaitForResourceAsync("shown", static e => e.Snapshot.State?.Text == "Busy", graph.Deadline);
    }

    private sealed class Server(string name, string command, string workingDirectory)
        : ExecutableResource(name, command, workingDirectory), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Host={"here"}");
    }

    private sealed class ServerDatabase(string name, Server parent) : Resource(name), IResourceWithParent<Server>, IResourceWithConnectionString
    {
        public Server Parent { get; } = parent;

        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{Parent};Database={Name}");
    }

    private sealed class Shown(string name) : Resource(name);
}

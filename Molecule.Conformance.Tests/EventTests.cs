using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Lifecycle;
using Microsoft.Extensions.DependencyInjection;

namespace Molecule.Conformance.Tests;

/// <summary>Which event follows which: spec 10 of the API.</summary>
public sealed class EventTests
{
    [Fact]
    public async Task The_events_of_a_start_come_in_order()
    {
        var order = new Order();
        await using var graph = await Graph.CreateAsync();
        graph.Builder.Services.AddSingleton(order);
        graph.Builder.Services.AddEventingSubscriber<Subscriber>();
        graph.Builder.Services.TryAddEventingSubscriber<Subscriber>();
        graph.Builder.AddResource(new Server("server", "sleep", ".")).WithArgs("600").WithEndpoint(scheme: "tcp", isProxied: false)
            .OnResourceEndpointsAllocated((_, _, _) => order.Add("endpoints"))
            .OnConnectionStringAvailable((_, _, _) => order.Add("connection string"))
            .OnBeforeResourceStarted((_, _, _) => order.Add("before resource"))
            .WithEnvironment(context => order.Add("environment"))
            .OnResourceReady((_, _, _) => order.Add("ready"))
            .OnResourceStopped((_, _, _) => order.Add("stopped"));
        await graph.StartAsync();
        await graph.Notifications.WaitForResourceHealthyAsync("server", graph.Deadline);
        await graph.Application.ResourceCommands.ExecuteCommandAsync("server", KnownResourceCommands.StopCommand, graph.Deadline);
        await order.UntilAsync("stopped", graph.Deadline);

        // When all have been created, and when one is ready, are two independent moments.
        var seen = order.Seen.Distinct().ToArray();
        Assert.Equal(
            ["before start", "endpoints", "connection string", "before resource", "environment", "ready", "stopped"],
            seen.Where(static e => e != "all created"));
        Assert.True(Array.IndexOf(seen, "all created") > Array.IndexOf(seen, "environment"), string.Join(", ", seen));
    }

    [Fact]
    public async Task A_resource_of_ones_own_begins_its_life_with_an_event()
    {
        await using var graph = await Graph.CreateAsync();
        graph.Builder.AddResource(new Own("own")).OnInitializeResource(async (resource, e, cancellationToken) =>
        {
            await e.Eventing.PublishAsync(new BeforeResourceStartedEvent(resource, e.Services), cancellationToken);
            await e.Notifications.PublishUpdateAsync(resource, static s => s with { State = KnownResourceStates.Running });
        });
        graph.AddScript("client", "exec sleep 600").WaitForStart(graph.Builder.CreateResourceBuilder<Own>("own"));
        await graph.StartAsync();

        await graph.Notifications.WaitForResourceAsync("client", KnownResourceStates.Running, graph.Deadline);
    }

    [Fact]
    public async Task A_handler_that_throws_before_a_resource_is_started_makes_it_fail()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddScript("refused", "exec sleep 600").OnBeforeResourceStarted(static (_, _, _) => throw new InvalidDataException("not this one"));
        graph.AddScript("other", "exec sleep 600");
        await graph.StartAsync();

        Assert.Equal(KnownResourceStates.FailedToStart, (await graph.EndAsync("refused")).Snapshot.State?.Text);
        await graph.Notifications.WaitForResourceAsync("other", KnownResourceStates.Running, graph.Deadline);
    }

    private sealed class Order
    {
        private readonly Lock _lock = new();
        private readonly List<string> _seen = [];
        private readonly Dictionary<string, TaskCompletionSource> _awaited = [];

        public string[] Seen
        {
            get
            {
                lock (_lock)
                {
                    return [.. _seen];
                }
            }
        }

        public Task Add(string what)
        {
            lock (_lock)
            {
                _seen.Add(what);
                Awaited(what).TrySetResult();
            }

            return Task.CompletedTask;
        }

        public Task UntilAsync(string what, CancellationToken deadline)
        {
            lock (_lock)
            {
                return Awaited(what).Task.WaitAsync(deadline);
            }
        }

        private TaskCompletionSource Awaited(string what) =>
            _awaited.TryGetValue(what, out var awaited) ? awaited : _awaited[what] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Subscriber(Order order) : IDistributedApplicationEventingSubscriber
    {
        public Task SubscribeAsync(IDistributedApplicationEventing eventing, DistributedApplicationExecutionContext executionContext, CancellationToken cancellationToken)
        {
            eventing.Subscribe<BeforeStartEvent>((_, _) => order.Add("before start"));
            eventing.Subscribe<AfterResourcesCreatedEvent>((_, _) => order.Add("all created"));
            return Task.CompletedTask;
        }
    }

    private sealed class Own(string name) : Resource(name);

    private sealed class Server(string name, string command, string workingDirectory)
        : ExecutableResource(name, command, workingDirectory), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"Host={"here"}");
    }
}

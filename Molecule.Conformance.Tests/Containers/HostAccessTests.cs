using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Molecule.Conformance.Tests.Containers;

/// <summary>How a container is told of what listens on this machine's loopback, and that it gets there (https://aspire.dev/fundamentals/container-networking/).</summary>
[Collection(ContainerTests.Collection)]
public sealed class HostAccessTests
{
    private const string Get = """
        exec 3<>"/dev/tcp/$HOST/$PORT"
        printf 'GET /health HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n' >&3
        cat <&3
        echo "here $HERE"
        """;

    [ContainerFact]
    public async Task A_container_reaches_a_service_of_this_machine_where_it_is_told_to()
    {
        await using var graph = await Graph.CreateAsync();
        var web = graph.AddService("web").WithHttpHealthCheck("/health");
        var http = web.GetEndpoint("http");
        var box = AddBox(graph, "box", Get)
            .WithEnvironment("HOST", http.Property(EndpointProperty.Host))
            .WithEnvironment("PORT", http.Property(EndpointProperty.Port))
            .WithEnvironment("HERE", web.GetEndpoint("http", KnownNetworkIdentifiers.LocalhostNetwork))
            .WaitFor(web);
        await graph.StartAsync();

        await graph.LinesUntilAsync(box.Resource, "HTTP/1.1 200 OK");
        await graph.LinesUntilAsync(box.Resource, $"here http://localhost:{http.Port}");
    }

    [ContainerFact]
    public async Task Each_reader_of_a_connection_string_is_given_the_address_that_it_can_use()
    {
        await using var graph = await Graph.CreateAsync();
        var server = graph.AddScript("server", "sleep 600").WithEndpoint(name: "tcp", scheme: "tcp", isProxied: false);
        var database = graph.Builder.AddResource(new Database("appdb", server.GetEndpoint("tcp")));
        var box = AddBox(graph, "box", "echo \"url $URL\"; echo \"database $ConnectionStrings__appdb\"; echo end")
            .WithReference(database).WithEnvironment("URL", $"{server.GetEndpoint("tcp")}/x");
        var printer = graph.AddEnvironmentPrinter("printer").WithReference(database);
        await graph.StartAsync();

        var port = server.GetEndpoint("tcp").Port;
        Assert.Equal($"Host=localhost;Port={port}", (await graph.PrintedEnvironmentAsync(printer.Resource))["ConnectionStrings__appdb"]);
        var lines = await graph.LinesUntilAsync(box.Resource, "end");
        var there = Assert.Single(lines.Select(static l => Regex.Match(l.Text, "^database Host=aspire\\.dev\\.internal;Port=([0-9]+)$")), static m => m.Success).Groups[1].Value;
        Assert.Contains($"url tcp://aspire.dev.internal:{there}/x", lines.Select(static l => l.Text));
    }

    internal static IResourceBuilder<ContainerResource> AddBox(Graph graph, string name, string script) =>
        graph.Builder.AddContainer(name, ContainerTests.Image.Name, ContainerTests.Image.Tag).WithEntrypoint("/bin/bash").WithArgs("-c", script);

    private sealed class Database(string name, EndpointReference endpoint) : Resource(name), IResourceWithConnectionString
    {
        public ReferenceExpression ConnectionStringExpression =>
            ReferenceExpression.Create($"Host={endpoint.Property(EndpointProperty.Host)};Port={endpoint.Property(EndpointProperty.Port)}");
    }
}

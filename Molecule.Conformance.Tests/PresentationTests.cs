using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Molecule.Conformance.Tests;

public sealed class PresentationTests
{
    [Fact]
    public async Task Urls_are_added_changed_and_made_absolute()
    {
        await using var graph = await Graph.CreateAsync();
        var web = graph.AddService("web")
            .WithUrl("https://example.org/docs", "Docs")
            .WithUrlForEndpoint("http", static url => url.DisplayText = "Home")
            .WithUrlForEndpoint("http", static _ => new ResourceUrlAnnotation { Url = "/health", DisplayText = "Health", DisplayLocation = UrlDisplayLocation.DetailsOnly })
            .WithUrls(static context => context.Urls.Add(new ResourceUrlAnnotation { Url = $"https://example.org/{context.Resource.Name}" }));
        await graph.StartAsync();

        var shown = (await graph.Notifications.WaitForResourceAsync("web", static e => e.Snapshot.Urls.Any(static u => !u.IsInactive && u.Name == "http"), graph.Deadline)).Snapshot.Urls;

        var http = web.GetEndpoint("http").Url;
        Assert.Contains(shown, u => u.Url == http && u.DisplayProperties.DisplayName == "Home");
        Assert.Contains(shown, u => u.Url == $"{http}/health" && u.DisplayProperties.DisplayName == "Health" && u.IsInternal);
        Assert.Contains(shown, static u => u.Url == "https://example.org/docs" && u.DisplayProperties.DisplayName == "Docs");
        Assert.Contains(shown, static u => u.Url == "https://example.org/web");
    }

    [Fact]
    public async Task Relationships_are_shown_whether_said_or_following_from_references_and_waits()
    {
        await using var graph = await Graph.CreateAsync();
        var first = graph.AddService("first");
        var second = graph.AddScript("second", "exec sleep 600").WithReference(first).WaitForStart(first);
        graph.AddScript("third", "exec sleep 600").WithParentRelationship(second).WithReferenceRelationship(first).WithRelationship(first.Resource, "Cousin");
        var fourth = graph.AddScript("fourth", "exec sleep 600");
        second.WithChildRelationship(fourth);
        await graph.StartAsync();

        Assert.Equal([("first", "Reference"), ("first", "WaitFor")], await RelationshipsAsync(graph, "second"));
        Assert.Equal([("first", "Cousin"), ("first", "Reference"), ("second", "Parent")], await RelationshipsAsync(graph, "third"));
        Assert.Equal([("second", "Parent")], await RelationshipsAsync(graph, "fourth"));
    }

    private static async Task<(string Name, string Type)[]> RelationshipsAsync(Graph graph, string name)
    {
        var shown = await graph.Notifications.WaitForResourceAsync(name, static e => e.Snapshot.Relationships.Length > 0, graph.Deadline);
        return [.. shown.Snapshot.Relationships.Select(static r => (r.ResourceName, r.Type)).Distinct().Order()];
    }
}

using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Molecule.Conformance.Tests;

public sealed class StartTests
{
    [Fact]
    public async Task A_project_runs_in_its_folder_and_answers_on_its_endpoint()
    {
        await using var graph = await Graph.CreateAsync();
        graph.AddService("web").WithHttpHealthCheck("/health");
        await graph.StartAsync();

        var healthy = await graph.Notifications.WaitForResourceHealthyAsync("web", graph.Deadline);
        using var client = graph.Application.CreateHttpClient("web");
        var process = await client.GetFromJsonAsync<SeenProcess>("/process", graph.Deadline);

        Assert.Equal(KnownResourceStates.Running, healthy.Snapshot.State?.Text);
        Assert.Equal("Molecule.Conformance.Service", Path.GetFileName(process!.Folder));
        Assert.Equal(-1, process.Input);
    }

    private sealed record SeenProcess(int Id, string Folder, string[] Args, int Input);
}

using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Molecule.Conformance.Tests.Offline;

public sealed class StopTests
{
    // The grace after which whatever is left is killed: who stops before has been asked, and has answered.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task Services_that_answer_the_request_to_end_are_not_waited_for_any_longer()
    {
        await using var graph = await Graph.CreateAsync();
        for (var i = 1; i <= 3; i++)
        {
            graph.AddService($"web{i}").WithHttpHealthCheck("/health");
            graph.AddScript($"script{i}", "exec sleep 600");
        }

        await graph.StartAsync();
        for (var i = 1; i <= 3; i++)
        {
            await graph.Notifications.WaitForResourceHealthyAsync($"web{i}", graph.Deadline);
        }

        try
        {
            await graph.Application.StopAsync(graph.Deadline).WaitAsync(Grace, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"Three services and three scripts that end on TERM were not stopped within {Grace.TotalSeconds:0} s.", e);
        }
    }
}

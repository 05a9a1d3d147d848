using System.Globalization;
using Aspire.Hosting;

namespace Molecule.Conformance.Tests.Offline;

/// <summary>Real Aspire's orchestrator loses a descendant whose parent has ended; the offline engine does not.</summary>
public sealed class OrphanTests
{
    [Theory]
    [InlineData("sleep 600 & echo child=$!; echo told; exit 0")]
    [InlineData("sleep 600 & echo child=$!; echo told; kill -9 $$")]
    [InlineData("setsid sleep 600 & echo child=$!; echo told; exit 0")]
    public async Task What_outlives_its_parent_ends_with_the_application(string script)
    {
        int child;
        await using (var graph = await Graph.CreateAsync())
        {
            var parent = graph.AddScript("parent", script);
            await graph.StartAsync();
            await graph.EndAsync("parent");
            var line = (await graph.LinesUntilAsync(parent.Resource, "told")).Single(static l => l.Text.StartsWith("child=", StringComparison.Ordinal)).Text;
            child = int.Parse(line[6..], CultureInfo.InvariantCulture);
            Assert.True(ProcessTable.IsRunning(child));
        }

        Assert.False(ProcessTable.IsRunning(child), $"Process {child} still runs.");
    }

    [Fact]
    public async Task A_family_that_starts_others_without_end_and_ignores_requests_is_killed_with_all_it_started()
    {
        var mark = Guid.NewGuid().ToString("N");
        await using (var graph = await Graph.CreateAsync())
        {
            var script = graph.AddScript("stubborn", "trap '' TERM; echo begun; while true; do sleep 0.1; (sleep 30 &) ; done").WithEnvironment("FAMILY", mark);
            await graph.StartAsync();
            await graph.LinesUntilAsync(script.Resource, "begun");
        }

        Assert.Empty(ProcessTable.WithVariable($"FAMILY={mark}"));
    }

    [Theory]
    [InlineData("sleep 600 & echo child=$!; echo told; wait")]
    [InlineData("sh -c 'setsid sleep 600 & echo child=$!'; echo told; exec sleep 600")]
    public async Task What_a_resource_has_started_ends_with_it_on_command_and_nothing_else_does(string script)
    {
        await using var graph = await Graph.CreateAsync();
        var (parent, other) = (graph.AddScript("parent", script), graph.AddScript("other", "exec sleep 600"));
        await graph.StartAsync();
        var line = (await graph.LinesUntilAsync(parent.Resource, "told")).Single(static l => l.Text.StartsWith("child=", StringComparison.Ordinal)).Text;
        var child = int.Parse(line[6..], CultureInfo.InvariantCulture);

        var stopped = await graph.Application.ResourceCommands.ExecuteCommandAsync("parent", "stop", graph.Deadline);

        Assert.True(stopped.Success, stopped.Message);
        Assert.False(ProcessTable.IsRunning(child), $"Process {child} still runs.");
        Assert.True(ProcessTable.IsRunning(await graph.ProcessIdAsync(other.Resource)));
    }
}

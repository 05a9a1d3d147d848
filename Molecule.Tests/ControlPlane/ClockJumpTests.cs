using Microsoft.Extensions.DependencyInjection;
using Molecule.ControlPlane.Workspaces;
using Molecule.Tests.Harness;

namespace Molecule.Tests.ControlPlane;

/// <summary>The control plane under a wall clock that is set while time goes on as ever.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class ClockJumpTests(PostgresCluster postgres)
{
    private static readonly object _codex = new { name = "c", runtime = "codex", model = "gpt-5.5", secrets = new Dictionary<string, string> { ["OPENAI_API_KEY"] = "mol-secret-key" } };

    [Theory]
    [InlineData(60)]
    [InlineData(-60)]
    public async Task A_clock_that_is_set_takes_no_workspace_for_silent_and_one_that_falls_silent_is_noticed_all_the_same(int minutes)
    {
        var time = new JumpingClock(DateTimeOffset.UtcNow);
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node, time: time);
        var id = (await control.SendAsync("POST", "/workspaces", _codex)).Id;
        var first = await control.InstanceAsync(id);
        await control.RegisterAsync("http://localhost:1", id);
        var sweep = control.Services.GetRequiredService<WorkspaceSweep>();
        async Task<string?> StatusAsync()
        {
            await sweep.SweepAsync(TestContext.Current.CancellationToken);
            return (await control.SendAsync("GET", $"/workspaces/{id}"))["status"];
        }

        Assert.Equal("online", await StatusAsync());
        time.Set = TimeSpan.FromMinutes(minutes);
        Assert.Equal("online", await StatusAsync());
        time.Advance(TimeSpan.FromSeconds(170));
        Assert.Equal("online", await StatusAsync());

        // Set right again: another jump, and another 180 s in which the workspace can say something, and does not.
        time.Set = TimeSpan.Zero;
        Assert.Equal("online", await StatusAsync());
        time.Advance(TimeSpan.FromSeconds(181));
        await sweep.SweepAsync(TestContext.Current.CancellationToken);

        await control.InstanceAsync(id, first);
    }
}

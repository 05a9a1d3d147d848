using System.Net.WebSockets;
using System.Runtime.Versioning;
using Molecule.Tests.ControlPlane;

namespace Molecule.Tests.Desktop;

/// <summary>Who controls a real desktop through the relay, and who does not (spec/runtimes-and-providers.md 5.1).</summary>
[Collection(ControlPlaneCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class DesktopRelayTests(PostgresCluster postgres)
{
    private const int EndpointUnavailable = 1001;
    private const int PolicyViolation = 1008;

    [DesktopFact]
    public async Task The_holder_sees_the_desktop_and_what_it_types_is_done_there()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        Assert.Equal("""{"available":true,"height":768,"protocol":"rfb","width":1024}""", (await scene.Control.SendAsync("GET", scene.Path("display"))).Body);

        await using var ann = await scene.ConnectAsync(await scene.AcquireAsync(scene.Ann));

        Assert.Equal((1024, 768), (ann.Width, ann.Height));
        await DesktopScene.SeesTerminalAsync(ann);
        await ann.TypeAsync("echo $((6*7)) > typed.txt");
        Assert.Equal("42", await scene.WrittenAsync("typed.txt"));
    }

    [DesktopFact]
    public async Task A_viewer_sees_and_nothing_that_it_types_points_or_pastes_arrives()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        await using var ann = await scene.ConnectAsync(await scene.AcquireAsync(scene.Ann));
        await using var viewer = await scene.ConnectAsync(await scene.ViewUrlAsync(scene.Bob));
        await DesktopScene.SeesTerminalAsync(viewer);

        await viewer.TypeAsync("echo viewer > viewer.txt");
        await viewer.SendAsync([5, 1, 0, 1, 0, 1]);
        await viewer.SendAsync([6, 0, 0, 0, 0, 0, 0, 3, (byte)'a', (byte)'b', (byte)'c']);

        // Answered in order behind what it typed: by now the server would have felt it.
        await viewer.LookAsync();
        await ann.TypeAsync("echo done > holder.txt");
        Assert.Equal("done", await scene.WrittenAsync("holder.txt"));
        Assert.False(scene.HasWritten("viewer.txt"));
    }

    [DesktopFact]
    public async Task A_dropped_connection_comes_back_to_the_same_desktop_with_control()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        var session = await scene.AcquireAsync(scene.Ann, 30);
        await using (var first = await scene.ConnectAsync(session))
        {
            await DesktopScene.SeesTerminalAsync(first);
            await first.TypeAsync("word=KAVODU");
            await first.LookAsync();
            first.Drop();
        }

        scene.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(session, await scene.AcquireAsync(scene.Ann, 30));
        scene.Time.Advance(TimeSpan.FromSeconds(29));

        await using var second = await scene.ConnectAsync(session);
        await second.TypeAsync("echo $word > again.txt");
        Assert.Equal("KAVODU", await scene.WrittenAsync("again.txt"));
    }

    [DesktopFact]
    public async Task A_desktop_that_is_killed_closes_its_connection_and_comes_back_to_the_holder_within_the_lease()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        var session = await scene.AcquireAsync(scene.Ann, 30);
        await using (var first = await scene.ConnectAsync(session))
        {
            await DesktopScene.SeesTerminalAsync(first);

            scene.KillDisplay();

            Assert.Equal((EndpointUnavailable, "the desktop has ended"), await first.ClosedAsync());
        }

        await using var second = await scene.ConnectAgainAsync(session);

        Assert.Equal(session, await scene.AcquireAsync(scene.Ann, 30));
        await DesktopScene.SeesTerminalAsync(second);
        await second.TypeAsync("echo $((6*7)) > after.txt");
        Assert.Equal("42", await scene.WrittenAsync("after.txt"));
        Assert.Contains("the desktop has ended", (await scene.Control.SendAsync("GET", $"/events/{scene.Workspace}")).Body, StringComparison.Ordinal);
    }

    // The incident: a connection that was dropped took control along.
    [DesktopFact]
    public async Task With_resume_switched_off_a_dropped_connection_loses_control()
    {
        await using var scene = await DesktopScene.SetAsync(postgres, resume: false);
        var session = await scene.AcquireAsync(scene.Ann, 30);
        await using (var first = await scene.ConnectAsync(session))
        {
            await first.LookAsync();
            first.Drop();
        }

        await RunningControlPlane.UntilAsync("control to be lost", async () => (await scene.Control.SendAsync("GET", scene.Path("display/control")))["controller"], static controller => controller == "none");
        var refused = await Assert.ThrowsAsync<WebSocketException>(() => scene.ConnectAsync(session));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
        Assert.Contains("the connection was dropped", (await scene.Control.SendAsync("GET", $"/events/{scene.Workspace}")).Body, StringComparison.Ordinal);
    }

    [DesktopFact]
    public async Task A_lease_that_runs_out_closes_its_connection_and_another_takes_over()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        await using var ann = await scene.ConnectAsync(await scene.AcquireAsync(scene.Ann, 30));
        await DesktopScene.SeesTerminalAsync(ann);
        scene.Time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(2, await TwoColoursAsync(ann));

        scene.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((PolicyViolation, "display control lost"), await ann.ClosedAsync());
        await using var bob = await scene.ConnectAsync(await scene.AcquireAsync(scene.Bob, 30));
        await bob.TypeAsync("echo bob > bob.txt");
        Assert.Equal("bob", await scene.WrittenAsync("bob.txt"));
    }

    [DesktopFact]
    public async Task A_renewal_keeps_the_connection_beyond_the_first_lease()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        await using var ann = await scene.ConnectAsync(await scene.AcquireAsync(scene.Ann, 30));
        await DesktopScene.SeesTerminalAsync(ann);
        for (var n = 0; n < 5; n++)
        {
            scene.Time.Advance(TimeSpan.FromSeconds(29));
            await scene.AcquireAsync(scene.Ann, 30);
        }

        await ann.TypeAsync("echo still > still.txt");

        Assert.Equal("still", await scene.WrittenAsync("still.txt"));
    }

    [DesktopFact]
    public async Task Control_that_is_taken_by_force_ends_the_old_connection_and_none_of_its_input_passes()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        await using var ann = await scene.ConnectAsync(await scene.AcquireAsync(scene.Bob));
        await using var viewer = await scene.ConnectAsync(await scene.ViewUrlAsync(scene.Bob));
        await DesktopScene.SeesTerminalAsync(ann);

        Assert.Equal(200, (await scene.Control.SendAsync("POST", scene.Path("display/control/release"), new { force = true })).Status);
        await ann.SendAsync(RfbClient.Key('x', isDown: true));

        Assert.Equal((PolicyViolation, "display control lost"), await ann.ClosedAsync());
        await using var next = await scene.ConnectAsync(await scene.AcquireAsync(scene.Ann));
        await next.TypeAsync("echo next > next.txt");
        Assert.Equal("next", await scene.WrittenAsync("next.txt"));
        Assert.Equal(2, await TwoColoursAsync(viewer));
    }

    [DesktopFact]
    public async Task A_viewer_that_does_not_read_fills_nobodys_memory_and_holds_nobody_up()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        await using var ann = await scene.ConnectAsync(await scene.AcquireAsync(scene.Ann));
        await DesktopScene.SeesTerminalAsync(ann);
        await using var viewer = await scene.ConnectAsync(await scene.ViewUrlAsync(scene.Bob));
        var before = (Here: GC.GetTotalMemory(forceFullCollection: true), Node: scene.Node.Program.ResidentBytes());

        // 200 whole screens of 3 MiB.
        await viewer.SendAsync([2, 0, 0, 1, 0, 0, 0, 0]);
        for (var n = 0; n < 200; n++)
        {
            await viewer.SendAsync([3, 0, 0, 0, 0, 0, 4, 0, 3, 0]);
        }

        for (var n = 0; n < 5; n++)
        {
            await ann.TypeAsync($"echo {n} > held-{n}.txt");
            Assert.Equal($"{n}", await scene.WrittenAsync($"held-{n}.txt"));
        }

        // A good part of the 600 MiB would show, whatever else runs in this process.
        const long most = 256 << 20;
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before.Here, long.MinValue, most);
        Assert.InRange(scene.Node.Program.ResidentBytes() - before.Node, long.MinValue, most);
    }

    [DesktopFact]
    public async Task Who_speaks_no_RFB_is_told_so_and_let_go()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        await using var strange = await scene.ConnectAsync(await scene.ViewUrlAsync(scene.Ann), greets: false);

        await strange.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        Assert.Equal((1002, "the protocol version is neither 3.7 nor 3.8"), await strange.ClosedAsync());
    }

    [DesktopFact]
    public async Task A_desktop_that_ends_closes_the_connections_to_it_and_leaves_nothing()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        await using var ann = await scene.ConnectAsync(await scene.AcquireAsync(scene.Ann));
        await DesktopScene.SeesTerminalAsync(ann);
        Assert.Contains(scene.Node.Carriers(), static r => r.Name == "Xvnc");

        Assert.Equal(200, (await scene.Control.SendAsync("DELETE", $"/workspaces/{scene.Workspace}?confirm=true")).Status);

        Assert.Equal((1001, "the desktop has ended"), await ann.ClosedAsync());
        Assert.Empty(scene.Node.Carriers());
        Assert.Equal(["node.sock"], Directory.EnumerateFiles(scene.Node.Root).Select(Path.GetFileName));
    }

    [DesktopFact]
    public async Task A_workspace_that_asks_for_no_desktop_has_none()
    {
        await using var scene = await DesktopScene.SetAsync(postgres, hasDesktop: false);

        Assert.Equal("""{"available":false,"reason":"no desktop runs in this workspace"}""", (await scene.Control.SendAsync("GET", scene.Path("display"))).Body);
        var session = await scene.AcquireAsync(scene.Ann);
        Assert.Contains("503", (await Assert.ThrowsAsync<WebSocketException>(() => scene.ConnectAsync(session))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Node.Carriers(), static r => r.Name is "Xvnc" or "xterm");
    }

    // Black on white, and whatever the terminal makes in between.
    private static async Task<int> TwoColoursAsync(RfbClient client) => Math.Min(2, await client.LookAsync());
}

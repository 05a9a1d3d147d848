using System.Text;

namespace Molecule.Tests.ControlPlane.Desktop;

/// <summary>The tokens that open a display's WebSocket. No desktop runs behind it: what may come in is told so (503), what may not never hears of it.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class DisplaySessionTests(PostgresCluster postgres)
{
    private const int ComesIn = 503;

    [Fact]
    public async Task A_dropped_connection_comes_back_to_its_session_within_the_lease()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var session = (await scene.AcquireAsync(scene.Ann, 30))["session_url"];
        Assert.Equal(ComesIn, await scene.ConnectAsync(session));

        // The first lease would be over by now: it is the renewed one that the old URL lives on.
        scene.Time.Advance(TimeSpan.FromSeconds(29));
        await scene.AcquireAsync(scene.Ann, 30);
        scene.Time.Advance(TimeSpan.FromSeconds(29));

        Assert.Equal(ComesIn, await scene.ConnectAsync(session));
        Assert.Equal(session, (await scene.ControlAsync(scene.Ann))["session_url"]);
        Assert.False((await scene.ControlAsync(scene.Bob)).Json.TryGetProperty("session_url", out _));
        Assert.False((await scene.ControlAsync(scene.Agent)).Json.TryGetProperty("session_url", out _));
        scene.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(403, await scene.ConnectAsync(session));
    }

    [Fact]
    public async Task Control_that_went_to_another_is_not_come_back_to()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var agents = (await scene.AcquireAsync(scene.Agent))["session_url"];
        Assert.Equal(ComesIn, await scene.ConnectAsync(agents));

        var bobs = (await scene.AcquireAsync(scene.Bob, 30))["session_url"];
        Assert.Equal((403, ComesIn), (await scene.ConnectAsync(agents), await scene.ConnectAsync(bobs)));

        scene.Time.Advance(TimeSpan.FromSeconds(30));
        var anns = (await scene.AcquireAsync(scene.Ann))["session_url"];
        Assert.Equal((403, ComesIn), (await scene.ConnectAsync(bobs), await scene.ConnectAsync(anns)));

        await scene.ReleaseAsync(scene.Ann);
        Assert.Equal(403, await scene.ConnectAsync(anns));
        var next = (await scene.AcquireAsync(scene.Ann))["session_url"];
        Assert.Equal((403, ComesIn), (await scene.ConnectAsync(anns), await scene.ConnectAsync(next)));
    }

    [Fact]
    public async Task Whoever_may_see_the_workspace_looks_on_for_300_seconds_and_changes_nothing()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var before = (await scene.ControlAsync(scene.Bob))["view_session_url"];
        Assert.Equal(ComesIn, await scene.ConnectAsync(before));
        await scene.AcquireAsync(scene.Ann, 3600);
        var lease = await scene.Control.ScalarAsync<string>("SELECT l::text FROM workspace_display_control_locks l");
        foreach (var viewer in new[] { scene.Ann, scene.Bob, scene.Agent })
        {
            Assert.Equal(ComesIn, await scene.ConnectAsync((await scene.ControlAsync(viewer))["view_session_url"]));
        }

        Assert.Equal(lease, await scene.Control.ScalarAsync<string>("SELECT l::text FROM workspace_display_control_locks l"));
        scene.Time.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(ComesIn, await scene.ConnectAsync(before));
        scene.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, await scene.ConnectAsync(before));
    }

    [Fact]
    public async Task A_token_that_is_not_ours_opens_nothing()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var url = (await scene.AcquireAsync(scene.Ann))["session_url"];
        var (path, token) = (url.Split('#')[0], url.Split("#token=")[1]);
        var (signed, mac) = (token.Split('.')[0], token.Split('.')[1]);
        var (other, _) = await scene.Control.RegisterAsync("http://localhost:1");
        var longer = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(signed)).Replace("admin-token", "org-token:x", StringComparison.Ordinal)));

        Assert.Equal(ComesIn, await scene.HandshakeAsync(path, token));
        foreach (var forged in new[] { "x", "x.y", $"{signed}.", $".{mac}", $"{signed}.{(mac[0] == 'A' ? 'B' : 'A')}{mac[1..]}", $"{longer}.{mac}", $"{token}.{mac}", "~.~" })
        {
            Assert.Equal(401, await scene.HandshakeAsync(path, forged));
        }

        Assert.Equal(401, await scene.HandshakeAsync($"/workspaces/{other}/display/session/websockify", token));
        Assert.Equal((400, "websocket upgrade required"), (await scene.Control.SendAsync("GET", path)) is var plain ? (plain.Status, plain["error"]) : default);
    }

    [Fact]
    public async Task A_token_is_good_where_the_secret_is_the_same_and_nowhere_else()
    {
        await using var scene = await DisplayScene.SetAsync(postgres, ("DISPLAY_SESSION_SIGNING_SECRET", "one"), ("SECRETS_ENCRYPTION_KEY", null));
        await using var twin = await DisplayScene.SetAsync(postgres, ("DISPLAY_SESSION_SIGNING_SECRET", "one"));
        await using var other = await DisplayScene.SetAsync(postgres, ("DISPLAY_SESSION_SIGNING_SECRET", "two"));

        var view = (await scene.ControlAsync(scene.Ann))["view_session_url"];

        Assert.Equal((ComesIn, ComesIn, 401), (await scene.ConnectAsync(view), await twin.ConnectAsync(view), await other.ConnectAsync(view)));
    }
}

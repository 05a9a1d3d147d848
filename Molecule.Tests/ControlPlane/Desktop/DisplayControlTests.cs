using Molecule.ControlPlane;

namespace Molecule.Tests.ControlPlane.Desktop;

/// <summary>Who controls a desktop (spec/runtimes-and-providers.md 5.1).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class DisplayControlTests(PostgresCluster postgres)
{
    [Theory]
    [InlineData(null, 300)]
    [InlineData(30, 30)]
    [InlineData(3600, 3600)]
    public async Task Who_asks_first_controls_for_as_long_as_it_said_or_300_seconds(int? seconds, int granted)
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        Assert.Equal("none", (await scene.ControlAsync(scene.Bob))["controller"]);

        var given = await scene.AcquireAsync(scene.Ann, seconds);

        Assert.Equal((200, "user", "admin-token"), (given.Status, given["controller"], given["controlled_by"]));
        Assert.Equal(scene.Time.GetUtcNow().AddSeconds(granted), given.Json.GetProperty("expires_at").GetDateTimeOffset());
        Assert.StartsWith(scene.Path("display/session/websockify#token="), given["session_url"], StringComparison.Ordinal);
        Assert.StartsWith(scene.Path("display/session/websockify#token="), given["view_session_url"], StringComparison.Ordinal);
        scene.Time.Advance(TimeSpan.FromSeconds(granted) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("admin-token", await scene.HolderAsync());
        scene.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("", await scene.HolderAsync());
    }

    [Theory]
    [InlineData("""{"ttl_seconds":29}""", 400, "ttl_seconds must be between 30 and 3600")]
    [InlineData("""{"ttl_seconds":3601}""", 400, "ttl_seconds must be between 30 and 3600")]
    [InlineData("""{"ttl_seconds":0}""", 400, "ttl_seconds must be between 30 and 3600")]
    [InlineData("""{"ttl_seconds":-300}""", 400, "ttl_seconds must be between 30 and 3600")]
    [InlineData("""{"ttl_seconds":"long"}""", 400, "invalid display control request")]
    [InlineData("""{"ttl_seconds":""", 400, "invalid display control request")]
    [InlineData("""{"controller":"agent"}""", 400, "browser callers may only acquire user display control")]
    [InlineData("""{"controller":"nobody"}""", 400, "controller must be 'user' or 'agent'")]
    public async Task What_cannot_be_granted_is_refused_by_name_and_leaves_nothing(string body, int status, string error)
    {
        await using var scene = await DisplayScene.SetAsync(postgres);

        var refused = await scene.Control.SendAsync("POST", scene.Path("display/control/acquire"), body);

        Assert.Equal((status, error), (refused.Status, refused["error"]));
        Assert.Equal(0, await scene.Control.ScalarAsync<long>("SELECT (SELECT count(*) FROM workspace_display_control_locks) + (SELECT count(*) FROM structure_events WHERE event_type LIKE 'display%')"));
    }

    [Fact]
    public async Task A_second_person_is_told_who_holds_it_and_takes_nothing()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var given = await scene.AcquireAsync(scene.Ann);

        var refused = await scene.AcquireAsync(scene.Bob);

        Assert.Equal((409, "display control already held"), (refused.Status, refused["error"]));
        Assert.Equal(
            $$"""{"controlled_by":"admin-token","controller":"user","expires_at":{{given.Json.GetProperty("expires_at").GetRawText()}}}""",
            refused.Json.GetProperty("current").GetRawText());
        Assert.Equal("admin-token", await scene.HolderAsync());
        Assert.Equal(200, (await scene.ReleaseAsync(scene.Ann)).Status);
        Assert.Equal(200, (await scene.AcquireAsync(scene.Bob)).Status);
        Assert.StartsWith("org-token:", await scene.HolderAsync(), StringComparison.Ordinal);
        Assert.Equal(409, (await scene.AcquireAsync(scene.Ann)).Status);
    }

    [Fact]
    public async Task The_holder_renews_until_the_last_moment_and_goes_on_with_its_session()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var session = (await scene.AcquireAsync(scene.Ann, 30))["session_url"];
        foreach (var after in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1) })
        {
            scene.Time.Advance(after);

            var renewed = await scene.AcquireAsync(scene.Ann, 30);

            Assert.Equal((200, session), (renewed.Status, renewed["session_url"]));
            Assert.Equal(scene.Time.GetUtcNow().AddSeconds(30), renewed.Json.GetProperty("expires_at").GetDateTimeOffset());
            Assert.Equal(409, (await scene.AcquireAsync(scene.Bob)).Status);
        }

        scene.Time.Advance(TimeSpan.FromSeconds(30));
        var again = await scene.AcquireAsync(scene.Ann, 30);
        Assert.Equal(200, again.Status);
        Assert.NotEqual(session, again["session_url"]);
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_taken_over_and_its_holder_comes_too_late()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        await scene.AcquireAsync(scene.Ann, 30);
        scene.Time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(409, (await scene.AcquireAsync(scene.Bob)).Status);

        scene.Time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(200, (await scene.AcquireAsync(scene.Bob)).Status);
        Assert.Equal(409, (await scene.AcquireAsync(scene.Ann)).Status);
        Assert.Equal(409, (await scene.ReleaseAsync(scene.Ann)).Status);
        Assert.StartsWith("org-token:", await scene.HolderAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await scene.Control.ScalarAsync<long>("SELECT count(*) FROM workspace_display_control_locks"));
    }

    [Fact]
    public async Task No_session_is_renewed_beyond_twelve_hours()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var started = scene.Time.GetUtcNow();
        var session = (await scene.AcquireAsync(scene.Ann, 3600))["session_url"];
        for (var half = 1; half < 24; half++)
        {
            scene.Time.Advance(TimeSpan.FromMinutes(30));
            var renewed = await scene.AcquireAsync(scene.Ann, 3600);
            var hours = Math.Min(half / 2.0 + 1, 12);
            Assert.Equal((session, started.AddHours(hours)), (renewed["session_url"], renewed.Json.GetProperty("expires_at").GetDateTimeOffset()));
        }

        scene.Time.Advance(TimeSpan.FromMinutes(30));

        Assert.Equal("", await scene.HolderAsync());
        Assert.NotEqual(session, (await scene.AcquireAsync(scene.Ann))["session_url"]);
    }

    [Fact]
    public async Task A_person_takes_control_from_the_agent_and_never_the_other_way_round()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        Assert.Equal((200, "agent"), ((await scene.AcquireAsync(scene.Agent)).Status, await scene.HolderAsync()));
        Assert.Equal(200, (await scene.AcquireAsync(scene.Agent)).Status);

        var taken = await scene.AcquireAsync(scene.Bob);

        Assert.Equal((200, "user"), (taken.Status, taken["controller"]));
        var refused = await scene.AcquireAsync(scene.Agent);
        Assert.Equal((409, "user"), (refused.Status, refused.Json.GetProperty("current").GetProperty("controller").GetString()));
        Assert.Equal(409, (await scene.ReleaseAsync(scene.Agent)).Status);
        Assert.Equal("user", (await scene.Control.SendAsync("GET", scene.Path("desktop/control"), bearer: scene.Agent))["controller"]);
        Assert.Equal(200, (await scene.ReleaseAsync(scene.Bob)).Status);
        Assert.Equal((200, "agent"), ((await scene.AcquireAsync(scene.Agent)).Status, await scene.HolderAsync()));
    }

    [Fact]
    public async Task Who_holds_nothing_releases_nothing_but_the_admin_may_force_it()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        Assert.Equal("""{"controller":"none"}""", (await scene.ReleaseAsync(scene.Ann)).Body);
        await scene.AcquireAsync(scene.Bob);

        var refused = await scene.ReleaseAsync(scene.Ann);

        Assert.Equal((409, "display control held by another caller"), (refused.Status, refused["error"]));
        Assert.StartsWith("org-token:", refused.Json.GetProperty("current").GetProperty("controlled_by").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("org-token:", await scene.HolderAsync(), StringComparison.Ordinal);
        Assert.Equal("""{"controller":"none"}""", (await scene.ReleaseAsync(scene.Ann, new { force = true })).Body);
        Assert.Equal("", await scene.HolderAsync());

        await scene.AcquireAsync(scene.Ann);
        var forced = await scene.ReleaseAsync(scene.Bob, new { force = true });
        Assert.Equal((403, "force release requires admin-token auth"), (forced.Status, forced["error"]));
        Assert.Equal(403, (await scene.ReleaseAsync(scene.Agent, new { force = true })).Status);
        Assert.Equal("admin-token", await scene.HolderAsync());
    }

    [Fact]
    public async Task Only_people_act_as_people_and_only_on_workspaces_that_there_are()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);
        var acquire = scene.Path("display/control/acquire");

        var refused = await scene.Control.SendAsync("POST", acquire, new { controller = "user" }, scene.Agent);

        Assert.Equal((403, "display control requires admin-token or org-token auth"), (refused.Status, refused["error"]));
        Assert.Equal(401, (await scene.Control.SendAsync("POST", acquire, bearer: "")).Status);
        Assert.Equal(401, (await scene.Control.SendAsync("POST", acquire, bearer: "nobody's")).Status);
        var (_, stranger) = await scene.Control.RegisterAsync("http://localhost:1");
        Assert.Equal(401, (await scene.Control.SendAsync("POST", acquire, new { controller = "agent" }, stranger)).Status);
        foreach (var id in new[] { Guid.NewGuid().ToString(), "no-id" })
        {
            Assert.Equal(404, (await scene.Control.SendAsync("POST", $"/workspaces/{id}/display/control/acquire")).Status);
            Assert.Equal(404, (await scene.Control.SendAsync("POST", $"/workspaces/{id}/display/control/release")).Status);
            Assert.Equal(404, (await scene.Control.SendAsync("GET", $"/workspaces/{id}/display/control")).Status);
            Assert.Equal(404, (await scene.Control.SendAsync("GET", $"/workspaces/{id}/display")).Status);
        }

        Assert.Equal(200, (await scene.Control.SendAsync("POST", acquire)).Status);
        await scene.Control.SendAsync("DELETE", $"/workspaces/{scene.Workspace}?confirm=true");
        Assert.Equal(404, (await scene.Control.SendAsync("POST", acquire)).Status);
    }

    [Theory]
    [InlineData("MOLECULE_DESKTOP_ENABLED", null, 400, "display not enabled")]
    [InlineData("MOLECULE_DESKTOP_ENABLED", "false", 400, "display not enabled")]
    [InlineData("SECRETS_ENCRYPTION_KEY", null, 503, "display session signing secret is not configured")]
    public async Task Without_a_display_or_a_secret_nobody_controls(string name, string? value, int status, string error)
    {
        await using var scene = await DisplayScene.SetAsync(postgres, (name, value));

        var refused = await scene.AcquireAsync(scene.Ann);

        Assert.Equal((status, error), (refused.Status, refused["error"]));
        Assert.Equal("""{"controller":"none"}""", (await scene.ControlAsync(scene.Ann)).Body);
    }

    [Fact]
    public async Task A_switch_that_is_none_keeps_the_control_plane_from_starting()
    {
        var refused = await Assert.ThrowsAsync<SettingsException>(() => DisplayScene.SetAsync(postgres, ("MOLECULE_DESKTOP_ENABLED", "maybe")));

        Assert.Equal("MOLECULE_DESKTOP_ENABLED is neither true nor false: write true, or leave it out.", refused.Message);
    }

    [Fact]
    public async Task What_was_tried_and_what_became_of_it_is_recorded_without_a_token()
    {
        await using var scene = await DisplayScene.SetAsync(postgres);

        var url = (await scene.AcquireAsync(scene.Ann, 60))["session_url"];
        await scene.AcquireAsync(scene.Bob);
        await scene.ReleaseAsync(scene.Bob);
        await scene.ReleaseAsync(scene.Ann);

        Assert.Equal(
            "acquire.started/admin-token acquire.completed/admin-token acquire.started/org acquire.failed/org release.started/org release.failed/org release.started/admin-token release.completed/admin-token",
            await scene.Control.ScalarAsync<string>(
                """
                SELECT string_agg(replace(event_type, 'display.control.', '') || '/' || split_part(payload ->> 'controlled_by', '-token:', 1), ' ' ORDER BY created_at)
                FROM structure_events WHERE workspace_id = @id AND event_type LIKE 'display.control.%'
                """,
                new { id = scene.Workspace }));
        var events = (await scene.Control.SendAsync("GET", $"/events/{scene.Workspace}")).Body;
        Assert.Contains("\"ttl_seconds\":60", events, StringComparison.Ordinal);
        Assert.Contains("display control already held", events, StringComparison.Ordinal);
        var token = url.Split("#token=")[1];
        Assert.DoesNotContain(token, events, StringComparison.Ordinal);
        Assert.DoesNotContain(token, scene.Control.Log.Text, StringComparison.Ordinal);
    }
}

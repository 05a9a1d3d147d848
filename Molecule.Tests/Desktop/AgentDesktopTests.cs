using System.Runtime.Versioning;
using BigGustave;
using Molecule.Tests.ControlPlane;

namespace Molecule.Tests.Desktop;

/// <summary>What an agent sees and does on its own desktop, and whom it gives way to (spec/runtimes-and-providers.md 5.1).</summary>
[Collection(ControlPlaneCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class AgentDesktopTests(PostgresCluster postgres)
{
    [DesktopFact]
    public async Task What_the_agent_types_it_sees_in_its_own_colours()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        var agent = await ReadyAsync(scene);

        // The terminal's own red and blue grounds (xterm's resources: red3 is 205, 0, 0; blue2 is 0, 0, 238).
        await DoneAsync(scene, agent, new { action = "type", text = "clear; printf '\\033[41m%500s'; echo > painted.txt\n" });
        await scene.WrittenAsync("painted.txt");

        var red = await SeenAsync(scene, agent, static pixel => pixel is { R: 205, G: 0, B: 0 });
        Assert.Equal((1024, 768), (red.Width, red.Height));
        Assert.DoesNotContain(Pixels(red), static pixel => pixel is { R: 0, G: 0, B: > 100 });
        Assert.Equal(1024 * 768, Pixels(await scene.ScreenshotAsync(scene.Bob)).Count());
    }

    [DesktopFact]
    public async Task Chords_and_clicks_do_what_they_do_under_a_persons_hands()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        var agent = await ReadyAsync(scene);

        await DoneAsync(scene, agent, new { action = "type", text = "echo wrong > chord.txt" });
        await DoneAsync(scene, agent, new { action = "key", key = "ctrl+u" });
        await DoneAsync(scene, agent, new { action = "type", text = "echo Straße+1 > chord.txt" });
        await DoneAsync(scene, agent, new { action = "key", key = "Return" });
        Assert.Equal("Straße+1", await scene.WrittenAsync("chord.txt"));

        // A double click takes the word under it into the selection, the middle button puts that where the cursor is.
        await DoneAsync(scene, agent, new { action = "type", text = "PS1=; clear; echo VERBENA; echo > shown.txt\n" });
        await scene.WrittenAsync("shown.txt");
        await DoneAsync(scene, agent, new { action = "click", x = 12, y = 8, count = 2 });
        await DoneAsync(scene, agent, new { action = "type", text = "echo got-" });
        await DoneAsync(scene, agent, new { action = "click", x = 12, y = 300, button = "middle" });
        await DoneAsync(scene, agent, new { action = "type", text = " > pasted.txt\n" });
        Assert.Equal("got-VERBENA", await scene.WrittenAsync("pasted.txt"));
    }

    [DesktopFact]
    public async Task Input_takes_the_agents_lease_by_itself_and_fails_while_a_person_holds_it()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        var agent = await ReadyAsync(scene);
        await DoneAsync(scene, agent, new { action = "type", text = "echo one > one.txt\n" });
        await scene.WrittenAsync("one.txt");
        var control = await scene.Control.SendAsync("GET", scene.Path("desktop/control"), bearer: agent);
        Assert.Equal(("agent", scene.Time.GetUtcNow().AddSeconds(300)), (control["controller"], control.Json.GetProperty("expires_at").GetDateTimeOffset()));

        await scene.AcquireAsync(scene.Bob, 30);
        var refused = await scene.DoAsync(agent, new { action = "type", text = "echo two > two.txt\n" });
        Assert.Equal((409, "display control already held", "user"), (refused.Status, refused["error"], refused.Json.GetProperty("current").GetProperty("controller").GetString()));
        Assert.Equal((1024, 768), await scene.ScreenshotAsync(agent) is var seen ? (seen.Width, seen.Height) : default);

        scene.Time.Advance(TimeSpan.FromSeconds(30));
        await DoneAsync(scene, agent, new { action = "type", text = "echo three > three.txt\n" });
        Assert.Equal("three", await scene.WrittenAsync("three.txt"));
        Assert.False(scene.HasWritten("two.txt"));
        Assert.Equal(
            "acquire.completed/agent acquire.completed/org acquire.failed/agent acquire.completed/agent",
            await scene.Control.ScalarAsync<string>(
                """
                SELECT string_agg(replace(event_type, 'display.control.', '') || '/' || split_part(payload ->> 'controlled_by', '-token:', 1), ' ' ORDER BY created_at)
                FROM structure_events WHERE workspace_id = @id AND event_type LIKE 'display.control.%' AND event_type NOT LIKE '%started'
                """,
                new { id = scene.Workspace }));
    }

    [DesktopFact]
    public async Task What_cannot_be_done_is_refused_by_name_and_takes_no_lease()
    {
        await using var scene = await DesktopScene.SetAsync(postgres);
        var agent = await ReadyAsync(scene);
        foreach (var (input, error) in new (object, string)[]
        {
            (new { action = "dance" }, "action must be 'click', 'type' or 'key'"),
            (new { action = "click", x = 1024, y = 0 }, "x and y must lie on the desktop, which is 1024 by 768"),
            (new { action = "click", x = 0 }, "x and y must lie on the desktop, which is 1024 by 768"),
            (new { action = "click", x = 0, y = 0, button = "fourth" }, "button must be 'left', 'middle' or 'right'"),
            (new { action = "click", x = 0, y = 0, count = 4 }, "count must be between 1 and 3"),
            (new { action = "type" }, "text must have between 1 and 10000 characters"),
            (new { action = "type", text = new string('a', 10_001) }, "text must have between 1 and 10000 characters"),
            (new { action = "type", text = "a\u0007" }, "text must hold no control characters but line ends and tabs"),
            (new { action = "key", key = "ctrl+nothing" }, "key must be a key like 'Return', 'F5' or 'a', or several joined by '+'"),
            (new { action = "key", key = "F13" }, "key must be a key like 'Return', 'F5' or 'a', or several joined by '+'"),
            ("{\"action\":7}", "invalid desktop input"),
            ("null", "invalid desktop input"),
        })
        {
            var refused = await scene.DoAsync(agent, input);
            Assert.Equal((400, error), (refused.Status, refused["error"]));
        }

        var person = await scene.DoAsync(scene.Ann, new { action = "key", key = "a" });
        Assert.Equal((403, "desktop input requires the workspace's own token"), (person.Status, person["error"]));
        Assert.Equal(401, (await scene.DoAsync("nobody's", new { action = "key", key = "a" })).Status);
        Assert.Equal("none", (await scene.Control.SendAsync("GET", scene.Path("display/control")))["controller"]);
    }

    [Fact]
    public async Task Without_a_desktop_there_is_nothing_to_see_or_to_do()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["MOLECULE_DESKTOP_ENABLED"] = "true" });
        var (workspace, agent) = await control.RegisterAsync("http://localhost:1");

        foreach (var (method, route) in new[] { ("GET", "screenshot"), ("POST", "input") })
        {
            var answer = await control.SendAsync(method, $"/workspaces/{workspace}/desktop/{route}", method == "GET" ? null : new { action = "key", key = "a" }, agent);
            Assert.Equal((503, "no desktop runs in this workspace"), (answer.Status, answer["error"]));
        }

        Assert.Equal(0, await control.ScalarAsync<long>("SELECT count(*) FROM workspace_display_control_locks"));
    }

    // Waits until the terminal takes what is typed.
    private static async Task<string> ReadyAsync(DesktopScene scene)
    {
        var agent = await scene.AgentAsync();
        await SeenAsync(scene, agent, static pixel => pixel is { R: 255, G: 255, B: 255 });
        return agent;
    }

    private static async Task DoneAsync(DesktopScene scene, string agent, object input)
    {
        var done = await scene.DoAsync(agent, input);
        Assert.Equal((200, """{"ok":true}"""), (done.Status, done.Body));
    }

    private static Task<Png> SeenAsync(DesktopScene scene, string agent, Func<Pixel, bool> pixel) =>
        RunningControlPlane.UntilAsync("a colour on the desktop", () => scene.ScreenshotAsync(agent), picture => Pixels(picture).Any(pixel));

    private static IEnumerable<Pixel> Pixels(Png picture) =>
        from y in Enumerable.Range(0, picture.Height)
        from x in Enumerable.Range(0, picture.Width)
        select picture.GetPixel(x, y);
}

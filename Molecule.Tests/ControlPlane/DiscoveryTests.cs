namespace Molecule.Tests.ControlPlane;

/// <summary>How workspaces find each other, and what may be changed of them (spec/control-plane.md 3.2, 3.3, 6.1).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class DiscoveryTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    [Fact]
    public async Task A_family_sees_its_siblings_its_parent_and_its_children_and_no_cousin()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var names = new Dictionary<string, (Guid Id, string Token)>();
        foreach (var (name, parent) in new[] { ("root", null), ("other-root", null), ("child", "root"), ("sibling", "root"), ("grandchild", "child"), ("cousin", "other-root") })
        {
            var (id, token) = await control.RegisterAsync($"http://localhost:{names.Count + 1}");
            names[name] = (id, token);
            object body = parent is null ? new { name } : new { name, parent_id = names[parent].Id };
            Assert.Equal("""{"status":"updated"}""", (await control.SendAsync("PATCH", $"/workspaces/{id}", body, token)).Body);
        }

        var seen = await control.SendAsync("GET", $"/registry/{names["child"].Id}/peers", bearer: names["child"].Token);

        Assert.Equal(["grandchild", "root", "sibling"], seen.Json.EnumerateArray().Select(static p => p.GetProperty("name").GetString()).Order());
        Assert.Contains("\"role\":null", seen.Body, StringComparison.Ordinal);

        // A peer without a role must not be in the way of a search (14.1, item 5).
        var found = await control.SendAsync("GET", $"/registry/{names["child"].Id}/peers?q=SIB", bearer: names["child"].Token);
        Assert.Equal(["sibling"], found.Json.EnumerateArray().Select(static p => p.GetProperty("name").GetString()));

        foreach (var (caller, target, allowed) in new[] { ("child", "sibling", true), ("grandchild", "root", true), ("root", "grandchild", true), ("root", "other-root", true), ("child", "cousin", false), ("child", "other-root", false) })
        {
            var access = await control.SendAsync("POST", "/registry/check-access", new { caller_id = names[caller].Id, target_id = names[target].Id }, bearer: "");
            Assert.Equal((caller, target, $$"""{"allowed":{{(allowed ? "true" : "false")}}}"""), (caller, target, access.Body));

            var discovered = await control.SendAsync("GET", $"/registry/discover/{names[target].Id}", bearer: names[caller].Token, headers: ("X-Workspace-ID", names[caller].Id.ToString()));
            Assert.Equal((caller, target, allowed ? 200 : 403), (caller, target, discovered.Status));
            Assert.True(!allowed || discovered["name"] == target);
        }
    }

    [Fact]
    public async Task Discovery_asks_for_the_caller_and_its_token()
    {
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        foreach (var (caller, bearer, status, error) in new[]
        {
            (null, "", 400, "X-Workspace-ID header is required"), (id.ToString(), "", 401, "missing workspace auth token"), (id.ToString(), "wrong", 401, "invalid workspace auth token"),
            ("nobody", token, 403, "not authorized to discover this workspace"),
        })
        {
            var answer = await control.SendAsync("GET", $"/registry/discover/{id}", bearer: bearer, headers: caller is null ? [] : [("X-Workspace-ID", caller)]);

            Assert.Equal((status, error), (answer.Status, answer["error"]));
        }
    }

    [Fact]
    public async Task A_card_is_replaced_whole_and_told_as_an_event()
    {
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal(401, (await control.SendAsync("POST", "/registry/update-card", new { workspace_id = id, agent_card = new { } }, bearer: "")).Status);
        Assert.Equal(400, (await control.SendAsync("POST", "/registry/update-card", new { workspace_id = id, agent_card = "no object" }, bearer: token)).Status);
        Assert.Equal("""{"status":"updated"}""", (await control.SendAsync("POST", "/registry/update-card", new { workspace_id = id, agent_card = new { skills = new[] { "dig" } } }, token)).Body);

        Assert.Contains("""{"skills":["dig"]}""", (await control.SendAsync("GET", $"/workspaces/{id}")).Body, StringComparison.Ordinal);
        var events = await control.SendAsync("GET", $"/events/{id}");
        Assert.Equal(["AGENT_CARD_UPDATED", "WORKSPACE_ONLINE"], events.Json.EnumerateArray().Select(static e => e.GetProperty("event_type").GetString()));
    }

    [Fact]
    public async Task A_patch_changes_what_it_names_clears_by_null_and_ignores_the_budget()
    {
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal("""{"status":"updated"}""", (await control.SendAsync("PATCH", $"/workspaces/{id}", new { name = "n", role = "r", tier = 2, x = 100.0, y = 1.5, collapsed = true, budget_limit = 5 }, token)).Body);
        Assert.Equal("""{"needs_restart":true,"status":"updated"}""", (await control.SendAsync("PATCH", $"/workspaces/{id}", new { workspace_dir = "/srv/a" }, token)).Body);
        var item = (await control.SendAsync("GET", "/workspaces")).Json.EnumerateArray().Single(w => w.GetProperty("id").GetGuid() == id).GetRawText();
        foreach (var fragment in (string[])["\"name\":\"n\"", "\"role\":\"r\"", "\"tier\":2", "\"x\":100,", "\"y\":1.5", "\"collapsed\":true", "\"workspace_dir\":\"/srv/a\"", "\"budget_limit\":null"])
        {
            Assert.Contains(fragment, item, StringComparison.Ordinal);
        }

        await control.SendAsync("PATCH", $"/workspaces/{id}", """{"role":null,"workspace_dir":null}""", token);
        Assert.Equal(1, await control.ScalarAsync<int>("SELECT count(*) FROM workspaces WHERE id = @id AND role IS NULL AND workspace_dir IS NULL AND name = 'n'", new { id }));
    }

    [Theory]
    [InlineData("""{"name":""}""", "invalid name")]
    [InlineData("""{"name":"a\nb"}""", "invalid name")]
    [InlineData("""{"tier":"two"}""", "tier must be a number")]
    [InlineData("""{"x":1}""", "x and y go together")]
    [InlineData("""{"x":1e400,"y":1}""", "x must be a number")]
    [InlineData("""{"parent_id":"nobody"}""", "parent_id must be a workspace ID or null")]
    [InlineData("""{"parent_id":"00000000-0000-4000-8000-000000000000"}""", "parent_id names no workspace")]
    [InlineData("""{"workspace_dir":"/etc/x"}""", "invalid workspace directory")]
    [InlineData("[]", "invalid request body")]
    public async Task A_wrong_field_of_a_patch_is_named_and_nothing_changes(string body, string error)
    {
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        var before = (await control.SendAsync("GET", $"/workspaces/{id}")).Body;

        var answer = await control.SendAsync("PATCH", $"/workspaces/{id}", body, token);

        Assert.Equal((400, error), (answer.Status, answer["error"]));
        Assert.Equal(before, (await control.SendAsync("GET", $"/workspaces/{id}")).Body);
    }

    [Fact]
    public async Task Configuration_is_merged_at_its_top_and_bounded()
    {
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        Assert.Equal("""{"data":{}}""", (await control.SendAsync("GET", $"/workspaces/{id}/config", bearer: token)).Body);

        await control.SendAsync("PATCH", $"/workspaces/{id}/config", """{"a":1,"b":{"c":2}}""", token);
        Assert.Equal("""{"status":"updated"}""", (await control.SendAsync("PATCH", $"/workspaces/{id}/config", """{"b":{"d":3}}""", token)).Body);

        Assert.Equal("""{"data":{"a":1,"b":{"d":3}}}""", (await control.SendAsync("GET", $"/workspaces/{id}/config", bearer: token)).Body);
        Assert.Equal(400, (await control.SendAsync("PATCH", $"/workspaces/{id}/config", "[1]", token)).Status);
        Assert.Equal(413, (await control.SendAsync("PATCH", $"/workspaces/{id}/config", $$"""{"big":"{{new string('x', 256 * 1024)}}"}""", token)).Status);
    }

    [Fact]
    public async Task A_budget_is_the_admin_s_to_set_and_a_spent_one_stops_calls()
    {
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        Assert.Equal(401, (await control.SendAsync("PATCH", $"/workspaces/{id}/budget", new { budget_limit = 5 }, token)).Status);
        Assert.Equal(400, (await control.SendAsync("PATCH", $"/workspaces/{id}/budget", new { })).Status);
        Assert.Equal(400, (await control.SendAsync("PATCH", $"/workspaces/{id}/budget", new { budget_limit = -1 })).Status);

        Assert.Equal("""{"budget_limit":500,"budget_remaining":500,"monthly_spend":0}""", (await control.SendAsync("PATCH", $"/workspaces/{id}/budget", new { budget_limit = 500 })).Body);
        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, monthly_spend = 500 }, token);

        Assert.Equal("""{"budget_limit":500,"budget_remaining":0,"monthly_spend":500}""", (await control.SendAsync("GET", $"/workspaces/{id}/budget", bearer: token)).Body);
        Assert.Equal((402, "workspace budget limit exceeded"), await ErrorAsync(control.SendAsync("POST", $"/workspaces/{id}/a2a", """{"method":"message/send"}""", bearer: "")));
        Assert.Equal("""{"budget_limit":null,"budget_remaining":null,"monthly_spend":500}""", (await control.SendAsync("PATCH", $"/workspaces/{id}/budget", """{"budget_limit":null}""")).Body);
    }

    [Fact]
    public async Task An_agent_elsewhere_learns_of_its_state_and_of_its_end()
    {
        var control = shared.Control;
        var (id, token) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal($$"""{"deleted":false,"paused":false,"status":"online","workspace_id":"{{id}}"}""", (await control.SendAsync("GET", $"/workspaces/{id}/state", bearer: token)).Body);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/state")).Status);
    }

    [Fact]
    public async Task The_viewport_is_kept_and_begins_at_the_middle()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        Assert.Equal("""{"x":0,"y":0,"zoom":1}""", (await control.SendAsync("GET", "/canvas/viewport", bearer: "")).Body);
        await control.RegisterAsync("http://localhost:1");

        Assert.Equal(401, (await control.SendAsync("PUT", "/canvas/viewport", new { x = 1 }, bearer: "")).Status);
        Assert.Equal("""{"status":"saved"}""", (await control.SendAsync("PUT", "/canvas/viewport", new { x = 100.0, y = -2.5, zoom = 1.5 })).Body);
        Assert.Equal("""{"status":"saved"}""", (await control.SendAsync("PUT", "/canvas/viewport", new { x = 100.0, y = -2.5, zoom = 1.5 }, bearer: "", headers: ("Origin", "http://localhost:3000"))).Body);
        Assert.Equal("""{"x":100,"y":-2.5,"zoom":1.5}""", (await control.SendAsync("GET", "/canvas/viewport", bearer: "")).Body);
    }

    [Fact]
    public async Task The_compatibility_switch_adds_what_old_clients_look_for()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["MOLECULE_API_COMPAT"] = "1" });
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        await control.SendAsync("POST", "/registry/heartbeat", new { workspace_id = id, current_task = "digging" }, token);

        Assert.Contains("\"current_task\":\"digging\"", (await control.SendAsync("GET", $"/workspaces/{id}")).Body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"current_task\"", (await shared.Control.SendAsync("GET", $"/workspaces/{(await shared.Control.RegisterAsync("http://localhost:1")).Id}")).Body, StringComparison.Ordinal);
        Assert.Contains("ActivityType", (await control.SendAsync("POST", $"/workspaces/{id}/activity", new { }, token)).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await control.SendAsync("PUT", "/canvas/viewport", new { x = 1 }, bearer: "")).Status);
    }

    private static async Task<(int Status, string Error)> ErrorAsync(Task<Answer> sent)
    {
        var answer = await sent;
        return (answer.Status, answer["error"]);
    }
}

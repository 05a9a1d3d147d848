namespace Molecule.Tests.ControlPlane;

/// <summary>The platform's copy of /configs, org templates, and the switch for older clients (spec/control-plane.md 3.8, 9.5, 14.3).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class FileAndOrgTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    [Fact]
    public async Task Config_yaml_is_there_from_the_start_and_gives_way_to_one_that_is_written()
    {
        var control = shared.Control;
        var id = (await control.SendAsync("POST", "/workspaces", new { name = "Files: \"more\"" })).Id;
        var path = $"/workspaces/{id}/files";

        Assert.Contains("runtime: claude-code\\n", (await control.SendAsync("GET", path + "/config.yaml")).Body, StringComparison.Ordinal);
        Assert.Equal("""{"path":"config.yaml","status":"saved"}""", (await control.SendAsync("PUT", path + "/config.yaml", new { content = "name: x\n" })).Body);
        Assert.Equal("""{"content":"name: x\n","path":"config.yaml","size":8}""", (await control.SendAsync("GET", path + "/config.yaml")).Body);
        Assert.Equal("2", (await control.SendAsync("PUT", path, """{"files":{"prompts/a.md":"a","skills/b/c.md":"é"}}"""))["files"]);
        Assert.Equal(
            ["config.yaml False", "prompts True", "prompts/a.md False", "skills True", "skills/b True"],
            (await control.SendAsync("GET", path + "?depth=2")).Json.EnumerateArray().Select(static entry => $"{entry.GetProperty("path").GetString()} {entry.GetProperty("dir").GetBoolean()}"));
        Assert.Equal("""{"path":"prompts/a.md","status":"deleted"}""", (await control.SendAsync("DELETE", path + "/prompts/a.md")).Body);
        Assert.Equal(404, (await control.SendAsync("DELETE", path + "/prompts/a.md")).Status);
        Assert.Equal("file not found (container offline, no template)", (await control.SendAsync("GET", path + "/nothing"))["error"]);
    }

    [Theory]
    [InlineData("a/../b", "invalid path")]
    [InlineData("/etc/passwd", "absolute paths not permitted")]
    [InlineData("a//b", "invalid path")]
    public async Task No_path_leads_out_of_the_folder(string path, string error)
    {
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        var answer = await control.SendAsync("PUT", $"/workspaces/{id}/files", new { files = new Dictionary<string, string> { ["fine"] = "x", [path] = "x" } });

        Assert.Equal((400, $"{error}: {path}"), (answer.Status, answer["error"]));
        Assert.Equal(0, await control.ScalarAsync<int>("SELECT count(*) FROM workspace_files WHERE workspace_id = @id", new { id }));
    }

    [Fact]
    public async Task A_template_becomes_a_team_or_nothing_at_all()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var listed = (await control.SendAsync("GET", "/org/templates")).Json[0];
        Assert.Equal(3, listed.GetProperty("workspaces").GetInt32());

        var imported = await control.SendAsync("POST", "/org/import", new { dir = listed.GetProperty("dir").GetString() });

        Assert.Equal((201, "3"), (imported.Status, imported["count"]));
        var rows = (await control.SendAsync("GET", "/workspaces")).Json.EnumerateArray().ToArray();
        var lead = rows.Single(static row => row.GetProperty("name").GetString() == "Lead").GetProperty("id").GetString();
        Assert.Equal(2, rows.Count(row => row.GetProperty("parent_id").GetString() == lead));
        Assert.Equal((404, "org template not found: moon"), await ErrorAsync(control, new { dir = "moon" }));
        Assert.Equal((400, "invalid org template: workspace 'a{': invalid workspace fields"), await ErrorAsync(control, new { template = new { name = "o", workspaces = new[] { new { name = "fine" }, new { name = "a{" } } } }));
        Assert.Equal((400, "provide 'dir' or 'template'"), await ErrorAsync(control, new { }));
        var needy = new { name = "needy", required_env = new object[] { "A_KEY", new { any_of = new[] { "B_KEY", "C_KEY" } } }, workspaces = new[] { new { name = "n" } } };
        var refused = await control.SendAsync("POST", "/org/import", new { template = needy });
        Assert.Equal((412, """["A_KEY","B_KEY or C_KEY"]"""), (refused.Status, refused.Json.GetProperty("missing_env").GetRawText()));
        Assert.Equal(3, (await control.SendAsync("GET", "/workspaces")).Json.GetArrayLength());
        await control.SendAsync("POST", "/settings/secrets", new { key = "A_KEY", value = "v" });
        await control.SendAsync("POST", "/settings/secrets", new { key = "C_KEY", value = "v" });
        Assert.Equal(201, (await control.SendAsync("POST", "/org/import", new { template = needy })).Status);
    }

    [Theory]
    [InlineData(null, 422)]
    [InlineData("1", 201)]
    public async Task A_removed_runtime_is_refused_by_name_unless_older_clients_are_served(string? compat, int status)
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["MOLECULE_API_COMPAT"] = compat });

        var answer = await control.SendAsync("POST", "/workspaces", new { name = "old", runtime = "langgraph" });

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 201 ? 1 : 0, (await control.SendAsync("GET", "/workspaces")).Json.GetArrayLength());
        Assert.Contains(status == 201 ? "\"status\":\"provisioning\"" : "langgraph", answer.Body, StringComparison.Ordinal);
    }

    private static async Task<(int, string)> ErrorAsync(RunningControlPlane control, object body)
    {
        var answer = await control.SendAsync("POST", "/org/import", body);
        return (answer.Status, answer["error"]);
    }
}

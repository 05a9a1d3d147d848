namespace Molecule.Tests.ControlPlane;

/// <summary>Workspaces carried elsewhere (spec/control-plane.md 9.4).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class BundleTests(PostgresCluster postgres)
{
    [Fact]
    public async Task A_family_goes_out_and_comes_back_under_new_ids_without_secrets_cards_or_tokens()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var parent = (await control.SendAsync("POST", "/workspaces", new { name = "parent", role = "digs", tier = 2, runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = "mol-secret-key" } })).Id;
        await control.SendAsync("POST", "/workspaces", new { name = "child", parent_id = parent });
        await control.RegisterAsync("http://localhost:1", parent);

        var bundle = (await control.SendAsync("GET", $"/bundles/export/{parent}")).Body;
        Assert.DoesNotContain("mol-secret-key", bundle, StringComparison.Ordinal);
        await control.SendAsync("DELETE", $"/workspaces/{parent}?confirm=true");
        Assert.Equal("bundle not found", (await control.SendAsync("GET", $"/bundles/export/{parent}"))["error"]);
        var imported = await control.SendAsync("POST", "/bundles/import", bundle);

        Assert.Equal((201, "provisioning", "parent"), (imported.Status, imported["status"], imported["name"]));
        var listed = (await control.SendAsync("GET", "/workspaces")).Json.EnumerateArray().ToArray();
        Assert.Equal(
            [("child", "claude-code", imported["workspace_id"], "null"), ("parent", "codex", "null", "null")],
            listed.Select(static w => (w.GetProperty("name").GetString()!, w.GetProperty("runtime").GetString()!, Raw(w, "parent_id"), Raw(w, "agent_card"))).Order());
        Assert.NotEqual(parent.ToString(), imported["workspace_id"]);
        Assert.Equal(0, await control.ScalarAsync<int>("SELECT count(*) FROM workspace_auth_tokens WHERE revoked_at IS NULL"));
        Assert.Equal(parent.ToString(), await control.ScalarAsync<string>("SELECT source_bundle_id FROM workspaces WHERE id = @id::uuid", new { id = imported["workspace_id"] }));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":"a","sub_workspaces":[{"name":"b\nc"}]}""")]
    [InlineData("""{"name":"a","sub_workspaces":[null]}""")]
    public async Task A_bundle_with_a_fault_anywhere_creates_nothing(string bundle)
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);

        Assert.Equal((400, """{"error":"invalid bundle"}"""), await Of(control.SendAsync("POST", "/bundles/import", bundle)));

        Assert.Equal("[]", (await control.SendAsync("GET", "/workspaces")).Body);
    }

    private static string Raw(System.Text.Json.JsonElement item, string name) => item.GetProperty(name) is { ValueKind: not System.Text.Json.JsonValueKind.Null } value ? value.ToString() : "null";

    private static async Task<(int Status, string Body)> Of(Task<Answer> sent)
    {
        var answer = await sent;
        return (answer.Status, answer.Body);
    }
}

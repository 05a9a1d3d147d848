namespace Molecule.Tests.ControlPlane;

/// <summary>AdminAuth, branch by branch in its order (spec/control-plane.md 2.3).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class AdminAuthTests(PostgresCluster postgres)
{
    [Fact]
    public async Task Without_an_admin_token_the_door_is_open_until_the_first_workspace_token_and_then_each_of_them_opens_it()
    {
        await using var control = await StartAsync(null, "staging");
        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: "")).Status);
        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: "anything")).Status);
        var (id, token) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal((401, "admin auth required"), await TryAsync(control, ""));
        Assert.Equal((401, "invalid admin auth token"), await TryAsync(control, "wrong"));
        Assert.Equal((200, ""), await TryAsync(control, token));

        // With the last workspace the last live token goes (4.6).
        Assert.Equal(200, (await control.SendAsync("DELETE", $"/workspaces/{id}", bearer: token)).Status);
        Assert.Equal((200, ""), await TryAsync(control, ""));
    }

    [Fact]
    public async Task With_an_admin_token_no_workspace_token_opens_it_and_an_org_token_does()
    {
        await using var control = await StartAsync(RunningControlPlane.AdminToken, "staging");
        var (_, token) = await control.RegisterAsync("http://localhost:1");
        var org = (await control.SendAsync("POST", "/org/tokens"))["auth_token"];

        Assert.Equal((401, "admin auth required"), await TryAsync(control, ""));
        Assert.Equal((401, "invalid admin auth token"), await TryAsync(control, token));
        Assert.Equal((200, ""), await TryAsync(control, RunningControlPlane.AdminToken));
        Assert.Equal((200, ""), await TryAsync(control, org));
    }

    [Theory]
    [InlineData("development", 200)]
    [InlineData("Dev", 200)]
    [InlineData("staging", 401)]
    public async Task Development_without_an_admin_token_stands_open_and_a_wrong_workspace_bearer_is_still_wrong(string environment, int status)
    {
        await using var control = await StartAsync(null, environment);
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal(status, (await control.SendAsync("GET", "/workspaces", bearer: "")).Status);
        Assert.Equal(status, (await control.SendAsync("GET", $"/workspaces/{id}/activity", bearer: "")).Status);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/activity", bearer: "wrong")).Status);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: "")).Status);
    }

    [Fact]
    public async Task A_scheme_in_another_case_is_no_bearer()
    {
        await using var control = await StartAsync(RunningControlPlane.AdminToken, "staging");

        Assert.Equal("admin auth required", (await control.SendAsync("GET", "/workspaces", bearer: "", headers: ("Authorization", $"bearer {RunningControlPlane.AdminToken}")))["error"]);
    }

    [Fact]
    public async Task A_database_that_fails_is_503_with_its_code()
    {
        await using var control = await StartAsync(null, "staging");
        await control.ExecuteAsync("ALTER TABLE workspace_auth_tokens RENAME TO gone");

        foreach (var path in new[] { "/workspaces", $"/workspaces/{Guid.NewGuid()}/activity" })
        {
            var answer = await control.SendAsync("GET", path, bearer: "x");
            Assert.Equal((503, """{"code":"platform_unavailable","error":"platform datastore unavailable — retry shortly"}"""), (answer.Status, answer.Body));
        }
    }

    private Task<RunningControlPlane> StartAsync(string? adminToken, string environment) =>
        RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["ADMIN_TOKEN"] = adminToken, ["MOLECULE_ENV"] = environment });

    private static async Task<(int Status, string Error)> TryAsync(RunningControlPlane control, string bearer)
    {
        var answer = await control.SendAsync("GET", "/workspaces", bearer: bearer);
        return (answer.Status, answer.Status == 200 ? "" : answer["error"]);
    }
}

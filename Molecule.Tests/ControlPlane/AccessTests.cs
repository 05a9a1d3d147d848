namespace Molecule.Tests.ControlPlane;

/// <summary>Who gets in where (spec/control-plane.md 2.2, 2.3).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class AccessTests(PostgresCluster postgres)
{
    private const string MissingAdmin = "401 admin auth required";
    private const string WrongAdmin = "401 invalid admin auth token";
    private const string Missing = "401 missing workspace auth token";
    private const string Wrong = "401 invalid workspace auth token";

    private static readonly string[] Bearers = ["none", "wrong", "admin", "own", "other", "revoked"];

    // One row a route: what each bearer gets.
    private static readonly (string Method, string Path, string?[] Expected)[] Matrix =
    [
        ("GET", "/workspaces", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("POST", "/workspaces", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("DELETE", "/workspaces/00000000-0000-4000-8000-000000000000", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("GET", "/admin/llm/journal", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("GET", "/workspaces/ID", [null, null, null, null, null, null]),
        ("GET", "/health", [null, null, null, null, null, null]),
        ("GET", "/workspaces/ID/activity", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("GET", "/workspaces/ID/secrets", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("PUT", "/workspaces/ID/secrets", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("POST", "/workspaces/ID/secrets", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("DELETE", "/workspaces/ID/secrets/NAME", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("GET", "/workspaces/ID/secrets/values", [Missing, Wrong, Wrong, null, Wrong, Wrong]),
        ("GET", "/workspaces/ID/state", [Missing, Wrong, Wrong, null, Wrong, Wrong]),
        ("PATCH", "/workspaces/ID", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("GET", "/workspaces/ID/config", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("GET", "/workspaces/ID/tokens", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("GET", "/workspaces/ID/model", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("POST", "/workspaces/ID/restart", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("POST", "/workspaces/ID/notify", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("GET", "/workspaces/ID/budget", [Missing, Wrong, null, null, Wrong, Wrong]),
        ("PATCH", "/workspaces/ID/budget", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("GET", "/events", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("GET", "/org/tokens", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("GET", "/settings/secrets", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
        ("POST", "/admin/a2a-queue/drop-stale", [MissingAdmin, WrongAdmin, null, WrongAdmin, WrongAdmin, WrongAdmin]),
    ];

    [Fact]
    public async Task Each_route_opens_to_the_bearers_of_its_rule_and_to_no_other()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, own) = await control.RegisterAsync("http://localhost:1");
        var (_, other) = await control.RegisterAsync("http://localhost:2");
        var revoked = await RevokedTokenAsync(control);
        var tokens = new Dictionary<string, string> { ["none"] = "", ["wrong"] = "wrong", ["admin"] = RunningControlPlane.AdminToken, ["own"] = own, ["other"] = other, ["revoked"] = revoked };

        foreach (var (method, path, expected) in Matrix)
        {
            foreach (var (bearer, refusal) in Bearers.Zip(expected))
            {
                var answer = await control.SendAsync(method, path.Replace("ID", id.ToString(), StringComparison.Ordinal), method is "POST" or "PUT" ? "{}" : null, tokens[bearer]);
                var seen = answer.Status == 401 ? $"401 {answer["error"]}" : null;

                Assert.Equal((method, path, bearer, refusal), (method, path, bearer, seen));
            }
        }
    }

    [Fact]
    public async Task Development_without_an_admin_token_opens_all_but_the_own_gates_and_a_wrong_bearer_stays_wrong()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["ADMIN_TOKEN"] = null });
        var (id, own) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: "")).Status);
        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: "wrong")).Status);
        Assert.Equal(200, (await control.SendAsync("GET", $"/workspaces/{id}/activity", bearer: "")).Status);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/activity", bearer: "wrong")).Status);
        Assert.Equal(401, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: "")).Status);
        Assert.Equal(200, (await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: own)).Status);
    }

    [Fact]
    public async Task Without_an_admin_token_the_first_live_workspace_token_closes_the_admin_routes()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["ADMIN_TOKEN"] = null, ["MOLECULE_ENV"] = "staging" });
        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: "")).Status);

        var (id, token) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal("admin auth required", (await control.SendAsync("GET", "/workspaces", bearer: ""))["error"]);
        Assert.Equal("invalid admin auth token", (await control.SendAsync("GET", "/workspaces", bearer: "wrong"))["error"]);
        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: token)).Status);

        // Deleting the last workspace opens the door again (4.6).
        Assert.Equal(200, (await control.SendAsync("DELETE", $"/workspaces/{id}", bearer: token)).Status);
        Assert.Equal(200, (await control.SendAsync("GET", "/workspaces", bearer: "")).Status);
    }

    [Fact]
    public async Task Register_and_heartbeat_ask_for_the_workspace_s_own_token_once_it_has_one()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, own) = await control.RegisterAsync("http://localhost:1");
        var (_, other) = await control.RegisterAsync("http://localhost:2");
        var body = new { id, url = "http://localhost:1", agent_card = new { name = "agent" } };

        foreach (var (bearer, expected) in new[] { ("", Missing), (other, Wrong), (RunningControlPlane.AdminToken, Wrong), (own, null) })
        {
            foreach (var (path, sent) in new (string, object)[] { ("/registry/register", body), ("/registry/heartbeat", new { workspace_id = id }) })
            {
                var answer = await control.SendAsync("POST", path, sent, bearer);

                Assert.Equal((path, expected), (path, answer.Status == 401 ? $"401 {answer["error"]}" : null));
            }
        }
    }

    [Fact]
    public async Task A_token_is_43_characters_told_once_and_kept_as_its_hash_alone()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync("http://localhost:1");

        Assert.Matches("^[A-Za-z0-9_-]{43}$", token);
        var again = await control.SendAsync("POST", "/registry/register", new { id, url = "http://localhost:1", agent_card = new { name = "agent" } }, token);
        Assert.Equal("""{"status":"registered"}""", again.Body);
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token))) + " " + token[..8],
            await control.ScalarAsync<string>("SELECT encode(token_hash, 'hex') || ' ' || prefix FROM workspace_auth_tokens"));
        Assert.DoesNotContain(token, control.Log.Text, StringComparison.Ordinal);
    }

    private static async Task<string> RevokedTokenAsync(RunningControlPlane control)
    {
        var (id, token) = await control.RegisterAsync("http://localhost:3");
        Assert.Equal(200, (await control.SendAsync("DELETE", $"/workspaces/{id}")).Status);
        return token;
    }
}

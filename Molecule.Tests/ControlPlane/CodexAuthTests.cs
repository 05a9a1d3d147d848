using System.Text;
using System.Text.Json;

namespace Molecule.Tests.ControlPlane;

/// <summary>The platform refreshes a ChatGPT login before a workspace starts with it (spec/runtimes-and-providers.md 2.2): once, and stored before it is used.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class CodexAuthTests(PostgresCluster postgres)
{
    private static readonly DateTimeOffset Soon = DateTimeOffset.UtcNow.AddMinutes(4);
    private static readonly DateTimeOffset Late = DateTimeOffset.UtcNow.AddHours(8);

    [Fact]
    public async Task A_login_that_runs_out_is_refreshed_once_stored_and_handed_to_the_workspace_and_to_its_restart()
    {
        await using var scene = await Scene.StartAsync(postgres);
        scene.Vendor.Answer(JsonSerializer.Serialize(new { access_token = Jwt(Late, "new"), id_token = "id-new", refresh_token = "rt-new" }));

        var id = await scene.CreateAsync(Login(Soon, "rt-old"));
        var first = await scene.ProvisionedAsync(1);
        Assert.Equal(200, (await scene.Control.SendAsync("POST", $"/workspaces/{id}/restart")).Status);
        var second = await scene.ProvisionedAsync(2);

        var call = Assert.Single(scene.Vendor.Calls);
        Assert.Equal("POST /oauth/token", call.Line);
        var asked = JsonElement.Parse(call.Body);
        Assert.Equal(("refresh_token", "rt-old"), (asked.GetProperty("grant_type").GetString(), asked.GetProperty("refresh_token").GetString()));
        Assert.Equal("rt-new", RefreshTokenOf(first));
        Assert.Equal(first, second);
        Assert.Equal(Jwt(Late, "new"), JsonElement.Parse(first).GetProperty("tokens").GetProperty("access_token").GetString());
        Assert.Equal("acct-1", JsonElement.Parse(first).GetProperty("tokens").GetProperty("account_id").GetString());
    }

    [Fact]
    public async Task Two_workspaces_of_one_global_login_use_its_refresh_token_once()
    {
        await using var scene = await Scene.StartAsync(postgres);
        scene.Vendor.Answer(JsonSerializer.Serialize(new { access_token = Jwt(Late, "new"), id_token = "id-new", refresh_token = "rt-new" }));
        Assert.Equal(200, (await scene.Control.SendAsync("POST", "/settings/secrets", new { key = "CODEX_AUTH_JSON", value = Login(Soon, "rt-old") })).Status);

        await Task.WhenAll(scene.CreateAsync(null), scene.CreateAsync(null), scene.CreateAsync(null));
        await scene.ProvisionedAsync(3);

        Assert.Single(scene.Vendor.Calls);
        Assert.All(scene.Node.Provisioned, static request => Assert.Equal("rt-new", RefreshTokenOf(request.Env["CODEX_AUTH_JSON"])));
    }

    [Fact]
    public async Task A_login_that_holds_is_left_alone()
    {
        await using var scene = await Scene.StartAsync(postgres);

        await scene.CreateAsync(Login(Late, "rt-old"));

        Assert.Equal(Login(Late, "rt-old"), await scene.ProvisionedAsync(1));
        Assert.Empty(scene.Vendor.Calls);
    }

    [Fact]
    public async Task A_control_plane_that_does_not_own_the_refresh_leaves_it_to_codex()
    {
        await using var scene = await Scene.StartAsync(postgres, owner: "0");

        await scene.CreateAsync(Login(Soon, "rt-old"));

        Assert.Equal("rt-old", RefreshTokenOf(await scene.ProvisionedAsync(1)));
        Assert.Empty(scene.Vendor.Calls);
    }

    [Theory]
    [InlineData(401, """{"error":{"code":"refresh_token_reused"}}""", "was refused with 401 (refresh_token_reused): log in to ChatGPT anew")]
    [InlineData(500, "<html>", "failed: ")]
    [InlineData(200, """{"access_token":"a"}""", "answered without tokens")]
    public async Task A_refused_refresh_fails_the_start_in_words_and_keeps_the_login(int status, string body, string said)
    {
        await using var scene = await Scene.StartAsync(postgres);
        scene.Vendor.Answer(body, status);

        var id = await scene.CreateAsync(Login(Soon, "rt-old"));

        var row = await RunningControlPlane.UntilAsync(
            "the failed start", () => scene.Control.SendAsync("GET", $"/workspaces/{id}", bearer: ""), static answer => answer["status"] == "failed");
        var told = await scene.Control.ScalarAsync<string>("SELECT last_sample_error FROM workspaces WHERE id = @id", new { id });
        Assert.Contains(said, told, StringComparison.Ordinal);
        Assert.DoesNotContain("rt-old", told + row.Body, StringComparison.Ordinal);
        Assert.Single(scene.Vendor.Calls);
        Assert.Empty(scene.Node.Provisioned);
    }

    private static string? RefreshTokenOf(string login) => JsonElement.Parse(login).GetProperty("tokens").GetProperty("refresh_token").GetString();

    private static string Login(DateTimeOffset expires, string refresh) => JsonSerializer.Serialize(new
    {
        auth_mode = "chatgpt",
        OPENAI_API_KEY = (string?)null,
        tokens = new { id_token = "id-old", access_token = Jwt(expires, "old"), refresh_token = refresh, account_id = "acct-1" },
        last_refresh = "2026-06-01T00:00:00Z",
    });

    private static string Jwt(DateTimeOffset expires, string id) =>
        $"{Part("""{"alg":"none"}""")}.{Part(JsonSerializer.Serialize(new { jti = id, exp = expires.ToUnixTimeSeconds() }))}.c2ln";

    private static string Part(string json) => Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private sealed record Scene(RunningControlPlane Control, FakeNode Node, FakeVendor Vendor) : IAsyncDisposable
    {
        public static async Task<Scene> StartAsync(PostgresCluster postgres, string owner = "1")
        {
            var node = await FakeNode.StartAsync();
            var vendor = await FakeVendor.StartAsync();
            var settings = new Dictionary<string, string?> { ["CODEX_AUTH_REFRESH_OWNER"] = owner, ["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = vendor.Url + "/oauth/token" };
            return new Scene(await RunningControlPlane.StartAsync(postgres, node, settings), node, vendor);
        }

        public async Task<Guid> CreateAsync(string? login)
        {
            var secrets = login is null ? null : new { CODEX_AUTH_JSON = login };
            var created = await Control.SendAsync("POST", "/workspaces", new { name = "a", runtime = "codex", model = "gpt-5.5", secrets });
            Assert.Equal((201, "openai-subscription"), (created.Status, created["provider"]));
            return created.Id;
        }

        /// <summary>The login that the workspace of the n-th start was given.</summary>
        public async Task<string> ProvisionedAsync(int count)
        {
            await RunningControlPlane.UntilAsync("the provision calls", () => Task.FromResult(Node.Provisioned.Count), n => n == count);
            return Node.Provisioned.Last().Env["CODEX_AUTH_JSON"];
        }

        public async ValueTask DisposeAsync()
        {
            await Control.DisposeAsync();
            await Node.DisposeAsync();
            await Vendor.DisposeAsync();
        }
    }
}

using System.Text;
using Molecule.ControlPlane.Secrets;

namespace Molecule.Tests.ControlPlane;

/// <summary>Secrets (spec/control-plane.md 3.7, 9.1).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class SecretTests(PostgresCluster postgres, SharedControlPlane shared) : IClassFixture<SharedControlPlane>
{
    private const string Value = "s3cret-välue <&> 🙂";

    [Fact]
    public async Task A_secret_comes_back_by_one_route_alone_and_stands_in_no_other_answer_row_or_log_line()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync("http://localhost:1");

        var saved = await control.SendAsync("PUT", $"/workspaces/{id}/secrets", new { key = "API_KEY", value = "first" });
        Assert.Equal("""{"key":"API_KEY","status":"saved"}""", saved.Body);
        await control.SendAsync("POST", $"/workspaces/{id}/secrets", new { key = "API_KEY", value = Value });
        await control.ExecuteAsync("INSERT INTO global_secrets (key, encrypted_value) VALUES ('API_KEY', 'below'), ('SHARED', 'global')");

        var values = await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: token);
        Assert.Equal((Value, "global"), (values["API_KEY"], values["SHARED"]));

        var list = await control.SendAsync("GET", $"/workspaces/{id}/secrets", bearer: token);
        Assert.Equal(
            ["API_KEY workspace true", "SHARED global true"],
            list.Json.EnumerateArray().Select(static key => $"{key.GetProperty("key")} {key.GetProperty("scope")} {key.GetProperty("has_value").GetRawText()}"));
        foreach (var text in new[] { saved.Body, list.Body, control.Log.Text, (await control.SendAsync("GET", "/workspaces")).Body, (await control.SendAsync("GET", $"/workspaces/{id}/activity")).Body })
        {
            Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
        }

        var stored = await control.ScalarAsync<byte[]>("SELECT encrypted_value FROM workspace_secrets WHERE encryption_version = 1");
        Assert.Equal(12 + Encoding.UTF8.GetByteCount(Value) + 16, stored.Length);
        Assert.Equal(-1, stored.AsSpan().IndexOf("s3cret"u8));
    }

    [Fact]
    public async Task A_deleted_secret_is_gone_and_deleting_it_again_is_404()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, _) = await control.RegisterAsync("http://localhost:1");
        await control.SendAsync("PUT", $"/workspaces/{id}/secrets", new { key = "K", value = "v" });

        Assert.Equal("""{"key":"K","status":"deleted"}""", (await control.SendAsync("DELETE", $"/workspaces/{id}/secrets/K")).Body);
        Assert.Equal("[]", (await control.SendAsync("GET", $"/workspaces/{id}/secrets")).Body);
        var again = await control.SendAsync("DELETE", $"/workspaces/{id}/secrets/K");
        Assert.Equal((404, "secret not found"), (again.Status, again["error"]));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"key":"K"}""")]
    [InlineData("""{"key":"","value":"v"}""")]
    [InlineData("""{"key":"A=B","value":"v"}""")]
    [InlineData("")]
    public async Task A_secret_without_a_usable_key_or_a_value_is_refused(string body)
    {
        var control = shared.Control;
        var (id, _) = await control.RegisterAsync("http://localhost:1");

        Assert.Equal(400, (await control.SendAsync("PUT", $"/workspaces/{id}/secrets", body)).Status);
    }

    [Fact]
    public async Task A_value_that_cannot_be_read_is_named_and_no_value_is_told()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres);
        var (id, token) = await control.RegisterAsync("http://localhost:1");
        await control.SendAsync("PUT", $"/workspaces/{id}/secrets", new { key = "GOOD", value = "readable" });
        await control.SendAsync("PUT", $"/workspaces/{id}/secrets", new { key = "BAD", value = "unreadable" });
        await control.ExecuteAsync("UPDATE workspace_secrets SET encrypted_value = set_byte(encrypted_value, 14, get_byte(encrypted_value, 14) # 1) WHERE key = 'BAD'");

        var answer = await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: token);

        Assert.Equal((500, """["BAD"]"""), (answer.Status, answer["failed_keys"]));
        Assert.DoesNotContain("readable", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_changed_secret_restarts_the_workspace_with_it()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node);
        var created = await control.SendAsync("POST", "/workspaces", new { name = "a", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = "old" } });
        Assert.Equal("i-1", await control.InstanceAsync(created.Id));
        await control.RegisterAsync("http://localhost:1", created.Id);

        await control.SendAsync("PUT", $"/workspaces/{created.Id}/secrets", new { key = "OPENAI_API_KEY", value = "new" });

        Assert.Equal("provisioning", (await control.SendAsync("GET", $"/workspaces/{created.Id}", bearer: ""))["status"]);
        Assert.Equal("i-2", await control.InstanceAsync(created.Id, "i-1"));
        Assert.Equal(["old", "new"], node.Provisioned.Select(static request => request.Env["OPENAI_API_KEY"]));
        Assert.Equal([$"{created.Id} i-1"], node.Stopped);

        // The new incarnation holds no token: it registers like the first one.
        await control.RegisterAsync("http://localhost:1", created.Id);
    }

    [Fact]
    public void What_one_key_wrote_another_cannot_read_and_no_two_writings_are_alike()
    {
        var cipher = new SecretCipher(Key(1));
        var (stored, version) = cipher.Encrypt("value");

        Assert.Equal((1, "value"), (version, cipher.Decrypt(stored, version)));
        Assert.NotEqual(stored, cipher.Encrypt("value").Stored);
        Assert.Null(new SecretCipher(Key(2)).Decrypt(stored, version));
        Assert.Null(new SecretCipher(Key(null)).Decrypt(stored, version));
        Assert.Null(cipher.Decrypt(stored[..20], version));

        var (plain, zero) = new SecretCipher(Key(null)).Encrypt("value");
        Assert.Equal((0, "value"), (zero, cipher.Decrypt(plain, zero)));
    }

    private static Molecule.ControlPlane.Settings Key(byte? fill) => new(
        "", null, "", fill is { } value ? [.. Enumerable.Repeat(value, 32)] : null, null, null, null, "", "", System.Collections.Immutable.ImmutableDictionary<string, Molecule.ControlPlane.VendorSettings>.Empty, null, 600, [], false, false, TimeSpan.Zero, null, TimeSpan.Zero, TimeSpan.Zero);
}

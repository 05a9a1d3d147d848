using System.Text.Json;
using Molecule.Aws;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Provisioning;
using Molecule.ControlPlane;
using Molecule.ControlPlane.Secrets.Managed;
using Molecule.Tests.ProviderFakes.Aws;
using Molecule.Workspace.Secrets;

namespace Molecule.Tests.ControlPlane;

/// <summary>Secrets that go to the secrets manager (docs/decisions/0025): the real control plane against the emulated account.</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class ManagedSecretsTests(PostgresCluster postgres, EmulatedAccount account) : IClassFixture<EmulatedAccount>
{
    private const string TooLarge = "secret 'OPENAI_API_KEY' has 65537 bytes and the secrets manager takes 65536 at most: shorten it, or give the workspace MOLECULE_SECRETS_DELIVERY=environment";
    private const string Value = "mol-first-value-of-the-key";

    [Fact]
    public async Task A_secret_is_written_by_an_identity_that_cannot_read_and_read_by_the_workspace_s_role()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);

        var id = await CreateAsync(control);

        var request = await ProvisionedAsync(node, 1);
        Assert.DoesNotContain(Value, JsonSerializer.Serialize(request), StringComparison.Ordinal);
        Assert.DoesNotContain("OPENAI_API_KEY", request.Env.Keys);
        Assert.Equal("openai-switch", request.Env["MOLECULE_TEST_SWITCH"]);
        var grant = Grant(request);
        Assert.Equal(("OPENAI_API_KEY", $"molecule/workspaces/{id}/OPENAI_API_KEY"), Assert.Single(grant.Variables) switch { var pair => (pair.Key, pair.Value) });
        Assert.Equal(Value, (await ReadAsync(grant)).Values["OPENAI_API_KEY"]);
        Assert.Equal(-1, (await control.ScalarAsync<byte[]>("SELECT encrypted_value FROM workspace_secrets WHERE key = 'OPENAI_API_KEY'")).AsSpan().IndexOf("mol-first"u8));
        Assert.DoesNotContain(Value, control.Log.Text, StringComparison.Ordinal);

        var writer = new AwsCredentials(EmulatedAccount.Writer.Id, EmulatedAccount.Writer.Secret);
        var refusal = await Assert.ThrowsAsync<AwsException>(() => Manager().ReadAsync(writer, grant.Variables["OPENAI_API_KEY"], TestContext.Current.CancellationToken));
        Assert.Equal("AccessDeniedException", refusal.Code);
        var mine = (await account.TrailAsync()).Where(c => c.Resource.Contains(id.ToString(), StringComparison.Ordinal)).ToList();
        Assert.Equal(["arn:aws:iam::123456789012:user/molecule-writer"], mine.Where(static c => c.Action is "secretsmanager:CreateSecret").Select(static c => c.Caller));
        Assert.Equal([$"arn:aws:sts::123456789012:assumed-role/workspace-{id}/workspace"], mine.Where(static c => c is { Action: "secretsmanager:GetSecretValue", Error: null }).Select(static c => c.Caller));
    }

    [Fact]
    public async Task A_workspace_reads_no_other_workspace_s_secret_and_assumes_no_other_workspace_s_role()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);
        await CreateAsync(control);
        await CreateAsync(control);
        var (mine, other) = (Grant(await ProvisionedAsync(node, 1)), Grant(await ProvisionedAsync(node, 2)));

        var read = await Assert.ThrowsAsync<AwsException>(() => ReadAsync(mine with { Variables = other.Variables }));
        var assumed = await Assert.ThrowsAsync<AwsException>(() => ReadAsync(mine with { Role = other.Role, Variables = other.Variables }));

        Assert.Equal("AccessDeniedException", read.Code);
        Assert.Equal("AccessDenied", assumed.Code);
        Assert.Equal(Value, (await ReadAsync(other)).Values["OPENAI_API_KEY"]);
    }

    [Fact]
    public async Task A_changed_secret_is_a_new_version_and_a_deleted_one_is_gone_at_the_manager_too()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);
        var id = await CreateAsync(control);
        var grant = Grant(await ProvisionedAsync(node, 1));
        var before = await ReadAsync(grant);

        Assert.Equal(200, (await control.SendAsync("PUT", $"/workspaces/{id}/secrets", new { key = "OPENAI_API_KEY", value = "mol-second" })).Status);
        var after = await ReadAsync(grant);
        Assert.Equal("mol-second", after.Values["OPENAI_API_KEY"]);
        Assert.NotEqual(before.Versions["OPENAI_API_KEY"], after.Versions["OPENAI_API_KEY"]);

        Assert.Equal(200, (await control.SendAsync("DELETE", $"/workspaces/{id}/secrets/OPENAI_API_KEY")).Status);
        Assert.Equal("ResourceNotFoundException", (await Assert.ThrowsAsync<AwsException>(() => ReadAsync(grant))).Code);
    }

    [Fact]
    public async Task A_deleted_workspace_leaves_neither_secret_nor_role()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);
        var id = await CreateAsync(control);
        var grant = Grant(await ProvisionedAsync(node, 1));

        Assert.Equal(200, (await control.SendAsync("DELETE", $"/workspaces/{id}")).Status);

        Assert.Equal("AccessDenied", (await Assert.ThrowsAsync<AwsException>(() => ReadAsync(grant))).Code);
        Assert.Contains(await account.TrailAsync(), c => c is { Action: "secretsmanager:DeleteSecret", Error: null } && c.Resource.Contains(id.ToString(), StringComparison.Ordinal));
        Assert.Contains(await account.TrailAsync(), c => c is { Action: "iam:DeleteRole", Error: null } && c.Resource.EndsWith($"workspace-{id}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_the_manager_down_nothing_is_created_or_changed_and_the_answer_says_why()
    {
        await using var own = new EmulatedAccount();
        await own.InitializeAsync();
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node, Settings(own));
        var id = await CreateAsync(control);
        await own.SetDownAsync(true);

        var created = await control.SendAsync("POST", "/workspaces", Body());
        var saved = await control.SendAsync("PUT", $"/workspaces/{id}/secrets", new { key = "OPENAI_API_KEY", value = "mol-second" });
        var deleted = await control.SendAsync("DELETE", $"/workspaces/{id}/secrets/OPENAI_API_KEY");

        Assert.Equal((503, 503, 503), (created.Status, saved.Status, deleted.Status));
        Assert.StartsWith("the secrets manager did not do it: iam at ", created["error"], StringComparison.Ordinal);
        Assert.Equal(1, await control.ScalarAsync<int>("SELECT count(*)::int FROM workspaces"));
        await own.SetDownAsync(false);
        Assert.Equal(Value, (await ReadAsync(Grant(await ProvisionedAsync(node, 1)))).Values["OPENAI_API_KEY"]);
    }

    [Fact]
    public async Task A_value_that_the_manager_does_not_take_leaves_nothing_behind_and_one_of_64_KiB_comes_back_whole()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);
        var whole = new string('"', 30_000) + new string('\n', 30_000) + new string('\'', 5_536);

        var refused = await control.SendAsync("POST", "/workspaces", Body(whole + "x"));
        Assert.Equal((400, TooLarge), (refused.Status, refused["error"]));
        Assert.Equal(0, await control.ScalarAsync<int>("SELECT count(*)::int FROM workspaces"));

        var id = await CreateAsync(control, whole);
        var grant = Grant(await ProvisionedAsync(node, 1));
        Assert.Equal(whole, (await ReadAsync(grant)).Values["OPENAI_API_KEY"]);
        var calls = await WritesAsync();
        Assert.NotEqual(0, calls);

        var replaced = await control.SendAsync("PUT", $"/workspaces/{id}/secrets", new { key = "OPENAI_API_KEY", value = whole + "x" });

        // Nobody was asked, nothing is changed, and nothing restarts.
        Assert.Equal((400, TooLarge), (replaced.Status, replaced["error"]));
        Assert.Equal(calls, await WritesAsync());
        Assert.Equal(whole, (await ReadAsync(grant)).Values["OPENAI_API_KEY"]);

        // The control plane's own, about this workspace.
        async Task<int> WritesAsync() => (await account.TrailAsync()).Count(c => c.Caller.EndsWith("user/molecule-writer", StringComparison.Ordinal) && c.Resource.Contains(id.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_value_that_the_manager_does_not_take_stays_welcome_where_the_environment_carries_it()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);
        var created = await control.SendAsync(
            "POST", "/workspaces", new { name = "cell", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = new string('x', 65_537), MOLECULE_SECRETS_DELIVERY = "environment" } });

        Assert.Equal(201, created.Status);
        Assert.Equal(65_537, (await ProvisionedAsync(node, 1)).Env["OPENAI_API_KEY"].Length);
    }

    [Fact]
    public async Task The_control_plane_tells_no_held_value_and_names_it()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);
        var id = await CreateAsync(control);
        var (_, token) = await control.RegisterAsync("http://localhost:1", id);

        var answer = await control.SendAsync("GET", $"/workspaces/{id}/secrets/values", bearer: token);

        Assert.Equal((500, """["OPENAI_API_KEY"]"""), (answer.Status, answer["failed_keys"]));
        Assert.Contains((await control.SendAsync("GET", $"/workspaces/{id}/secrets", bearer: token)).Json.EnumerateArray(), static key => key.GetProperty("key").GetString() == "OPENAI_API_KEY");
    }

    [Fact]
    public async Task Without_a_wish_the_setting_decides_and_a_workspace_s_wish_beats_it()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await RunningControlPlane.StartAsync(postgres, node, new Dictionary<string, string?>(Settings(account)) { ["Molecule:Secrets:Delivery"] = "manager" });
        await control.SendAsync("POST", "/workspaces", new { name = "cell", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = Value } });
        await control.SendAsync("POST", "/workspaces", new { name = "cell", runtime = "codex", model = "gpt-5.5", secrets = new { OPENAI_API_KEY = Value, MOLECULE_SECRETS_DELIVERY = "environment" } });

        Assert.DoesNotContain("OPENAI_API_KEY", (await ProvisionedAsync(node, 1)).Env.Keys);
        Assert.Equal(Value, (await ProvisionedAsync(node, 2)).Env["OPENAI_API_KEY"]);
    }

    [Fact]
    public async Task A_key_that_its_arm_moves_to_another_variable_is_delivered_there()
    {
        await using var node = await FakeNode.StartAsync();
        await using var control = await StartAsync(node);
        var created = await control.SendAsync(
            "POST", "/workspaces", new { name = "cell", runtime = "claude-code", model = "kimi-for-coding", secrets = new { KIMI_API_KEY = Value, MOLECULE_SECRETS_DELIVERY = "manager" } });
        Assert.True(created.Status == 201, created.Body);

        var grant = Grant(await ProvisionedAsync(node, 1));

        Assert.Equal(Value, (await ReadAsync(grant)).Values["ANTHROPIC_API_KEY"]);
    }

    [Theory]
    [InlineData("Delivery", "somewhere", "Molecule__Secrets__Delivery is neither environment nor manager")]
    [InlineData("Account", "12", "Molecule__Secrets__Account is no AWS account")]
    [InlineData("Origin", "nowhere", "Molecule__Secrets__Origin is no http or https URL")]
    [InlineData("WriterSecretAccessKey", null, "Molecule__Secrets__WriterSecretAccessKey is not set")]
    [InlineData("ReaderAccessKeyId", "AKIAWRITER0000000000", "Molecule__Secrets__ReaderAccessKeyId is the writer's as well")]
    public async Task A_wrong_setting_is_named_at_the_start(string name, string? value, string problem)
    {
        var settings = new Dictionary<string, string?>(Settings(account)) { [$"{ManagedSettings.Section}:{name}"] = value };

        var e = await Assert.ThrowsAsync<SettingsException>(() => RunningControlPlane.StartAsync("Host=localhost", settings: settings));

        Assert.StartsWith(problem, e.Message, StringComparison.Ordinal);
    }

    private static object Body(string value = Value) => new
    {
        name = "cell",
        runtime = "codex",
        model = "gpt-5.5",
        secrets = new { OPENAI_API_KEY = value, MOLECULE_TEST_SWITCH = "openai-switch", MOLECULE_SECRETS_DELIVERY = "manager" },
    };

    private static Dictionary<string, string?> Settings(EmulatedAccount account) => new()
    {
        ["Molecule:Secrets:Account"] = "123456789012",
        ["Molecule:Secrets:Origin"] = account.Address.AbsoluteUri,
        ["Molecule:Secrets:WriterAccessKeyId"] = EmulatedAccount.Writer.Id,
        ["Molecule:Secrets:WriterSecretAccessKey"] = EmulatedAccount.Writer.Secret,
        ["Molecule:Secrets:ReaderAccessKeyId"] = EmulatedAccount.Reader.Id,
        ["Molecule:Secrets:ReaderSecretAccessKey"] = EmulatedAccount.Reader.Secret,
        ["Molecule:Secrets:ReaderArn"] = "arn:aws:iam::123456789012:user/molecule-reader",
    };

    private Task<RunningControlPlane> StartAsync(FakeNode node) => RunningControlPlane.StartAsync(postgres, node, Settings(account));

    private static async Task<Guid> CreateAsync(RunningControlPlane control, string value = Value)
    {
        var created = await control.SendAsync("POST", "/workspaces", Body(value));
        Assert.True(created.Status == 201, created.Body);
        return created.Id;
    }

    private static async Task<ProvisionRequest> ProvisionedAsync(FakeNode node, int number) =>
        (await RunningControlPlane.UntilAsync($"provision call {number}", () => Task.FromResult(node.Provisioned.ElementAtOrDefault(number - 1)), static request => request is not null))!;

    private static SecretsGrant Grant(ProvisionRequest request) => SecretsGrant.Read(request.Env[SecretsGrant.Variable])!;

    private SecretsManager Manager() => new(new AwsEndpoint(account.Fakes.Client, "us-east-1", account.Address, TimeProvider.System));

    private static async Task<SecretsRead> ReadAsync(SecretsGrant grant)
    {
        using var http = new HttpClient();
        return await new SecretsReader(grant, new AwsEndpoint(http, grant.Region, new Uri(grant.Origin!), TimeProvider.System)).ReadAsync(TestContext.Current.CancellationToken);
    }
}

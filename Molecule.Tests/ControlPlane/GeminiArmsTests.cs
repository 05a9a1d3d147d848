using System.Collections.Immutable;
using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;
using Molecule.Contracts.Provisioning;
using Molecule.Tests.Node;
using Molecule.Tests.ProviderFakes;
using Molecule.Tests.Workspace;

namespace Molecule.Tests.ControlPlane;

/// <summary>google-adk's two arms that the control plane serves: vertex without any key, platform with the platform's own (spec/runtimes-and-providers.md 2.5, 3.6, 3.8).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class GeminiArmsTests(PostgresCluster postgres, RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string VendorKey = "mol-vendor-key-google";

    // What stands in the control plane's environment and must stay there, and what a user or an operator might have left in a workspace's.
    private static readonly string[] _platformSecrets = [VertexScene.Secret, VertexScene.AccessKey, VendorKey, VertexScene.Account, VertexScene.Audience];

    private static readonly string[] _credentialNames =
        ["GOOGLE_APPLICATION_CREDENTIALS", "GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

    [Theory]
    [InlineData("vertex:gemini-2.5-pro", false)]
    [InlineData("gemini-2.5-pro", true)]
    public async Task The_vertex_arm_is_served_by_a_minted_bearer_under_the_vendor_s_model_name(string model, bool isStreamed)
    {
        await using var scene = await StartAsync();
        var (workspace, env) = await scene.CreateAsync("vertex:gemini-2.5-pro", "vertex");
        var prompt = Calls.Prompt(Word(), Word());

        var reply = await scene.ChatAsync(env, model, prompt, isStreamed);

        Assert.Equal(200, reply.Status);
        var upstream = Assert.Single(await fakes.EntriesOfAsync("upstream-vertex"), e => e.Prompt == prompt);
        Assert.Equal(("/v1beta1/projects/mol-project/locations/us-central1/endpoints/openapi/chat/completions", "google/gemini-2.5-pro", CredentialForm.Bearer, 200, isStreamed),
            (upstream.Path, upstream.Model, upstream.Auth, upstream.Status, upstream.Stream));
        Assert.NotEqual(CredentialFingerprint.Of(env["MOLECULE_LLM_USAGE_TOKEN"]), upstream.Credential);
        Assert.DoesNotContain(await fakes.EntriesOfAsync("upstream-google"), e => e.Prompt == prompt);
        Assert.Equal(1L, await scene.Control.ScalarAsync<long>("SELECT call_count FROM workspace_token_usage WHERE workspace_id = @workspace", new { workspace }));
    }

    [Theory]
    [InlineData("platform:gemini-2.5-pro", "gemini-2.5-pro")]
    [InlineData("gemini-2.5-flash", "gemini-2.5-flash")]
    [InlineData("google/gemini-2.5-flash", "gemini-2.5-flash")]
    public async Task The_platform_arm_s_gemini_models_are_paid_with_the_platform_s_key(string model, string wireModel)
    {
        await using var scene = await StartAsync();
        var (_, env) = await scene.CreateAsync("platform:gemini-2.5-pro", "platform");
        var prompt = Calls.Prompt(Word(), Word());

        var reply = await scene.ChatAsync(env, model, prompt, isStreamed: false);

        Assert.Equal(200, reply.Status);
        var upstream = Assert.Single(await fakes.EntriesOfAsync("upstream-google"), e => e.Prompt == prompt);
        Assert.Equal(("/v1beta/openai/chat/completions", wireModel, CredentialForm.Bearer, CredentialFingerprint.Of(VendorKey)), (upstream.Path, upstream.Model, upstream.Auth, upstream.Credential));
        Assert.DoesNotContain(await fakes.EntriesOfAsync("upstream-vertex"), e => e.Prompt == prompt);
    }

    [Theory]
    [InlineData("vertex:gemini-2.5-pro", "vertex", "google/gemini-2.5-pro", "model: google/gemini-2.5-pro belongs to vendor 'google', which does not serve a workspace of arm 'vertex'")]
    [InlineData("vertex:gemini-2.5-pro", "vertex", "minimax/MiniMax-M2.7", "does not serve a workspace of arm 'vertex'")]
    [InlineData("platform:gemini-2.5-pro", "platform", "vertex:gemini-2.5-pro", "belongs to vendor 'vertex', which does not serve a workspace of arm 'platform'")]
    public async Task Another_spelling_does_not_change_who_pays(string chosen, string arm, string model, string message)
    {
        await using var scene = await StartAsync();
        var (_, env) = await scene.CreateAsync(chosen, arm);
        var prompt = Calls.Prompt(Word(), Word());

        var reply = await scene.ChatAsync(env, model, prompt, isStreamed: false);

        Assert.Equal(404, reply.Status);
        Assert.Contains(message, reply.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(await fakes.JournalAsync(), e => e.Prompt == prompt);
    }

    [Fact]
    public async Task Turns_share_a_bearer_and_the_cloud_is_asked_once()
    {
        await using var scene = await StartAsync();
        var (_, env) = await scene.CreateAsync("vertex:gemini-2.5-pro", "vertex");
        var before = (await fakes.EntriesOfAsync("cloud-google-sts")).Length;

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => scene.ChatAsync(env, "vertex:gemini-2.5-pro", "Hello", isStreamed: false)));

        Assert.All(replies, static reply => Assert.Equal(200, reply.Status));
        Assert.Equal(1, (await fakes.EntriesOfAsync("cloud-google-sts")).Length - before);
    }

    [Fact]
    public async Task A_failed_mint_is_502_with_the_cause()
    {
        await using var scene = await StartAsync(("Molecule:Vertex:AwsSecretAccessKey", "mol-another-secret"));
        var (_, env) = await scene.CreateAsync("vertex:gemini-2.5-pro", "vertex");
        var prompt = Calls.Prompt(Word(), Word());

        var reply = await scene.ChatAsync(env, "vertex:gemini-2.5-pro", prompt, isStreamed: true);

        Assert.Equal((502, "server_error"), (reply.Status, reply.Json.GetProperty("error").GetProperty("type").GetString()));
        var message = reply.Json.GetProperty("error").GetProperty("message").GetString()!;
        Assert.StartsWith("no bearer for vendor 'vertex': the token exchange was refused with 400: invalid_grant: Received invalid AWS response of type SignatureDoesNotMatch", message, StringComparison.Ordinal);
        Assert.DoesNotContain("mol-another-secret", message + scene.Control.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(await fakes.EntriesOfAsync("upstream-vertex"), e => e.Prompt == prompt);
    }

    [Fact]
    public async Task Without_a_project_the_model_is_refused_and_the_variable_named()
    {
        await using var scene = await StartAsync(("MOLECULE_VERTEX_PROJECT", null), ("MOLECULE_VERTEX_LOCATION", "europe-west4"));
        var (_, env) = await scene.CreateAsync("vertex:gemini-2.5-pro", "vertex");

        var reply = await scene.ChatAsync(env, "vertex:gemini-2.5-pro", "Hello", isStreamed: false);

        Assert.Equal(403, reply.Status);
        Assert.Contains("set MOLECULE_VERTEX_PROJECT", reply.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_location_is_the_operator_s()
    {
        await using var scene = await StartAsync(("MOLECULE_VERTEX_LOCATION", "europe-west4"));
        var (_, env) = await scene.CreateAsync("vertex:gemini-2.5-pro", "vertex");
        var prompt = Calls.Prompt(Word(), Word());

        await scene.ChatAsync(env, "vertex:gemini-2.5-pro", prompt, isStreamed: false);

        Assert.Contains("/locations/europe-west4/", Assert.Single(await fakes.EntriesOfAsync("upstream-vertex"), e => e.Prompt == prompt).Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_identity_the_vertex_arm_is_refused_at_create_and_the_platform_arm_is_not()
    {
        await using var scene = await StartAsync([.. VertexScene.Settings(fakes.Address).Keys.Where(static name => name.StartsWith("Molecule:Vertex:", StringComparison.Ordinal)).Select(static name => (name, (string?)null))]);

        var vertex = await scene.Control.SendAsync("POST", "/workspaces", new { name = "cell", runtime = "google-adk", model = "vertex:gemini-2.5-pro" });
        var platform = await scene.Control.SendAsync("POST", "/workspaces", new { name = "cell", runtime = "google-adk", model = "platform:gemini-2.5-pro" });

        Assert.Equal((422, "MISSING_PLATFORM_PROXY"), (vertex.Status, vertex["code"]));
        Assert.Equal(201, platform.Status);
    }

    [Theory]
    [InlineData("vertex:gemini-2.5-pro", "vertex")]
    [InlineData("platform:gemini-2.5-pro", "platform")]
    [UnsupportedOSPlatform("windows")]
    public async Task No_credential_of_google_s_or_aws_s_reaches_a_workspace(string model, string arm)
    {
        await using var scene = await StartAsync();
        var secrets = _credentialNames.Take(5).ToDictionary(static name => name, static name => $"mol-users-{name}");

        var (workspace, env) = await scene.CreateAsync(model, arm, secrets);

        // What the control plane sends to the node.
        Assert.Equal($"http://localhost:{new Uri(scene.Control.Url).Port}/api/v1/internal/llm/openai/v1", env["OPENAI_BASE_URL"]);
        Assert.Equal(env["MOLECULE_LLM_USAGE_TOKEN"], env["OPENAI_API_KEY"]);
        AssertNoCredential(env);

        // What a workspace below a node has, though the node's own environment holds all of them.
        var own = _credentialNames.ToDictionary(static name => name, static name => $"mol-nodes-{name}");
        own["Molecule__Vertex__AwsSecretAccessKey"] = VertexScene.Secret;
        await using var node = await RunningNode.WithScriptAsync("exec sleep 300", TestContext.Current.CancellationToken, own);
        var sent = new JsonObject([.. env.Select(static pair => KeyValuePair.Create<string, JsonNode?>(pair.Key, pair.Value))]);
        await node.ProvisionAsync(RunningNode.Request(workspace.ToString(), env: sent), TestContext.Current.CancellationToken);
        ImmutableDictionary<string, string>? whole = null;
        await Eventually.HoldsAsync(
            () => (whole = node.Carriers().Where(p => p.Key.Id != node.Program.Key.Id).Select(static p => EnvironmentOf(p.Key.Id)).FirstOrDefault(static e => e.ContainsKey("OPENAI_API_KEY"))) is not null,
            RunningControlPlane.Deadline, "a workspace process below the node carries its key");
        Assert.Equal(env["OPENAI_API_KEY"], whole!["OPENAI_API_KEY"]);
        AssertNoCredential(whole);
    }

    private static void AssertNoCredential(IReadOnlyDictionary<string, string> env)
    {
        Assert.Empty(_credentialNames.Intersect(env.Keys));
        Assert.DoesNotContain(env.Keys, static name => name.StartsWith("Molecule__Vertex", StringComparison.OrdinalIgnoreCase) || name.StartsWith("Molecule__Vendors", StringComparison.OrdinalIgnoreCase));
        Assert.All(env.Values, static value =>
        {
            Assert.All(_platformSecrets, secret => Assert.DoesNotContain(secret, value, StringComparison.Ordinal));
            Assert.DoesNotContain("mol-users-", value, StringComparison.Ordinal);
            Assert.DoesNotContain("mol-nodes-", value, StringComparison.Ordinal);
        });
    }

    private static ImmutableDictionary<string, string> EnvironmentOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ").Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Select(static pair => pair.Split('=', 2)).Where(static pair => pair.Length == 2).ToImmutableDictionary(static pair => pair[0], static pair => pair[1]);
        }
        catch (IOException)
        {
            return ImmutableDictionary<string, string>.Empty;
        }
    }

    private static string Word() => "W" + Guid.NewGuid().ToString("N")[..8].ToUpperInvariant();

    private async Task<Scene> StartAsync(params (string Name, string? Value)[] changes)
    {
        await fakes.TrustAsync();
        await fakes.AcceptAsync("upstream-google", VendorKey);
        var node = await FakeNode.StartAsync();
        var settings = VertexScene.Settings(fakes.Address, [
            ("Molecule:Vendors:google:Origin", fakes.Address.GetLeftPart(UriPartial.Authority) + "/u06"), ("Molecule:Vendors:google:Key", VendorKey),
            ("Molecule:Vendors:minimax:Key", "mol-minimax"), .. changes]);
        return new Scene(await RunningControlPlane.StartAsync(postgres, node, settings), node);
    }

    private sealed class Scene(RunningControlPlane control, FakeNode node) : IAsyncDisposable
    {
        public RunningControlPlane Control => control;

        public async Task<(Guid Workspace, IReadOnlyDictionary<string, string> Env)> CreateAsync(string model, string arm, IReadOnlyDictionary<string, string>? secrets = null)
        {
            var created = await control.SendAsync("POST", "/workspaces", new { name = "cell", runtime = "google-adk", model, secrets = secrets ?? new Dictionary<string, string>() });
            Assert.Equal((201, arm), (created.Status, created["provider"]));
            await control.InstanceAsync(created.Id);
            ProvisionRequest request = node.Provisioned.Single(r => r.WorkspaceId == created.Id.ToString());
            return (created.Id, request.Env);
        }

        public async Task<Reply> ChatAsync(IReadOnlyDictionary<string, string> env, string model, string prompt, bool isStreamed)
        {
            var call = Calls.Chat("/api/v1/internal/llm/openai/v1/chat/completions", model, prompt, Calls.Bearer(env["OPENAI_API_KEY"]));
            using var request = (isStreamed ? call : call.Change(static b => b.Remove("stream"))).ToRequest();
            using var answer = await control.OpenAsync(request, TestContext.Current.CancellationToken);
            return new Reply((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        }

        public async ValueTask DisposeAsync()
        {
            await control.DisposeAsync();
            await node.DisposeAsync();
        }
    }
}

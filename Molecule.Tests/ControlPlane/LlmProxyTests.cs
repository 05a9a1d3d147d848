using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ControlPlane;

/// <summary>The platform arm's proxy: whole answers and refusals (spec/runtimes-and-providers.md 3.1, 3.2, 3.8).</summary>
[Collection(ControlPlaneCollection.Name)]
public sealed class LlmProxyTests(PostgresCluster postgres, SharedPlatform shared) : IClassFixture<SharedPlatform>
{
    private const string MessagesAnswer =
        """{"id":"msg_1","type":"message","content":[{"type":"text","text":"B-A"}],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":2,"output_tokens":3}}""";

    private const string ChatAnswer = """{"choices":[{"index":0,"message":{"role":"assistant","content":"B-A"}}],"usage":{"prompt_tokens":17,"completion_tokens":3}}""";

    private const string ResponsesAnswer =
        """{"id":"resp_1","output":[{"type":"reasoning"},{"type":"message","content":[{"type":"output_text","text":"B-A"}]}],"usage":{"input_tokens":17,"output_tokens":3,"total_tokens":20}}""";

    public static TheoryData<string, string, string, string, string> Surfaces => new()
    {
        // path, body (all but the model must pass untouched), the vendor's request line, its answer
        {
            PlatformArm.Messages + "?beta=true", """{ "max_tokens":1, "model" : "minimax/MiniMax-M2.7","messages":[{"role":"user","content":[{"type":"text","text":"<reminder>"},{"type":"text","text":"<é 🙂>"}]}] }""",
            "POST /u03/anthropic/v1/messages?beta=true", MessagesAnswer, "authorization Bearer " + SharedPlatform.MiniMaxKey
        },
        {
            PlatformArm.Messages, """{"model":"anthropic/claude-opus-4-7","messages":[{"role":"user","content":"<é 🙂>"}]}""",
            "POST /u01/v1/messages", MessagesAnswer, "x-api-key " + SharedPlatform.AnthropicKey
        },
        {
            PlatformArm.Messages, """{"model":"claude-haiku-4-5-20251001","messages":[{"role":"user","content":"<é 🙂>"}]}""",
            "POST /u01/v1/messages", MessagesAnswer, "x-api-key " + SharedPlatform.AnthropicKey
        },
        {
            PlatformArm.Chat, """{"model":"minimax/MiniMax-M3","temperature":1.00,"messages":[{"role":"system","content":"s"},{"role":"user","content":"<é 🙂>"}]}""",
            "POST /u03/v1/chat/completions", ChatAnswer, "authorization Bearer " + SharedPlatform.MiniMaxKey
        },
        {
            PlatformArm.Responses, """{"input":[{"role":"user","content":[{"type":"input_text","text":"<é 🙂>"}]}],"model":"minimax:MiniMax-M2.7"}""",
            "POST /u03/v1/responses", ResponsesAnswer, "authorization Bearer " + SharedPlatform.MiniMaxKey
        },
    };

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task A_call_goes_to_its_vendor_with_the_platform_s_key_and_is_metered_and_journaled(string path, string body, string line, string answer, string auth)
    {
        var arm = await PlatformArm.CreateAsync(shared);
        arm.Vendor.Answer(answer);

        var reply = await arm.CallAsync(
            path, body, ("anthropic-version", "2023-06-01"), ("User-Agent", "cli/1"), ("X-Molecule-Workspace-Id", arm.Workspace.ToString()), ("Cookie", "a=b"), ("OpenAI-Organization", "org"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));

        Assert.Equal((200, answer), (reply.Status, reply.Body));
        var call = Assert.Single(arm.Vendor.Calls);
        Assert.Equal(line, call.Line);
        var model = JsonElement.Parse(body).GetProperty("model").GetString()!;
        var wireModel = model.Split('/', ':')[^1];
        Assert.Equal(body.Replace($"\"{model}\"", $"\"{wireModel}\"", StringComparison.Ordinal), call.Body);
        Assert.Equal(
            [auth],
            call.Headers.Where(static header => header.Key.ToUpperInvariant() is "AUTHORIZATION" or "X-API-KEY").Select(static header => $"{header.Key.ToLowerInvariant()} {header.Value}"));
        Assert.Equal(("2023-06-01", "cli/1"), (call.Headers["anthropic-version"], call.Headers["User-Agent"]));
        Assert.DoesNotContain(call.Headers.Keys, static name => name.ToUpperInvariant() is "COOKIE" or "OPENAI-ORGANIZATION" or "X-MOLECULE-WORKSPACE-ID");
        Assert.StartsWith("00-0af7651916cd43dd8448eb211c80319c-", call.Headers["traceparent"], StringComparison.Ordinal);

        Assert.Equal("17 3 1", await arm.UsageAsync());
        var page = await arm.JournalAsync();
        var entry = Assert.Single(page.Entries);
        Assert.Equal((1L, 1L), (entry.Sequence, page.Last));
        Assert.Equal(("platform", "POST", path.Split('?')[0], path.Contains('?', StringComparison.Ordinal) ? "?beta=true" : ""), (entry.Fake, entry.Method, entry.Path, entry.Query));
        Assert.Equal((model, false, 200, "cli/1", "<é 🙂>", "B-A"), (entry.Model, entry.Stream, entry.Status, entry.UserAgent, entry.Prompt, entry.Answer));
        Assert.Equal(path.StartsWith(PlatformArm.Messages, StringComparison.Ordinal) ? CredentialForm.XApiKey : CredentialForm.Bearer, entry.Auth);
        Assert.Equal(CredentialFingerprint.Of(arm.Token), entry.Credential);
        Assert.Equal((new TokenCount(17, 3), null), (entry.Tokens, entry.Problem));
        Assert.Equal(Environment.ProcessId, entry.Peer?.ProcessId);
        Assert.Empty((await arm.JournalAsync(after: 1)).Entries);
    }

    [Theory]
    [InlineData(PlatformArm.Messages)]
    [InlineData(PlatformArm.Chat)]
    [InlineData(PlatformArm.Responses)]
    public async Task Without_a_good_usage_token_it_says_401_in_the_surface_s_own_words(string path)
    {
        var arm = await PlatformArm.CreateAsync(shared);
        var (_, workspaceToken) = await arm.Control.RegisterAsync("http://localhost:1", arm.Workspace);
        foreach (var (bearer, header, message) in new[]
        {
            ("", "", "missing usage token"),
            ("wrong", "", "invalid usage token"),
            (RunningControlPlane.AdminToken, "", "invalid usage token"),
            (workspaceToken, "", "invalid usage token"),
            (arm.Token, Guid.NewGuid().ToString(), "the usage token does not belong to the workspace that X-Molecule-Workspace-Id names"),
        })
        {
            var answer = await arm.Control.SendAsync("POST", path, """{"model":"minimax/MiniMax-M2.7"}""", bearer, ("X-Molecule-Workspace-Id", header));

            AssertError(path, answer, 401, message, "authentication_error", "invalid_api_key");
            Assert.Equal(message, (await arm.JournalAsync()).Entries[^1].Problem);
        }

        Assert.Empty(arm.Vendor.Calls);
        Assert.Null(await arm.UsageAsync());
    }

    [Theory]
    [InlineData(PlatformArm.Messages, "minimax/", 400, "the request must be a JSON object with one 'model'", "invalid_request_error", null, "no json")]
    [InlineData(PlatformArm.Chat, "", 400, "the request must be a JSON object with one 'model'", "", null, """{"messages":[]}""")]
    [InlineData(PlatformArm.Responses, "", 400, "the request must be a JSON object with one 'model'", "", null, """{"model":"minimax/MiniMax-M3","model":"openai/gpt-5.4"}""")]
    [InlineData(PlatformArm.Messages, "nobody/model", 404, "model: nobody/model belongs to no vendor of the platform", "not_found_error", null, null)]
    [InlineData(PlatformArm.Responses, "bare", 404, "model: bare belongs to no vendor of the platform", "", "model_not_found", null)]
    [InlineData(PlatformArm.Messages, "openai/gpt-5.4", 400, "vendor 'openai' of model openai/gpt-5.4 does not speak Anthropic messages", "invalid_request_error", null, null)]
    [InlineData(PlatformArm.Chat, "anthropic/claude-opus-4-7", 400, "vendor 'anthropic' of model anthropic/claude-opus-4-7 does not speak OpenAI chat completions", "", null, null)]
    [InlineData(PlatformArm.Responses, "openai/gpt-5.4", 403, "the platform has no key for vendor 'openai' of model openai/gpt-5.4: set Molecule__Vendors__openai__Key", "", null, null)]
    public async Task A_model_that_cannot_be_served_is_refused_in_the_surface_s_own_words(
        string path, string model, int status, string message, string anthropicType, string? openAiCode, string? body)
    {
        var arm = await PlatformArm.CreateAsync(shared);

        var answer = await arm.CallAsync(path, body ?? $$"""{"model":"{{model}}"}""");

        AssertError(path, answer, status, message, anthropicType, openAiCode);
        Assert.Empty(arm.Vendor.Calls);
    }

    [Fact]
    public async Task A_vendor_s_error_passes_as_it_is_with_its_headers_and_costs_nothing()
    {
        var arm = await PlatformArm.CreateAsync(shared);
        const string error = """{"type":"error","error":{"type":"rate_limit_error","message":"slow down"},"request_id":"req_9"}""";
        arm.Vendor.Handler = static context =>
        {
            context.Response.StatusCode = 429;
            context.Response.ContentType = "application/json";
            context.Response.Headers["retry-after"] = "7";
            context.Response.Headers["request-id"] = "req_9";
            context.Response.Headers["anthropic-ratelimit-requests-remaining"] = "0";
            context.Response.Headers["Set-Cookie"] = "vendor=1";
            return context.Response.WriteAsync(error);
        };

        var answer = await arm.CallAsync(PlatformArm.Messages, """{"model":"minimax/MiniMax-M2.7","stream":true}""");

        Assert.Equal((429, error), (answer.Status, answer.Body));
        Assert.Equal(("7", "req_9", "0"), (answer.Headers["retry-after"], answer.Headers["request-id"], answer.Headers["anthropic-ratelimit-requests-remaining"]));
        Assert.False(answer.Headers.ContainsKey("Set-Cookie"));
        Assert.Null(await arm.UsageAsync());
        var entry = Assert.Single((await arm.JournalAsync()).Entries);
        Assert.Equal((429, true, "the vendor answered 429"), (entry.Status, entry.Stream, entry.Problem));
    }

    [Fact]
    public async Task A_vendor_that_cannot_be_reached_or_breaks_off_is_502_in_the_surface_s_own_words()
    {
        var arm = await PlatformArm.CreateAsync(shared);
        var unreachable = await arm.CallAsync(PlatformArm.Messages, """{"model":"moonshot/kimi-k2.6"}""");
        AssertError(PlatformArm.Messages, unreachable, 502, "vendor 'moonshot' cannot be reached", "api_error", null);

        arm.Vendor.Handler = static async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        var broken = await arm.CallAsync(PlatformArm.Chat, """{"model":"minimax/MiniMax-M3"}""");
        AssertError(PlatformArm.Chat, broken, 502, "vendor 'minimax' broke off its answer", "", null);
        Assert.DoesNotContain("vendor-key", unreachable.Body + broken.Body + arm.Control.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_usage_token_lives_and_dies_with_its_workspace_s_start()
    {
        var arm = await PlatformArm.CreateAsync(shared);
        arm.Vendor.Answer(ChatAnswer);
        const string body = """{"model":"minimax/MiniMax-M3"}""";
        Assert.Equal(200, (await arm.CallAsync(PlatformArm.Chat, body)).Status);
        Assert.Equal(0, await arm.Control.ScalarAsync<int>("SELECT count(*) FROM workspace_usage_tokens WHERE position(@raw::bytea in token_hash) > 0", new { raw = System.Text.Encoding.UTF8.GetBytes(arm.Token) }));

        var first = await arm.Control.InstanceAsync(arm.Workspace);
        await arm.Control.SendAsync("PUT", $"/workspaces/{arm.Workspace}/secrets", new { key = "K", value = "v" });
        await arm.Control.InstanceAsync(arm.Workspace, first);
        Assert.Equal(401, (await arm.CallAsync(PlatformArm.Chat, body)).Status);
        var second = arm.Starts(arm.Workspace)[1].Env["MOLECULE_LLM_USAGE_TOKEN"];
        Assert.Equal(200, (await arm.Control.SendAsync("POST", PlatformArm.Chat, body, second)).Status);

        await arm.Control.SendAsync("DELETE", $"/workspaces/{arm.Workspace}");
        Assert.Equal(401, (await arm.Control.SendAsync("POST", PlatformArm.Chat, body, second)).Status);
        Assert.Equal("34 6 2", await arm.UsageAsync());
    }

    [Fact]
    public async Task Neither_the_vendor_s_key_nor_a_token_reaches_a_workspace_a_reply_or_a_log()
    {
        var arm = await PlatformArm.CreateAsync(shared);
        arm.Vendor.Answer(ChatAnswer);
        await arm.CallAsync(PlatformArm.Chat, """{"model":"minimax/MiniMax-M3"}""");

        var byok = await arm.Control.SendAsync("POST", "/workspaces", new { name = "byok", runtime = "claude-code", model = "MiniMax-M2.7", secrets = new { MINIMAX_API_KEY = "mol-own" } });
        Assert.Equal("minimax", byok["provider"]);
        await arm.Control.InstanceAsync(byok.Id);

        var environments = new[] { arm.Starts(arm.Workspace)[0], arm.Starts(byok.Id)[0] }.Select(static request => string.Join('\n', request.Env.Select(static pair => $"{pair.Key}={pair.Value}"))).ToArray();
        Assert.DoesNotContain("vendor-key", string.Concat(environments), StringComparison.Ordinal);
        Assert.DoesNotContain("MOLECULE_LLM_", environments[1], StringComparison.Ordinal);
        Assert.DoesNotContain(arm.Token, environments[1], StringComparison.Ordinal);
        foreach (var secret in new[] { "vendor-key", arm.Token, "mol-own", FakeNode.Secret, RunningControlPlane.AdminToken })
        {
            Assert.DoesNotContain(secret, arm.Control.Log.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, (await arm.Control.SendAsync("GET", "/workspaces")).Body, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, (await arm.Control.SendAsync("GET", "/admin/llm/journal")).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_model_on_a_control_plane_without_any_vendor_key_is_no_platform_arm()
    {
        await using var control = await RunningControlPlane.StartAsync(postgres, settings: new Dictionary<string, string?> { ["Molecule:Vendors:minimax:Origin"] = "http://localhost:1" });

        Assert.Equal("MISSING_PLATFORM_PROXY", (await control.SendAsync("POST", "/workspaces", new { name = "a", runtime = "codex", model = "minimax/MiniMax-M3" }))["code"]);
        Assert.Equal(400, (await control.SendAsync("GET", "/admin/llm/journal?after=x")).Status);
    }

    private static void AssertError(string path, Answer answer, int status, string message, string anthropicType, string? openAiCode)
    {
        var error = answer.Json.GetProperty("error");
        Assert.Equal(status, answer.Status);
        Assert.StartsWith(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        if (path == PlatformArm.Messages)
        {
            Assert.Equal(("error", anthropicType), (answer["type"], error.GetProperty("type").GetString()));
            Assert.Equal(answer["request_id"], answer.Headers["request-id"]);
        }
        else
        {
            Assert.Equal((status >= 500 ? "server_error" : "invalid_request_error", openAiCode), (error.GetProperty("type").GetString(), error.GetProperty("code").GetString()));
            Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
        }
    }
}

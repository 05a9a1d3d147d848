namespace Molecule.Tests.ProviderFakes;

/// <summary>What each fake refuses, in its vendor's own shape, and what the journal says of it. That the right neighbour is served: <see cref="ServingTests"/>.</summary>
public sealed class RefusalTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string Secret = "mol-refusals";

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["a01 without a credential"] = new("a01", static c => c.Without("x-api-key"), 401, "error.type", "authentication_error", "no credential; anthropic-api takes x-api-key"),
        ["a01 with Google's header"] = new("a01", static c => c.Without("x-api-key").With("x-goog-api-key", Secret), 401, "error.message", "x-api-key header is required", "stands as x-goog-api-key"),
        ["a01 with two credentials"] = new("a01", static c => c.With("Authorization", $"Bearer {Secret}"), 401, "error.type", "authentication_error", "stands as mixed"),
        ["a01 with a foreign credential"] = new("a01", static c => c.With("x-api-key", "mol-of-nobody"), 401, "error.message", "invalid x-api-key", "has not been registered for anthropic-api"),
        ["a01 with an unknown model"] = new("a01", static c => c.Change(static b => b["model"] = "claude-9"), 404, "error.type", "not_found_error", "knows no model 'claude-9'"),
        ["a01 without a version"] = new("a01", static c => c.Without("anthropic-version"), 400, "error.message", "anthropic-version: header is required", "anthropic-version"),
        ["a01 without max_tokens"] = new("a01", static c => c.Change(static b => b.Remove("max_tokens")), 400, "error.message", "max_tokens: Field required", "max_tokens"),
        ["a01 without messages"] = new("a01", static c => c.Change(static b => b.Remove("messages")), 400, "error.message", "messages: Field required", "messages"),
        ["a01 with a doubled v1"] = new("a01", static c => c with { Path = "/a01/v1/v1/messages" }, 404, "error.type", "not_found_error", "nearest mapping is POST /v1/messages of anthropic-api (/a01). The path holds /v1 twice"),
        ["a01 with the wrong method"] = new("a01", static c => c with { Method = "PUT" }, 404, "error.type", "not_found_error", "nearest mapping is POST /v1/messages"),
        ["a02 without the oauth flag"] = new("a02", static c => c.With("anthropic-beta", "claude-code-20250219"), 401, "error.type", "authentication_error", "stands as bearer; anthropic-oauth takes bearer+oauth-beta"),
        ["a02 with a key besides"] = new("a02", static c => c.With("x-api-key", Secret), 401, "error.type", "authentication_error", "stands as mixed"),
        ["a02 with a foreign credential"] = new("a02", static c => c.With("Authorization", "Bearer mol-of-nobody"), 401, "error.message", "Invalid bearer token", "has not been registered"),
        ["a03 with x-api-key"] = new("a03", static c => c.Without("Authorization").With("x-api-key", Secret), 401, "error.type", "invalid_request_error", "stands as x-api-key; openai-api takes bearer"),
        ["a03 with a foreign credential"] = new("a03", static c => c.With("Authorization", "Bearer mol-of-nobody"), 401, "error.code", "invalid_api_key", "has not been registered"),
        ["a03 with an unknown model"] = new("a03", static c => c.Change(static b => b["model"] = "gpt-9"), 404, "error.code", "model_not_found", "knows no model 'gpt-9'"),
        ["a03 without input"] = new("a03", static c => c.Change(static b => b.Remove("input")), 400, "error.message", "Missing required parameter: 'input'.", "input"),
        ["a03 with a doubled v1"] = new("a03", static c => c with { Path = "/a03/v1/v1/responses" }, 404, "error.message", "Invalid URL (POST /v1/v1/responses)", "The path holds /v1 twice"),
        ["a04 with another account"] = new("a04", static c => c.With("ChatGPT-Account-Id", "acct-other"), 401, "error.code", "token_invalidated", "does not belong to the account"),
        ["a04 without an account"] = new("a04", static c => c.Without("ChatGPT-Account-Id"), 401, "detail", "Unauthorized", "stands as bearer; openai-subscription takes bearer+account-id"),
        ["a04 without a stream"] = new("a04", static c => c.Change(static b => b["stream"] = false), 400, "detail", "Stream must be set to true", "Stream must be set"),
        ["a04 with a store"] = new("a04", static c => c.Change(static b => b["store"] = true), 400, "detail", "Store must be set to false", "Store must be set"),
        ["a04 with an unknown model"] = new("a04", static c => c.Change(static b => b["model"] = "gpt-9"), 400, "detail", "The 'gpt-9' model is not supported when using Codex with a ChatGPT account.", "knows no model"),
        ["a05 from no agent"] = new("a05", static c => c.With("User-Agent", "curl/8.0"), 403, "error.type", "access_terminated_error", "Coding Agents"),
        ["a05 without thinking"] = new("a05", static c => c.Change(static b => b.Remove("thinking")), 400, "error.message", "invalid thinking: only type=enabled is allowed for this model", "thinking"),
        ["a05 with thinking disabled"] = new("a05", static c => c.Change(static b => b["thinking"]!["type"] = "disabled"), 400, "error.type", "invalid_request_error", "thinking"),
        ["a05 with an unknown model"] = new("a05", static c => c.Change(static b => b["model"] = "kimi-9"), 404, "error.message", "Not found the model kimi-9 or Permission denied", "knows no model"),
        ["a05 with a foreign credential"] = new("a05", static c => c.With("x-api-key", "mol-of-nobody"), 401, "error.type", "authentication_error", "has not been registered"),
        ["a06 with a foreign credential"] = new("a06", static c => c.With("Authorization", "Bearer mol-of-nobody"), 401, "error.message", "invalid api key (2049)", "has not been registered"),
        ["a06 with an unknown model"] = new("a06", static c => c.Change(static b => b["model"] = "minimax/MiniMax-M2.7"), 400, "error.type", "invalid_request_error", "knows no model 'minimax/MiniMax-M2.7'"),
        ["a06 without its prefix"] = new("a06", static c => c with { Path = "/a06/v1/messages" }, 404, "error.type", "not_found_error", "nearest mapping is POST /anthropic/v1/messages of minimax (/a06)"),
        ["a07 with x-api-key"] = new("a07", static c => c.Without("Authorization").With("x-api-key", Secret), 401, "error.type", "authorized_error", "stands as x-api-key"),
        ["a07 with an unknown model"] = new("a07", static c => c.Change(static b => b["model"] = "gpt-5.5"), 400, "error.http_code", "400", "knows no model 'gpt-5.5'"),
        ["u04 with a foreign credential"] = new("u04 chat", static c => c.With("Authorization", "Bearer mol-of-nobody"), 401, "error.type", "invalid_authentication_error", "has not been registered"),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_wrong_request_is_refused_as_the_vendor_refuses_it(string name)
    {
        var (surface, spoil, status, field, value, problem) = Cases[name];
        await fakes.AcceptAsync(Calls.FakeOf(surface), Secret, surface == "a04" ? Calls.Account : null);
        var number = $"?case={Array.IndexOf([.. Cases.Keys], name)}";
        var call = spoil(Calls.Of(surface, Secret, Calls.Prompt("KAVODU", "MIRELO")));

        var reply = await fakes.SendAsync(call with { Path = call.Path.Split('?')[0] + number });

        Assert.Equal((status, "application/json"), (reply.Status, reply.ContentType));
        var said = field.Split('.').Aggregate(reply.Json, static (at, part) => at.GetProperty(part)).GetString();
        Assert.Equal(value, said);
        Assert.DoesNotContain(Secret, reply.Text, StringComparison.Ordinal);
        var entry = Assert.Single(await fakes.JournalAsync(), e => e.Query == number);
        Assert.Equal((Calls.FakeOf(surface), status), (entry.Fake, entry.Status));
        Assert.Contains(problem, entry.Problem, StringComparison.Ordinal);
        Assert.Null(entry.Answer);
        Assert.Equal(call.Body!.ContainsKey("messages") || call.Body.ContainsKey("input"), entry.Prompt == Calls.Prompt("KAVODU", "MIRELO"));
    }

    [Theory]
    [InlineData("enabled")]
    [InlineData("adaptive")]
    public async Task A_request_that_thinks_is_served(string type)
    {
        await fakes.AcceptAsync("kimi-coding", "mol-thinks");

        var reply = await fakes.SendAsync(Calls.Of("a05", "mol-thinks", "Hello").Change(b => b["thinking"]!["type"] = type));

        Assert.Equal(200, reply.Status);
    }

    [Fact]
    public async Task An_agent_may_also_name_its_platform()
    {
        await fakes.AcceptAsync("kimi-coding", "mol-platform");

        var reply = await fakes.SendAsync(Calls.Of("a05", "mol-platform", "Hello").With("User-Agent", "other/1").With("X-Msh-Platform", "kimi_cli"));

        Assert.Equal(200, reply.Status);
    }

    [Fact]
    public async Task A_credential_is_good_at_its_own_fake_alone()
    {
        await fakes.AcceptAsync("upstream-anthropic", "mol-elsewhere");

        var wrong = await fakes.SendAsync(Calls.Of("a01", "mol-elsewhere", "Hello"));
        var right = await fakes.SendAsync(Calls.Of("u01", "mol-elsewhere", "Hello"));

        Assert.Equal((401, 200), (wrong.Status, right.Status));
    }

    [Fact]
    public async Task A_path_of_no_fake_is_refused_and_the_nearest_mapping_of_all_is_named()
    {
        var reply = await fakes.SendAsync(Calls.Of("a01", "mol-astray", "Hello") with { Path = "/b01/v1/messages" });

        Assert.Equal(404, reply.Status);
        var entry = await fakes.OneEntryOfAsync("mol-astray");
        Assert.Equal(("none", "/b01/v1/messages"), (entry.Fake, entry.Path));
        Assert.Contains("nearest mapping is POST /a01/v1/messages of anthropic-api", entry.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "not a JSON object")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("", "not a JSON object")]
    [InlineData("""{"messages":[]}""", "model: Field required")]
    public async Task A_body_that_cannot_be_read_is_refused(string body, string problem)
    {
        var secret = $"mol-body-{body.Length}-{problem.Length}";
        await fakes.AcceptAsync("anthropic-api", secret);
        using var request = (Calls.Of("a01", secret, "Hello") with { Body = null }).ToRequest();
        request.Content = new StringContent(body);

        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(problem, (await fakes.OneEntryOfAsync(secret)).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_above_the_vendors_limit_is_refused()
    {
        await fakes.AcceptAsync("anthropic-api", "mol-large");

        var reply = await fakes.SendAsync(Calls.Of("a01", "mol-large", new string('x', 32 * 1024 * 1024)));

        Assert.Equal((413, "request_too_large"), (reply.Status, reply.Json.GetProperty("error").GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_compressed_body_is_refused_with_the_reason()
    {
        await fakes.AcceptAsync("openai-api", "mol-zstd");
        using var request = Calls.Of("a03", "mol-zstd", "Hello").ToRequest();
        request.Content!.Headers.ContentEncoding.Add("zstd");

        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("compressed", (await fakes.OneEntryOfAsync("mol-zstd")).Problem, StringComparison.Ordinal);
    }

    private sealed record Case(string Surface, Func<Call, Call> Spoil, int Status, string Field, string Value, string Problem);
}

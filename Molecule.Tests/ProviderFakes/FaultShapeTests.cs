using System.Text.Json;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>How each kind of refusal looks at each vendor: status, body and headers as the vendor's documents and measurements have them.</summary>
public sealed class FaultShapeTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private static readonly Dictionary<string, Shape> Shapes = new()
    {
        ["a01 bad-key"] = new(FaultKind.BadKey, 401, "error.message", "invalid x-api-key"),
        ["a01 rate-limit"] = new(FaultKind.RateLimit, 429, "error.type", "rate_limit_error", "retry-after: 7", "x-should-retry: true", "anthropic-ratelimit-requests-remaining: 0"),
        ["a01 quota-exhausted"] = new(FaultKind.QuotaExhausted, 400, "error.message", "Your credit balance is too low"),
        ["a01 overloaded"] = new(FaultKind.Overloaded, 529, "error.type", "overloaded_error", "x-should-retry: true"),
        ["a01 server-error"] = new(FaultKind.ServerError, 500, "error.type", "api_error"),
        ["a01 context-overflow"] = new(FaultKind.ContextOverflow, 400, "error.message", "tokens > 200000 maximum"),
        ["a02 bad-key"] = new(FaultKind.BadKey, 401, "error.message", "Invalid bearer token"),
        ["a02 usage-limit"] = new(FaultKind.UsageLimit, 429, "error.type", "rate_limit_error", "x-should-retry: false", "anthropic-ratelimit-unified-status: rejected", "anthropic-ratelimit-unified-representative-claim: five_hour"),
        ["a03 bad-key"] = new(FaultKind.BadKey, 401, "error.code", "invalid_api_key"),
        ["a03 rate-limit"] = new(FaultKind.RateLimit, 429, "error.code", "rate_limit_exceeded", "retry-after: 7", "x-ratelimit-remaining-requests: 0"),
        ["a03 quota-exhausted"] = new(FaultKind.QuotaExhausted, 429, "error.type", "insufficient_quota"),
        ["a03 overloaded"] = new(FaultKind.Overloaded, 503, "error.code", "server_is_overloaded"),
        ["a03 server-error"] = new(FaultKind.ServerError, 500, "error.type", "server_error"),
        ["a03 context-overflow"] = new(FaultKind.ContextOverflow, 400, "error.param", "input"),
        ["a04 bad-key"] = new(FaultKind.BadKey, 401, "error.code", "token_invalidated"),
        ["a04 overloaded"] = new(FaultKind.Overloaded, 503, "error.code", "server_is_overloaded"),
        ["a04 server-error"] = new(FaultKind.ServerError, 500, "detail", "Internal Server Error"),
        ["a04 usage-limit"] = new(FaultKind.UsageLimit, 429, "error.type", "usage_limit_reached", "X-Codex-Primary-Used-Percent: 100", "X-Codex-Primary-Reset-After-Seconds: 7"),
        ["a05 rate-limit"] = new(FaultKind.RateLimit, 429, "error.type", "rate_limit_reached_error", "retry-after: 7"),
        ["a05 overloaded"] = new(FaultKind.Overloaded, 429, "error.message", "The engine is currently overloaded"),
        ["a05 context-overflow"] = new(FaultKind.ContextOverflow, 400, "error.message", "exceeded model token limit: 262144 (requested: "),
        ["a05 usage-limit"] = new(FaultKind.UsageLimit, 403, "error.type", "access_terminated_error"),
        ["a06 rate-limit"] = new(FaultKind.RateLimit, 429, "error.message", "(1002)", "retry-after: 7"),
        ["a06 quota-exhausted"] = new(FaultKind.QuotaExhausted, 500, "error.message", "insufficient balance (1008)"),
        ["a06 overloaded"] = new(FaultKind.Overloaded, 529, "error.type", "overloaded_error"),
        ["a06 context-overflow"] = new(FaultKind.ContextOverflow, 400, "error.message", "context window exceeds limit (2013)"),
        ["a06 usage-limit"] = new(FaultKind.UsageLimit, 429, "error.message", "(2056)"),
        ["a07 bad-key"] = new(FaultKind.BadKey, 401, "error.message", "invalid api key (2049)"),
        ["a07 quota-exhausted"] = new(FaultKind.QuotaExhausted, 429, "error.type", "insufficient_balance_error"),
        ["a05 chat overloaded"] = new(FaultKind.Overloaded, 429, "error.type", "engine_overloaded_error"),
        ["a05 chat usage-limit"] = new(FaultKind.UsageLimit, 403, "error.type", "access_terminated_error"),
        ["a05 chat context-overflow"] = new(FaultKind.ContextOverflow, 400, "error.message", "exceeded model token limit: 262144"),
        ["a06 chat quota-exhausted"] = new(FaultKind.QuotaExhausted, 200, "base_resp.status_msg", "insufficient balance"),
        ["a07 chat context-overflow"] = new(FaultKind.ContextOverflow, 200, "base_resp.status_msg", "invalid params, context window exceeds limit"),
        ["a07 chat rate-limit"] = new(FaultKind.RateLimit, 429, "error.message", "(1002)", "retry-after: 7"),
        ["a09 bad-key"] = new(FaultKind.BadKey, 401, "error.code", "invalid_api_key"),
        ["a09 rate-limit"] = new(FaultKind.RateLimit, 429, "error.message", "Please try again in 7s", "retry-after: 7", "x-ratelimit-remaining-tokens: 0"),
        ["a09 usage-limit"] = new(FaultKind.UsageLimit, 429, "error.message", "tokens per day (TPD)", "retry-after: 7"),
        ["a09 overloaded"] = new(FaultKind.Overloaded, 498, "error.code", "capacity_exceeded"),
        ["a09 server-error"] = new(FaultKind.ServerError, 500, "error.type", "internal_server_error"),
        ["a09 context-overflow"] = new(FaultKind.ContextOverflow, 400, "error.code", "context_length_exceeded"),
        ["a10 overloaded"] = new(FaultKind.Overloaded, 529, "error.type", "overloaded_error"),
        ["a11 quota-exhausted"] = new(FaultKind.QuotaExhausted, 429, "error.code", "insufficient_quota"),
        ["a13 quota-exhausted"] = new(FaultKind.QuotaExhausted, 429, "error.type", "exceeded_current_quota_error"),
        ["u02 chat context-overflow"] = new(FaultKind.ContextOverflow, 400, "error.param", "messages"),
        ["u04 quota-exhausted"] = new(FaultKind.QuotaExhausted, 429, "error.type", "exceeded_current_quota_error"),
        ["u04 chat quota-exhausted"] = new(FaultKind.QuotaExhausted, 429, "error.message", "suspended due to insufficient balance"),
        ["u04 chat rate-limit"] = new(FaultKind.RateLimit, 429, "error.type", "rate_limit_reached_error"),
    };

    public static TheoryData<string> Names => [.. Shapes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_turn_goes_wrong_as_it_does_at_the_vendor(string name)
    {
        var (kind, status, field, value, headers) = Shapes[name];
        var surface = name[..name.LastIndexOf(' ')];
        var secret = $"mol-fault-{Guid.NewGuid():N}";
        await fakes.AcceptAsync(Calls.FakeOf(surface), secret, surface == "a04" ? Calls.Account : null);
        var isTimed = kind is FaultKind.RateLimit or FaultKind.UsageLimit;
        var id = await fakes.InjectAsync(new FaultOrder(Calls.FakeOf(surface), kind, CredentialFingerprint.Of(secret), RetryAfterSeconds: isTimed ? 7 : null));

        using var request = Calls.Of(surface, secret, "Hello").ToRequest();
        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);
        var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(value, field.Split('.').Aggregate(json, static (at, part) => int.TryParse(part, out var index) ? at[index] : at.GetProperty(part)).GetString(), StringComparison.Ordinal);
        Assert.All(headers, header => Assert.Equal(header.Split(": ")[1], Assert.Single(answer.Headers.GetValues(header.Split(": ")[0]))));
        var entry = await fakes.OneEntryOfAsync(secret);
        Assert.Equal((status, new AppliedFault(id, kind), null, null), (entry.Status, entry.Fault, entry.Problem, entry.Answer));
    }

    [Theory]
    [InlineData(FaultKind.ContextOverflow, "context_length_exceeded", "context window")]
    [InlineData(FaultKind.RateLimit, "rate_limit_exceeded", "try again in 7s")]
    public async Task The_ChatGPT_backend_tells_some_of_it_in_the_stream(FaultKind kind, string code, string text)
    {
        var secret = $"mol-fault-{Guid.NewGuid():N}";
        await fakes.AcceptAsync("openai-subscription", secret, Calls.Account);
        var id = await fakes.InjectAsync(new FaultOrder("openai-subscription", kind, CredentialFingerprint.Of(secret), RetryAfterSeconds: kind is FaultKind.RateLimit ? 7 : null));

        var reply = await fakes.SendAsync(Calls.Of("a04", secret, "Hello"));

        Assert.Equal((200, "text/event-stream"), (reply.Status, reply.ContentType));
        Assert.Equal(["response.created", "response.failed"], reply.Frames.Select(static f => f.Event!));
        var error = reply.Events.Last().GetProperty("response").GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Contains(text, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(new AppliedFault(id, kind, 1), (await fakes.OneEntryOfAsync(secret)).Fault);
    }

    [Fact]
    public async Task Without_a_wait_no_vendor_says_retry_after()
    {
        var secret = $"mol-fault-{Guid.NewGuid():N}";
        await fakes.AcceptAsync("anthropic-api", secret);
        await fakes.InjectAsync(new FaultOrder("anthropic-api", FaultKind.RateLimit, CredentialFingerprint.Of(secret)));

        using var request = Calls.Of("a01", secret, "Hello").ToRequest();
        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(429, (int)answer.StatusCode);
        Assert.False(answer.Headers.Contains("retry-after"));
    }

    /// <summary>What one kind of fault looks like.</summary>
    private sealed record Shape(FaultKind Kind, int Status, string Field, string Value, params string[] Headers);
}

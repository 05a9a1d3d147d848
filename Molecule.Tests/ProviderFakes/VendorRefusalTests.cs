using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.Tests.ProviderFakes;

/// <summary>What the OpenAI-compatible vendors refuse, each in its own shape (spec/runtimes-and-providers.md 3.4, 3.5, 3.7).</summary>
public sealed class VendorRefusalTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string Secret = "mol-vendor-refusals";

    public static TheoryData<string, string, int, string, string> Refusals => new()
    {
        // surface, what is wrong, status, the field of the answer that tells, what it says
        { "a05 chat", "key", 401, "error.type", "invalid_authentication_error" },
        { "a05 chat", "agent", 403, "error.type", "access_terminated_error" },
        { "a05 chat", "thinking", 400, "error.message", "invalid thinking: only type=enabled is allowed for this model" },
        { "a05 chat", "model", 404, "error.message", "Not found the model no-such-model or Permission denied" },
        { "a06 chat", "key", 401, "error.message", "invalid api key (2049)" },
        { "a06 chat", "model", 200, "base_resp.status_code", "2013" },
        { "a07 chat", "messages", 200, "base_resp.status_msg", "invalid params, Missing required parameter: 'messages'." },
        { "a07 chat", "path", 404, "error.type", "not_found_error" },
        { "a09", "key", 401, "error.code", "invalid_api_key" },
        { "a09", "model", 404, "error.code", "model_not_found" },
        { "a09", "path", 404, "error.code", "unknown_url" },
        { "a09", "messages", 400, "error.type", "invalid_request_error" },
        { "a10", "key", 401, "error.message", "invalid x-api-key" },
        { "a11", "key", 401, "error.code", "invalid_api_key" },
        { "a11", "model", 404, "error.code", "model_not_found" },
        { "a13", "key", 401, "error.message", "Invalid Authentication" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_wrong_request_is_refused_as_the_vendor_refuses_it(string surface, string wrong, int status, string field, string value)
    {
        await fakes.AcceptAsync(Calls.FakeOf(surface), Secret);
        var right = Calls.Of(surface, Secret, "Hello");

        var reply = await fakes.SendAsync(wrong switch
        {
            "key" => Calls.Of(surface, "mol-of-nobody", "Hello"),
            "agent" => right.With("User-Agent", "OpenAI/Python 2.24.0"),
            "thinking" => right.Change(static b => b["thinking"] = new JsonObject { ["type"] = "disabled" }),
            "model" => right.Change(static b => b["model"] = "no-such-model"),
            "messages" => right.Change(static b => b.Remove("messages")),
            "path" => right with { Path = right.Path.Replace("/chat", "/v1/chat", StringComparison.Ordinal) },
            _ => throw new ArgumentOutOfRangeException(nameof(wrong), wrong, "No such fault."),
        });

        Assert.Equal(status, reply.Status);
        Assert.Equal(value, field.Split('.').Aggregate(reply.Json, static (at, part) => at.GetProperty(part)).ToString());
        Assert.Equal(200, (await fakes.SendAsync(right)).Status);
    }

    [Fact]
    public async Task Groq_tells_its_limits_with_every_answer()
    {
        await fakes.AcceptAsync("groq", Secret);
        foreach (var secret in (string[])[Secret, "mol-of-nobody"])
        {
            using var request = Calls.Of("a09", secret, "Hello").ToRequest();
            using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);

            foreach (var kind in (string[])["requests", "tokens"])
            {
                Assert.All((string[])["limit", "remaining", "reset"], what => Assert.NotEmpty(Assert.Single(answer.Headers.GetValues($"x-ratelimit-{what}-{kind}"))));
            }

            Assert.False(answer.Headers.Contains("retry-after"));
        }
    }

    [Theory]
    [InlineData(500_000, 200, null)]
    [InlineData(1_000_000, 400, "context_length_exceeded")]
    [InlineData(1_300_000, 413, "rate_limit_exceeded")]
    public async Task Groq_refuses_a_request_of_more_than_its_window_or_a_minute_s_tokens_for_good(int characters, int status, string? code)
    {
        await fakes.AcceptAsync("groq", Secret);

        var reply = await fakes.SendAsync(Calls.Of("a09", Secret, new string('x', characters)).Change(static b => b.Remove("stream")));

        Assert.Equal((status, code), (reply.Status, reply.Json.TryGetProperty("error", out var error) ? error.GetProperty("code").GetString() : null));
    }

    [Fact]
    public async Task A_moonshot_key_is_no_key_of_the_coding_gateway_s()
    {
        await fakes.AcceptAsync("kimi-coding-moonshot", "mol-moonshot-only");

        var gateway = await fakes.SendAsync(Calls.Of("a05 chat", "mol-moonshot-only", "Hello"));
        var platform = await fakes.SendAsync(Calls.Of("a13", "mol-moonshot-only", "Hello"));

        Assert.Equal((401, 200), (gateway.Status, platform.Status));
    }

    [Theory]
    [InlineData("/a09/openai/v1/models", "groq", "llama-3.3-70b-versatile")]
    [InlineData("/a11/v1/models", "byok-openai", "gpt-4o")]
    [InlineData("/a07/v1/models", "byok-minimax", "MiniMax-M3")]
    [InlineData("/a08/v1beta/openai/models", "google", "models/gemini-2.5-pro")]
    public async Task The_models_are_listed(string path, string fake, string model)
    {
        await fakes.AcceptAsync(fake, Secret);

        var reply = await fakes.SendAsync(new Call("GET", path, null, Calls.Bearer(Secret)));

        Assert.Equal(200, reply.Status);
        Assert.Contains(reply.Json.GetProperty("data").EnumerateArray(), m => m.GetProperty("id").GetString() == model);
    }
}

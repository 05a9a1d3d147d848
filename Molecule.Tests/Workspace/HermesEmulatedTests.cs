using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Molecule.Tests.Workspace;

/// <summary>What the stand-in for hermes-agent does of its own: its API server, its sessions, its retries, its errors (spec/driving-the-runtimes.md 5).</summary>
public sealed class HermesEmulatedTests
{
    // spec/runtimes-and-providers.md 3.2, 3.1, 3.4.
    private const string OpenAIOverflow = """{"error":{"message":"Your input exceeds the context window of this model.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""";
    private const string RateLimited = """{"error":{"message":"Rate limit reached","type":"requests","param":null,"code":"rate_limit_exceeded"}}""";
    private const string OutOfQuota = """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}""";

    private static string Chat(string origin) => Config(origin, 3);

    private static string Config(string origin, int attempts) => $$$"""
        model: { default: gpt-4o, provider: "custom:molecule" }
        agent: { api_max_retries: {{{attempts}}} }
        custom_providers:
          - { name: molecule, base_url: "{{{origin}}}/a11/v1", api_key: mol-key-1, api_mode: chat_completions }
        """;

    [Fact]
    public async Task Whatever_it_says_of_itself_says_that_it_is_emulated()
    {
        await using var hermes = await HermesServer.StartAsync(Chat);

        Assert.Contains("hermes 0.1.0 (emulated)", hermes.Program.Output, StringComparison.Ordinal);
        Assert.Contains("hermes 0.1.0 (emulated)", (await hermes.GetAsync("/health", key: null)).Body, StringComparison.Ordinal);
        Assert.Contains("hermes 0.1.0 (emulated)", (await hermes.GetAsync("/v1/models", hermes.Key)).Body, StringComparison.Ordinal);
        await hermes.ReplyAsync("KAVODU", "MIRELO");
        Assert.StartsWith("hermes-emulated/", hermes.Vendor.Turns[0].Header("user-agent"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/api/sessions/s1/messages")]
    public async Task Without_the_right_bearer_nothing_but_health_is_answered(string path)
    {
        await using var hermes = await HermesServer.StartAsync(Chat);

        Assert.Equal(200, (await hermes.GetAsync("/health", key: null)).Status);
        Assert.Equal(401, (await hermes.GetAsync(path, key: null)).Status);
        Assert.Equal(401, (await hermes.GetAsync(path, "another")).Status);
        Assert.NotEqual(401, (await hermes.GetAsync(path, hermes.Key)).Status);
    }

    [Fact]
    public async Task A_session_is_remembered_over_a_restart_and_kept_from_other_sessions()
    {
        await using var hermes = await HermesServer.StartAsync(Chat);
        await hermes.ReplyAsync("KAVODU", "MIRELO");

        await hermes.RestartAsync();

        Assert.Equal("TELUNO-SOPIRA", await hermes.ReplyAsync("SOPIRA", "TELUNO"));
        Assert.Contains("KAVODU", hermes.Vendor.Turns[^1].Body!.ToJsonString(), StringComparison.Ordinal);
        await hermes.ReplyAsync("BAVUNE", "DORIMA", "s2");
        Assert.DoesNotContain("KAVODU", hermes.Vendor.Turns[^1].Body!.ToJsonString(), StringComparison.Ordinal);
    }

    // The trap that the adapter refuses to step into (spec/runtimes-and-providers.md 2.3; issues #1714, #1772, #1987): no provider, another vendor's model.
    [Fact]
    public async Task Left_to_itself_it_sends_a_model_without_a_vendor_to_anthropic()
    {
        await using var hermes = await HermesServer.StartAsync(
            static _ => "model: { default: gpt-4o }",
            static origin => $"OPENAI_API_KEY=mol-openai\nOPENAI_BASE_URL={origin}/a11/v1\nANTHROPIC_BASE_URL={origin}/a01\n");
        Answer(hermes, 401, """{"type":"error","error":{"type":"authentication_error","message":"x-api-key header is required"},"request_id":"req_1"}""");

        var (status, body) = await hermes.TurnAsync(Words.Prompt("KAVODU", "MIRELO"));

        Assert.Equal(401, status);
        Assert.Contains("x-api-key header is required", body.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("/a01/v1/messages", Assert.Single(hermes.Vendor.Requests).Path);
    }

    [Fact]
    public async Task A_rate_limit_is_waited_out_as_the_vendor_asks()
    {
        await using var hermes = await HermesServer.StartAsync(Chat);
        Answer(hermes, 429, RateLimited, times: 1, retryAfter: 1);
        var started = TimeProvider.System.GetTimestamp();

        Assert.Equal("MIRELO-KAVODU", await hermes.ReplyAsync("KAVODU", "MIRELO"));

        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromSeconds(0.9), "The vendor's second was not waited for.");
        Assert.Equal(2, hermes.Vendor.Turns.Count);
    }

    [Theory]
    [InlineData(429, RateLimited, "rate_limit", 2)]
    [InlineData(503, """{"error":{"message":"The server is overloaded","type":"server_error","code":"server_is_overloaded"}}""", "overloaded", 2)]
    [InlineData(429, OutOfQuota, "billing", 1)]
    [InlineData(401, """{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}""", "auth", 1)]
    [InlineData(404, """{"error":{"message":"The model does not exist","type":"invalid_request_error","code":"model_not_found"}}""", "model_not_found", 1)]
    [InlineData(400, """{"error":{"message":"Bad thing","type":"invalid_request_error","code":null}}""", "format_error", 1)]
    public async Task A_failure_costs_a_bounded_number_of_requests_and_leaves_the_session_usable(int status, string body, string code, int requests)
    {
        await using var hermes = await HermesServer.StartAsync(static origin => Config(origin, 2));
        Answer(hermes, status, body, retryAfter: 1);

        var (answered, error) = await hermes.TurnAsync(Words.Prompt("KAVODU", "MIRELO"));

        Assert.Equal((status, code), (answered, (string?)error["error"]?["code"]));
        Assert.Contains($"HTTP {status}", (string?)error["error"]?["message"], StringComparison.Ordinal);
        Assert.Equal(requests, hermes.Vendor.Turns.Count);
        hermes.Vendor.Instead = null;
        Assert.Equal("TELUNO-SOPIRA", await hermes.ReplyAsync("SOPIRA", "TELUNO"));
    }

    [Fact]
    public async Task A_full_window_is_compressed_once_and_the_turn_goes_on()
    {
        await using var hermes = await HermesServer.StartAsync(Chat);
        for (var turn = 0; turn < 13; turn++)
        {
            await hermes.ReplyAsync($"FIRST{turn}", $"LAST{turn}");
        }

        Answer(hermes, 400, OpenAIOverflow, times: 1);

        Assert.Equal("TELUNO-SOPIRA", await hermes.ReplyAsync("SOPIRA", "TELUNO"));

        var (full, shorter) = (Messages(hermes.Vendor.Turns[^2]), Messages(hermes.Vendor.Turns[^1]));
        Assert.Equal((27, 24), (full.Count, shorter.Count));
        Assert.Contains("FIRST0", shorter[0], StringComparison.Ordinal);
        Assert.DoesNotContain(shorter, static m => m.Contains("FIRST2 ", StringComparison.Ordinal));
        await hermes.ReplyAsync("BAVUNE", "DORIMA");
        Assert.Equal(26, Messages(hermes.Vendor.Turns[^1]).Count);
    }

    [Fact]
    public async Task A_window_that_cannot_be_compressed_further_stays_full()
    {
        await using var hermes = await HermesServer.StartAsync(Chat);
        hermes.Vendor.Instead = async context =>
        {
            // A model of 1,000 tokens, four characters each.
            if (hermes.Vendor.Turns[^1].Body!.ToJsonString().Length < 4000)
            {
                return false;
            }

            await RefuseAsync(context, 400, OpenAIOverflow, null);
            return true;
        };

        var (status, body) = await hermes.TurnAsync(new string('x', 48_000));

        Assert.Equal((400, "context_overflow"), (status, (string?)body["error"]?["code"]));
        Assert.Equal("Context length exceeded (12,000 tokens). Cannot compress further.", (string?)body["error"]?["message"]);
        Assert.Single(hermes.Vendor.Turns);

        // The wedge of August 2026 (spec 2.3): nobody has reset the session.
        Assert.Equal(400, (await hermes.TurnAsync(Words.Prompt("SOPIRA", "TELUNO"))).Status);
        Assert.Equal("TELUNO-SOPIRA", await hermes.ReplyAsync("SOPIRA", "TELUNO", "another"));
    }

    [Fact]
    public async Task A_stream_that_breaks_amid_the_answer_is_reported_and_not_begun_again()
    {
        await using var hermes = await HermesServer.StartAsync(Chat);
        hermes.Vendor.Instead = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("""data: {"choices":[{"index":0,"delta":{"content":"MIRE"},"finish_reason":null}]}""" + "\n\n");
            return true;
        };

        var events = await hermes.StreamAsync(Words.Prompt("KAVODU", "MIRELO"));

        Assert.Contains("MIRE", events, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"error\"", events, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"timeout\"", events, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", events, StringComparison.Ordinal);
        Assert.Single(hermes.Vendor.Turns);
    }

    [Fact]
    public async Task An_error_inside_the_stream_before_a_word_is_tried_again()
    {
        await using var hermes = await HermesServer.StartAsync(static origin => $$$"""
            {"model":{"default":"claude-sonnet-4-6","provider":"custom","base_url":"{{{origin}}}/vendor/anthropic","api_key":"mol-key-6"}}
            """);
        var left = 1;
        hermes.Vendor.Instead = async context =>
        {
            if (Interlocked.Decrement(ref left) < 0)
            {
                return false;
            }

            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
            return true;
        };

        Assert.Equal("MIRELO-KAVODU", await hermes.ReplyAsync("KAVODU", "MIRELO"));
        Assert.Equal(["/vendor/anthropic/v1/messages", "/vendor/anthropic/v1/messages"], hermes.Vendor.Turns.Select(static t => t.Path));
    }

    private static void Answer(HermesServer hermes, int status, string body, int times = int.MaxValue, int? retryAfter = null) => hermes.Vendor.Instead = async context =>
    {
        if (Interlocked.Decrement(ref times) < 0)
        {
            return false;
        }

        await RefuseAsync(context, status, body, retryAfter);
        return true;
    };

    private static Task RefuseAsync(HttpContext context, int status, string body, int? retryAfter)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        if (retryAfter is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        return context.Response.WriteAsync(body);
    }

    // Without the system's message.
    private static List<string> Messages(VendorRequest request) =>
        [.. request.Body!["messages"]!.AsArray().OfType<JsonObject>().Where(static m => (string?)m["role"] is not "system").Select(static m => (string)m["content"]!)];
}

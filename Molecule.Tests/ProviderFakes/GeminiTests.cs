using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>Gemini's own methods, by the documented shapes (spec/runtimes-and-providers.md 3.6), and its errors on both of its sides.</summary>
public sealed class GeminiTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string Pro = "/a08/v1beta/models/gemini-2.5-pro";
    private static readonly string _ask = Calls.Prompt("KAVODU", "MIRELO");

    [Theory]
    [InlineData("a08", "google")]
    [InlineData("a12", "byok-gemini")]
    public async Task One_document_holds_the_answer_the_finish_and_the_usage(string path, string fake)
    {
        var secret = await SecretAsync(fake);

        var reply = await fakes.SendAsync(Ask($"/{path}/v1beta/models/gemini-2.5-flash:generateContent", _ask, Key(secret)));

        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        var candidate = Assert.Single(reply.Json.GetProperty("candidates").EnumerateArray());
        Assert.Equal(("model", "STOP", 0), (candidate.GetProperty("content").GetProperty("role").GetString(), candidate.GetProperty("finishReason").GetString(), candidate.GetProperty("index").GetInt32()));
        Assert.Equal("MIRELO-KAVODU", Text(reply.Json));
        Assert.Equal("gemini-2.5-flash", reply.Json.GetProperty("modelVersion").GetString());
        Assert.NotEmpty(reply.Json.GetProperty("responseId").GetString()!);
        var usage = reply.Json.GetProperty("usageMetadata");
        Assert.Equal(usage.GetProperty("totalTokenCount").GetInt64(), usage.GetProperty("promptTokenCount").GetInt64() + usage.GetProperty("candidatesTokenCount").GetInt64());
        var entry = await fakes.OneEntryOfAsync(secret);
        Assert.Equal((fake, CredentialForm.XGoogApiKey, "gemini-2.5-flash", false), (entry.Fake, entry.Auth, entry.Model, entry.Stream));
        Assert.Equal(("/v1beta/models/gemini-2.5-flash:generateContent", _ask, "MIRELO-KAVODU", null), (entry.Path, entry.Prompt, entry.Answer, entry.Problem));
    }

    [Fact]
    public async Task A_stream_is_frames_of_data_alone_of_which_the_last_has_the_finish_and_the_whole_usage()
    {
        var secret = await SecretAsync("google");

        var reply = await fakes.SendAsync(Ask($"{Pro}:streamGenerateContent?alt=sse", _ask, Key(secret)));

        Assert.Equal((200, "text/event-stream"), (reply.Status, reply.ContentType));
        Assert.DoesNotContain("[DONE]", reply.Text, StringComparison.Ordinal);
        Assert.All(reply.Frames, static frame => Assert.Null(frame.Event));
        IsAnAnswerInPieces([.. reply.Events]);
        var entry = await fakes.OneEntryOfAsync(secret);
        Assert.Equal(("?alt=sse", true, "gemini-2.5-pro"), (entry.Query, entry.Stream, entry.Model));
    }

    [Fact]
    public async Task Without_alt_sse_the_stream_is_one_array()
    {
        var secret = await SecretAsync("google");

        var reply = await fakes.SendAsync(Ask($"{Pro}:streamGenerateContent", _ask, Key(secret)));

        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        IsAnAnswerInPieces([.. reply.Json.EnumerateArray()]);
    }

    [Fact]
    public async Task A_key_in_the_query_is_taken_and_never_written_down()
    {
        var secret = await SecretAsync("google");

        var reply = await fakes.SendAsync(Ask($"{Pro}:streamGenerateContent?alt=sse&key={secret}", _ask));

        Assert.Equal(200, reply.Status);
        var entry = await fakes.OneEntryOfAsync(secret);
        Assert.Equal((CredentialForm.QueryKey, "?alt=sse&key=[hidden]"), (entry.Auth, entry.Query));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_function_is_called_in_one_part_and_its_response_is_read(bool isStreamed)
    {
        var secret = await SecretAsync("google");
        var path = isStreamed ? $"{Pro}:streamGenerateContent?alt=sse" : $"{Pro}:generateContent";
        var first = Ask(path, """Call the tool weather with {"city":"Odesa"}""", Key(secret)).Change(static b =>
            b["tools"] = new JsonArray(new JsonObject { ["functionDeclarations"] = new JsonArray(new JsonObject { ["name"] = "weather" }) }));

        var reply = await fakes.SendAsync(first);
        var call = (isStreamed ? Assert.Single(reply.Events) : reply.Json).GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("functionCall");

        Assert.Equal(("weather", """{"city":"Odesa"}"""), (call.GetProperty("name").GetString(), call.GetProperty("args").GetRawText()));
        var second = await fakes.SendAsync(first.Change(b =>
        {
            var contents = b["contents"]!.AsArray();
            contents.Add(new JsonObject { ["role"] = "model", ["parts"] = new JsonArray(new JsonObject { ["functionCall"] = JsonNode.Parse(call.GetRawText()) }) });
            contents.Add(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["functionResponse"] = new JsonObject { ["name"] = "weather", ["response"] = new JsonObject { ["output"] = "sleet" } } }) });
        }));
        Assert.Contains("sleet", isStreamed ? string.Concat(second.Events.Select(Text)) : Text(second.Json), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?case=unknown", "mol-of-nobody", 400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")]
    [InlineData("?case=missing", null, 403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers")]
    public async Task A_bad_key_is_not_401(string query, string? key, int status, string name, string message)
    {
        var call = Ask($"{Pro}:generateContent{query}", _ask);

        var native = await fakes.SendAsync(key is null ? call : call.With("x-goog-api-key", key));
        var chat = Calls.Of("a08 chat", "mol-of-nobody", _ask);
        var compatible = await fakes.SendAsync(key is null ? chat.Without("Authorization") : chat);

        Assert.Equal((status, status), (native.Status, compatible.Status));
        foreach (var error in (JsonElement[])[native.Json.GetProperty("error"), Assert.Single(compatible.Json.EnumerateArray()).GetProperty("error")])
        {
            Assert.Equal((status, name), (error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
            Assert.StartsWith(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
            if (key is not null)
            {
                Assert.Equal("API_KEY_INVALID", error.GetProperty("details")[0].GetProperty("reason").GetString());
            }
        }
    }

    [Theory]
    [InlineData("/a08/v1beta/models/gemini-9:generateContent", "x-goog-api-key", true, 404, "NOT_FOUND", "knows no model 'gemini-9'")]
    [InlineData("/a08/v1beta/models/gemini-2.5-pro:generateContent", "x-goog-api-key", false, 400, "INVALID_ARGUMENT", "contents is not specified")]
    [InlineData("/a08/v1beta/models/gemini-2.5-pro:generateText", "x-goog-api-key", true, 404, "NOT_FOUND", "nearest mapping is POST /v1beta/models/{model}:generateContent of google (/a08)")]
    [InlineData("/a08/v1/models/gemini-2.5-pro:generateContent", "x-goog-api-key", true, 404, "NOT_FOUND", "nearest mapping is POST /v1beta/models/{model}:generateContent")]
    [InlineData("/a08/v1beta/models/gemini-2.5-pro:generateContent", "x-api-key", true, 403, "PERMISSION_DENIED", "stands as x-api-key; google takes x-goog-api-key or query-key here")]
    public async Task A_wrong_request_is_refused_in_google_s_envelope(string path, string header, bool hasContents, int status, string name, string problem)
    {
        var secret = await SecretAsync("google");
        var call = Ask(path, _ask, (header, secret));

        var reply = await fakes.SendAsync(hasContents ? call : call.Change(static b => b.Remove("contents")));

        Assert.Equal((status, name), (reply.Status, reply.Json.GetProperty("error").GetProperty("status").GetString()));
        Assert.Contains(problem, (await fakes.OneEntryOfAsync(secret)).Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(FaultKind.BadKey, 400, "INVALID_ARGUMENT", "API key not valid")]
    [InlineData(FaultKind.RateLimit, 429, "RESOURCE_EXHAUSTED", "You exceeded your current quota")]
    [InlineData(FaultKind.QuotaExhausted, 429, "RESOURCE_EXHAUSTED", "You exceeded your current quota")]
    [InlineData(FaultKind.Overloaded, 503, "UNAVAILABLE", "The model is overloaded. Please try again later.")]
    [InlineData(FaultKind.ServerError, 500, "INTERNAL", "Internal error encountered.")]
    [InlineData(FaultKind.ContextOverflow, 400, "INVALID_ARGUMENT", "exceeds the maximum number of tokens allowed (1048576).")]
    public async Task A_turn_goes_wrong_as_it_does_at_google_on_both_sides(FaultKind kind, int status, string name, string message)
    {
        var secret = await SecretAsync("google");
        foreach (var call in (Call[])[Ask($"{Pro}:streamGenerateContent?alt=sse", _ask, Key(secret)), Calls.Of("a08 chat", secret, _ask)])
        {
            await fakes.InjectAsync(new FaultOrder("google", kind, CredentialFingerprint.Of(secret), RetryAfterSeconds: kind is FaultKind.RateLimit ? 7 : null));
            using var request = call.ToRequest();
            using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);
            var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;

            var error = (json.ValueKind is JsonValueKind.Array ? Assert.Single(json.EnumerateArray()) : json).GetProperty("error");
            Assert.Equal((status, status, name), ((int)answer.StatusCode, error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
            Assert.Contains(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.False(answer.Headers.Contains("retry-after"));
            Assert.Equal(kind is FaultKind.RateLimit, error.TryGetProperty("details", out var details) && details.EnumerateArray().Any(static d => d.TryGetProperty("retryDelay", out var delay) && delay.GetString() == "7s"));
        }
    }

    [Fact]
    public async Task A_stream_fails_with_a_frame_that_holds_the_error()
    {
        var secret = await SecretAsync("google");
        await fakes.InjectAsync(new FaultOrder("google", FaultKind.StreamError, CredentialFingerprint.Of(secret)));

        var reply = await fakes.SendAsync(Ask($"{Pro}:streamGenerateContent?alt=sse", _ask, Key(secret)));

        Assert.Equal(200, reply.Status);
        Assert.Equal((503, "UNAVAILABLE"), (reply.Events.Last().GetProperty("error").GetProperty("code").GetInt32(), reply.Events.Last().GetProperty("error").GetProperty("status").GetString()));
        Assert.DoesNotContain("STOP", reply.Text, StringComparison.Ordinal);
    }

    private static void IsAnAnswerInPieces(JsonElement[] chunks)
    {
        Assert.True(chunks.Length >= 3, $"{chunks.Length} pieces");
        Assert.Equal("MIRELO-KAVODU", string.Concat(chunks.Select(Text)));
        Assert.All(chunks[..^1], static chunk => Assert.False(chunk.GetProperty("candidates")[0].TryGetProperty("finishReason", out _)));
        Assert.Equal("STOP", chunks[^1].GetProperty("candidates")[0].GetProperty("finishReason").GetString());
        Assert.True(chunks[^1].GetProperty("usageMetadata").GetProperty("candidatesTokenCount").GetInt64() > 0);
    }

    private static string Text(JsonElement response) => response.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("text").GetString()!;

    private static (string Name, string Value) Key(string secret) => ("x-goog-api-key", secret);

    private static Call Ask(string path, string prompt, params (string Name, string Value)[] headers) => new(
        "POST", path,
        new JsonObject
        {
            ["systemInstruction"] = new JsonObject { ["parts"] = new JsonArray(new JsonObject { ["text"] = "Be brief." }) },
            ["contents"] = new JsonArray(new JsonObject { ["role"] = "user", ["parts"] = new JsonArray(new JsonObject { ["text"] = prompt }) }),
        },
        headers);

    private async Task<string> SecretAsync(string fake)
    {
        var secret = $"mol-gemini-{Guid.NewGuid():N}";
        await fakes.AcceptAsync(fake, secret);
        return secret;
    }
}

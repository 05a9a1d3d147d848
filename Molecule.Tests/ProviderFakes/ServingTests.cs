using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>What the vendors' surfaces answer to right requests, over real HTTP.</summary>
public sealed class ServingTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    [Theory]
    [InlineData("a01", CredentialForm.XApiKey)]
    [InlineData("a02", CredentialForm.BearerOauthBeta)]
    [InlineData("a03", CredentialForm.Bearer)]
    [InlineData("a04", CredentialForm.BearerAccountId)]
    [InlineData("a05", CredentialForm.XApiKey)]
    [InlineData("a05 bearer", CredentialForm.Bearer)]
    [InlineData("a06", CredentialForm.Bearer)]
    [InlineData("a06 x-api-key", CredentialForm.XApiKey)]
    [InlineData("a07", CredentialForm.Bearer)]
    [InlineData("a05 chat", CredentialForm.Bearer)]
    [InlineData("a06 chat", CredentialForm.Bearer)]
    [InlineData("a07 chat", CredentialForm.Bearer)]
    [InlineData("a08 chat", CredentialForm.Bearer)]
    [InlineData("a09", CredentialForm.Bearer)]
    [InlineData("a10", CredentialForm.XApiKey)]
    [InlineData("a11", CredentialForm.Bearer)]
    [InlineData("a12 chat", CredentialForm.Bearer)]
    [InlineData("a13", CredentialForm.Bearer)]
    [InlineData("u06", CredentialForm.Bearer)]
    [InlineData("u01", CredentialForm.XApiKey)]
    [InlineData("u02", CredentialForm.Bearer)]
    [InlineData("u02 chat", CredentialForm.Bearer)]
    [InlineData("u03", CredentialForm.Bearer)]
    [InlineData("u03 responses", CredentialForm.Bearer)]
    [InlineData("u03 chat", CredentialForm.Bearer)]
    [InlineData("u04", CredentialForm.Bearer)]
    [InlineData("u04 chat", CredentialForm.Bearer)]
    public async Task A_right_request_is_streamed_the_answer_and_stands_in_the_journal(string surface, CredentialForm form)
    {
        var secret = $"mol-serving-{surface}";
        await AcceptAsync(surface, secret);
        var call = Calls.Of(surface, secret, Calls.Prompt("KAVODU", "MIRELO"));

        var reply = await fakes.SendAsync(call);

        Assert.Equal((200, "text/event-stream"), (reply.Status, reply.ContentType));
        var deltas = reply.Events.Select(Delta).OfType<string>().ToArray();
        Assert.True(deltas.Length >= 3, $"The answer came in {deltas.Length} deltas.");
        Assert.Equal("MIRELO-KAVODU", string.Concat(deltas));
        var entry = await fakes.OneEntryOfAsync(secret);
        Assert.Equal((Calls.FakeOf(surface), form, 200, null), (entry.Fake, entry.Auth, entry.Status, entry.Problem));
        Assert.Equal((call.Path.Split('?')[0][4..], (string?)call.Body!["model"]), (entry.Path, entry.Model));
        Assert.Equal((Calls.Prompt("KAVODU", "MIRELO"), "MIRELO-KAVODU"), (entry.Prompt, entry.Answer));
        Assert.True(entry.Stream);
        Assert.Equal(Environment.ProcessId, entry.Peer?.ProcessId);
        Assert.Equal((call.Body.ToJsonString().Length + 3) / 4, entry.Tokens?.Input);
    }

    [Fact]
    public async Task Messages_are_streamed_in_named_events_of_the_documented_order()
    {
        await AcceptAsync("a01", "mol-order-1");

        var reply = await fakes.SendAsync(Calls.Of("a01", "mol-order-1", Calls.Prompt("KAVODU", "MIRELO")));

        Assert.All(reply.Frames, static f => Assert.Equal(f.Event, JsonDocument.Parse(f.Data).RootElement.GetProperty("type").GetString()));
        Assert.Equal(
            ["message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop", "message_delta", "message_stop"],
            reply.Frames.Select(static f => f.Event).Distinct());
        var start = reply.Events.First().GetProperty("message");
        Assert.Equal(("assistant", "claude-sonnet-4-6"), (start.GetProperty("role").GetString(), start.GetProperty("model").GetString()));
        Assert.Equal(0, start.GetProperty("content").GetArrayLength());
        var end = reply.Events.Single(static e => e.GetProperty("type").GetString() == "message_delta");
        Assert.Equal("end_turn", end.GetProperty("delta").GetProperty("stop_reason").GetString());
        Assert.Equal(4, end.GetProperty("usage").GetProperty("output_tokens").GetInt64());
    }

    [Theory]
    [InlineData("a03", true)]
    [InlineData("a04", false)]
    [InlineData("a07", true)]
    public async Task Responses_are_streamed_in_numbered_events_of_the_documented_order(string surface, bool completedHoldsOutput)
    {
        var secret = $"mol-order-{surface}";
        await AcceptAsync(surface, secret);

        var reply = await fakes.SendAsync(Calls.Of(surface, secret, Calls.Prompt("KAVODU", "MIRELO")));

        Assert.Equal(
            ["response.created", "response.in_progress", "response.output_item.added", "response.content_part.added", "response.output_text.delta",
                "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"],
            reply.Frames.Select(static f => f.Event).Distinct());
        Assert.Equal(Enumerable.Range(0, reply.Frames.Count), reply.Events.Select(static e => e.GetProperty("sequence_number").GetInt32()));
        Assert.All(reply.Frames, static f => Assert.Equal(f.Event, JsonDocument.Parse(f.Data).RootElement.GetProperty("type").GetString()));
        var item = reply.Events.Single(static e => e.GetProperty("type").GetString() == "response.output_item.done").GetProperty("item");
        Assert.Equal("MIRELO-KAVODU", item.GetProperty("content")[0].GetProperty("text").GetString());
        var completed = reply.Events.Last().GetProperty("response");
        Assert.NotEmpty(completed.GetProperty("id").GetString()!);
        Assert.Equal(completedHoldsOutput ? 1 : 0, completed.GetProperty("output").GetArrayLength());
        var usage = completed.GetProperty("usage");
        Assert.Equal(
            usage.GetProperty("total_tokens").GetInt64(),
            usage.GetProperty("input_tokens").GetInt64() + usage.GetProperty("output_tokens").GetInt64());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Chat_is_streamed_in_chunks_that_end_with_DONE_and_tell_usage_when_asked(bool usageAsked)
    {
        var secret = $"mol-chat-{usageAsked}";
        await AcceptAsync("u02", secret);
        var call = Calls.Of("u02 chat", secret, Calls.Prompt("KAVODU", "MIRELO")).Change(b => b["stream_options"]!["include_usage"] = usageAsked);

        var reply = await fakes.SendAsync(call);

        Assert.Equal("[DONE]", reply.Frames[^1].Data);
        Assert.All(reply.Events, static e => Assert.Equal("chat.completion.chunk", e.GetProperty("object").GetString()));
        Assert.Equal(usageAsked ? 1 : 0, reply.Events.Count(static e => e.GetProperty("choices").GetArrayLength() == 0));
        Assert.Equal("stop", reply.Events.Last(static e => e.GetProperty("choices").GetArrayLength() > 0).GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Theory]
    [InlineData("a01")]
    [InlineData("a03")]
    [InlineData("a05")]
    [InlineData("a06")]
    [InlineData("a07")]
    [InlineData("u02 chat")]
    [InlineData("u04 chat")]
    public async Task Without_a_stream_the_answer_is_one_document(string surface)
    {
        var secret = $"mol-document-{surface}";
        await AcceptAsync(surface, secret);

        var reply = await fakes.SendAsync(Calls.Of(surface, secret, Calls.Prompt("KAVODU", "MIRELO")).Change(static b => b.Remove("stream")));

        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        var json = reply.Json;
        Assert.Equal("MIRELO-KAVODU", Whole(json));
        Assert.True(json.GetProperty("usage").EnumerateObject().Where(static p => p.Value.ValueKind is JsonValueKind.Number).Sum(static p => p.Value.GetInt64()) > 0);
        var entry = await fakes.OneEntryOfAsync(secret);
        Assert.Equal((200, "MIRELO-KAVODU", false), (entry.Status, entry.Answer, entry.Stream));
    }

    [Fact]
    public async Task Tokens_are_counted_without_a_turn()
    {
        await AcceptAsync("a01", "mol-count");
        var call = Calls.Of("a01", "mol-count", "Hello").Change(static b =>
        {
            b.Remove("stream");
            b.Remove("max_tokens");
        }) with
        { Path = "/a01/v1/messages/count_tokens" };

        var reply = await fakes.SendAsync(call);

        Assert.Equal(200, reply.Status);
        Assert.Equal((call.Body!.ToJsonString().Length + 3) / 4, reply.Json.GetProperty("input_tokens").GetInt32());
    }

    [Theory]
    [InlineData("HEAD", "/a01/api/hello", 404, "")]
    [InlineData("GET", "/a04/backend-api/codex/models?client_version=0.169.0", 200, """{"models":[]}""")]
    [InlineData("GET", "/a04/backend-api/wham/settings/user", 404, """{"detail":"Not Found"}""")]
    public async Task The_calls_that_agents_make_beside_a_turn_are_known(string method, string path, int status, string body)
    {
        var secret = $"mol-beside-{path}";
        await AcceptAsync(path[1..4], secret);

        var reply = await fakes.SendAsync(new Call(method, path, null, Calls.Bearer(secret), ("ChatGPT-Account-Id", Calls.Account)));

        Assert.Equal((status, body), (reply.Status, reply.Text));
        Assert.Null((await fakes.OneEntryOfAsync(secret)).Problem);
    }

    [Theory]
    [InlineData("a01 /v1/models", "claude-sonnet-4-6")]
    [InlineData("a02 /v1/models", "claude-opus-5-5")]
    [InlineData("a03 /v1/models", "gpt-5.5")]
    [InlineData("a05 /coding/v1/models", "kimi-for-coding")]
    [InlineData("a06 /v1/models", "MiniMax-M2.7")]
    [InlineData("a07 /v1/models", "MiniMax-M2.7")]
    [InlineData("a08 /v1beta/models", "gemini-2.5-pro")]
    [InlineData("a08 chat /v1beta/openai/models", "gemini-2.5-pro")]
    [InlineData("a09 /openai/v1/models", "llama-3.3-70b-versatile")]
    [InlineData("a13 /v1/models", "kimi-k2.6")]
    [InlineData("u02 /v1/models", "gpt-5.4")]
    [InlineData("u03 /v1/models", "MiniMax-M3")]
    [InlineData("u04 /v1/models", "kimi-k2.5")]
    public async Task A_vendor_s_models_can_be_listed(string surface, string model)
    {
        var (name, path) = (surface[..surface.LastIndexOf(' ')], surface[(surface.LastIndexOf(' ') + 1)..]);
        var secret = $"mol-models-{Guid.NewGuid():N}";
        await AcceptAsync(name, secret);
        var turn = Calls.Of(name, secret, "Hello");

        // Kimi's coding gateway lists them on its OpenAI side.
        var reply = await fakes.SendAsync(new Call("GET", $"/{name[..3]}{path}", null, name == "a05" ? [Calls.Bearer(secret)] : turn.Headers));

        Assert.Equal(200, reply.Status);
        var models = reply.Json.TryGetProperty("data", out var data) ? data.EnumerateArray().Select(static m => m.GetProperty("id").GetString()) : reply.Json.GetProperty("models").EnumerateArray().Select(static m => m.GetProperty("name").GetString());
        Assert.Contains(models, id => id!.Split('/')[^1] == model);
        Assert.Null((await fakes.OneEntryOfAsync(secret)).Problem);
    }

    [Theory]
    [InlineData("a01", "/a01/v1/messages/count_tokens", "input_tokens")]
    [InlineData("a02", "/a02/v1/messages/count_tokens", "input_tokens")]
    [InlineData("a03", "/a03/v1/responses/input_tokens", "input_tokens")]
    [InlineData("a08", "/a08/v1beta/models/gemini-2.5-pro:countTokens", "totalTokens")]
    public async Task A_longer_prompt_has_more_tokens_by_the_vendor_s_own_count(string surface, string path, string field)
    {
        var secret = $"mol-tokens-{Guid.NewGuid():N}";
        await AcceptAsync(surface, secret);

        var brief = await fakes.SendAsync(Calls.Of(surface, secret, "brief") with { Path = path });
        var wordy = await fakes.SendAsync(Calls.Of(surface, secret, new string('w', 4000)) with { Path = path });
        var refused = await fakes.SendAsync(Calls.Of(surface, secret, "brief") with { Path = path, Body = new JsonObject() });

        Assert.InRange(wordy.Json.GetProperty(field).GetInt64() - brief.Json.GetProperty(field).GetInt64(), 900, 1100);
        Assert.Equal(400, refused.Status);
        Assert.All(await fakes.JournalOfAsync(secret), static e => Assert.Null(e.Answer));
    }

    [Theory]
    [InlineData("/a01/v1/v1/messages", true)]
    [InlineData("/a03/v1/v1/responses", true)]
    [InlineData("/a06/anthropic/v1/v1/messages", true)]
    [InlineData("/a03/v1/v1", true)]
    [InlineData("/a03/v1/v1beta", false)]
    [InlineData("/a03/v1/nothing", false)]
    public async Task A_doubled_v1_gets_the_vendor_s_404_with_a_mark_of_its_own(string path, bool isMarked)
    {
        var secret = $"mol-doubled-{Guid.NewGuid():N}";
        using var request = new Call("POST", path, new JsonObject(), Calls.Bearer(secret)).ToRequest();

        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Equal(isMarked ? ["doubled-v1"] : [], answer.Headers.TryGetValues("x-molecule-problem", out var marks) ? marks : []);
        Assert.Equal(isMarked, (await fakes.OneEntryOfAsync(secret)).Problem!.Contains("holds /v1 twice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Streams_that_run_at_once_do_not_mix()
    {
        string[] surfaces = ["a01", "a02", "a03", "a04", "a05", "a06", "a07", "u02 chat"];
        foreach (var surface in surfaces)
        {
            await AcceptAsync(surface, $"mol-parallel-{surface}");
        }

        var replies = await Task.WhenAll(Enumerable.Range(0, 200).Select(async n =>
        {
            var surface = surfaces[n % surfaces.Length];
            var reply = await fakes.SendAsync(Calls.Of(surface, $"mol-parallel-{surface}", Calls.Prompt($"LEFT{n}", $"RIGHT{n}")));
            return (Expected: $"RIGHT{n}-LEFT{n}", Got: string.Concat(reply.Events.Select(Delta).OfType<string>()));
        }));

        Assert.All(replies, static r => Assert.Equal(r.Expected, r.Got));
        var journaled = (await fakes.JournalAsync()).Where(static e => e.Prompt?.Contains("LEFT", StringComparison.Ordinal) == true);
        Assert.Equal(replies.Select(static r => r.Expected).Order(), journaled.Select(static e => e.Answer).Order());
    }

    private Task AcceptAsync(string surface, string secret) =>
        fakes.AcceptAsync(Calls.FakeOf(surface), secret, surface.StartsWith("a04", StringComparison.Ordinal) ? Calls.Account : null);

    private static string? Delta(JsonElement e) => e.TryGetProperty("type", out var type)
        ? type.GetString() switch
        {
            "content_block_delta" => e.GetProperty("delta").GetProperty("text").GetString(),
            "response.output_text.delta" => e.GetProperty("delta").GetString(),
            _ => null,
        }
        : e.GetProperty("choices") is { } choices && choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("content", out var text) && text.GetString() is { Length: > 0 } piece
            ? piece
            : null;

    private static string? Whole(JsonElement answer) =>
        answer.TryGetProperty("content", out var content) ? content[0].GetProperty("text").GetString()
        : answer.TryGetProperty("output", out var output) ? output[0].GetProperty("content")[0].GetProperty("text").GetString()
        : answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
}

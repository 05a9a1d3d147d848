using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Coverage.Planning;
using Molecule.Harness.Drift;
using Molecule.Harness.Runs;
using Molecule.Tests.ProviderFakes;

namespace Molecule.Tests.Drift;

/// <summary>Each answer of the fakes, read strictly by the model of its vendor's own SDK.</summary>
public sealed class FakeAnswerTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string Secret = "mol-drift-0001";
    private const string Ask = "Here are two words: VENORI and KASUTE. Join them in reverse order with a single dash and reply with nothing else.";
    private const string CallWeather = """Call the tool weather with {"city":"Lviv"}""";

    private static readonly Deviations _deviations = Deviations.Read(PlanFile.Load(Repository.Find(AppContext.BaseDirectory).DeviationsFile));

    public static TheoryData<string> MessageSurfaces => ["a01", "a02", "a05", "a06", "u01", "u03", "u04"];

    public static TheoryData<string> ResponseSurfaces => ["a03", "a04", "a07", "u02", "u03 responses"];

    public static TheoryData<string> WholeResponseSurfaces => ["a03", "a07", "u02"];

    public static TheoryData<string> ChatSurfaces => ["a06 chat", "a07 chat", "a08 chat", "a09", "a11", "a12 chat", "a13", "u02 chat", "u03 chat", "u04 chat", "u06"];

    [Theory]
    [MemberData(nameof(MessageSurfaces))]
    public async Task A_message_has_every_member_of_its_model_and_no_other(string surface) =>
        Assert.Empty(Drift(VendorModels.Message, [await DocumentAsync(surface)]));

    [Theory]
    [MemberData(nameof(MessageSurfaces))]
    public async Task Each_event_of_a_message_has_every_member_of_its_model_and_no_other(string surface) =>
        Assert.Empty(Drift(VendorModels.MessageEvent, await EventsAsync(surface, Ask)));

    [Theory]
    [MemberData(nameof(WholeResponseSurfaces))]
    public async Task A_response_has_every_member_of_its_model_and_no_other(string surface) =>
        Assert.Empty(Drift(VendorModels.Response, [await DocumentAsync(surface)]));

    [Theory]
    [MemberData(nameof(ResponseSurfaces))]
    public async Task Each_event_of_a_response_has_every_member_of_its_model_and_no_other(string surface) =>
        Assert.Empty(Drift(VendorModels.ResponseEvent, await EventsAsync(surface, Ask)));

    [Theory]
    [MemberData(nameof(ChatSurfaces))]
    public async Task A_completion_has_every_member_of_its_model_and_no_other(string surface) =>
        Assert.Empty(Drift(VendorModels.Completion, [await DocumentAsync(surface)]));

    [Theory]
    [MemberData(nameof(ChatSurfaces))]
    public async Task Each_chunk_of_a_completion_has_every_member_of_its_model_and_no_other(string surface) =>
        Assert.Empty(Drift(VendorModels.CompletionChunk, await EventsAsync(surface, Ask)));

    [Theory]
    [InlineData("a01")]
    [InlineData("a03")]
    [InlineData("a11")]
    public async Task A_call_of_a_tool_is_read_whole(string surface)
    {
        var (whole, events) = Models(surface);
        Assert.Empty(Drift(whole, [await DocumentAsync(surface, CallWeather)]));
        Assert.Empty(Drift(events, await EventsAsync(surface, CallWeather)));
    }

    [Fact]
    public async Task The_lists_of_models_and_the_number_of_tokens_have_every_member_and_no_other()
    {
        await fakes.AcceptAsync("anthropic-api", Secret);
        await fakes.AcceptAsync("openai-api", Secret);
        var counted = await fakes.SendAsync(Calls.Of("a01", Secret, Ask) with { Path = "/a01/v1/messages/count_tokens" });
        var claude = await fakes.SendAsync(new Call("GET", "/a01/v1/models", null, ("x-api-key", Secret)));
        var gpt = await fakes.SendAsync(new Call("GET", "/a03/v1/models", null, Calls.Bearer(Secret)));

        Assert.Equal((200, 200, 200), (counted.Status, claude.Status, gpt.Status));
        Assert.Empty(Drift(VendorModels.MessageTokens, [counted.Json]));
        Assert.Empty(Drift(VendorModels.MessageModels, [claude.Json]));
        Assert.Empty(Drift(VendorModels.OpenAIModels, [gpt.Json]));
    }

    [Theory]
    [InlineData("a01", "x-api-key", 401)]
    [InlineData("a01", "model", 404)]
    public async Task A_refusal_of_messages_has_every_member_and_no_other(string surface, string wrong, int status)
    {
        await fakes.AcceptAsync(Calls.FakeOf(surface), Secret);
        var call = Calls.Of(surface, Secret, Ask);
        var reply = await fakes.SendAsync(wrong == "model" ? call.Change(static body => body["model"] = "no-such-model") : call.With(wrong, "mol-unknown"));

        Assert.Equal(status, reply.Status);
        Assert.Empty(Drift(VendorModels.MessageError, [reply.Json]));
    }

    // Must-fire on the fakes' own answers: a member that is put in, and one that is taken out, at each wire.
    [Theory]
    [InlineData("a01", "usage")]
    [InlineData("a03", "id")]
    [InlineData("a11", "model")]
    public async Task A_member_more_and_a_member_less_are_drift(string surface, string needed)
    {
        var (whole, events) = Models(surface);
        var changed = JsonObject.Create(await DocumentAsync(surface))!;
        changed["of_no_vendor"] = new JsonObject { ["a"] = 1 };
        changed.Remove(needed);
        var frames = (await EventsAsync(surface, Ask)).Select(static e => JsonObject.Create(e)!).ToList();
        frames[0]["of_no_vendor"] = 1;

        Assert.Equal(
            [new MemberFinding(needed, MemberFault.Missing), new MemberFinding("of_no_vendor", MemberFault.Unknown)],
            Drift(whole, [JsonSerializer.SerializeToElement(changed)]).OrderByDescending(static f => f.Fault));
        Assert.Equal([new MemberFinding("of_no_vendor", MemberFault.Unknown)], Drift(events, frames.Select(static f => JsonSerializer.SerializeToElement(f))));
    }

    private static (IVendorModel Whole, IVendorModel Events) Models(string surface) => surface switch
    {
        "a01" => (VendorModels.Message, VendorModels.MessageEvent),
        "a03" => (VendorModels.Response, VendorModels.ResponseEvent),
        _ => (VendorModels.Completion, VendorModels.CompletionChunk),
    };

    private static ImmutableArray<MemberFinding> Drift(IVendorModel model, IEnumerable<JsonElement> documents) =>
        _deviations.Sift(model, "answer", [.. documents.SelectMany(document => model.Read(document)).Distinct()]);

    private async Task<JsonElement> DocumentAsync(string surface, string prompt = Ask)
    {
        var reply = await SendAsync(surface, prompt, isStreamed: false);
        return reply.Json;
    }

    private async Task<ImmutableArray<JsonElement>> EventsAsync(string surface, string prompt)
    {
        var reply = await SendAsync(surface, prompt, isStreamed: true);
        Assert.NotEmpty(reply.Events);
        return [.. reply.Events];
    }

    private async Task<Reply> SendAsync(string surface, string prompt, bool isStreamed)
    {
        await fakes.AcceptAsync(Calls.FakeOf(surface), Secret, surface == "a04" ? Calls.Account : null);
        var reply = await fakes.SendAsync(Calls.Of(surface, Secret, prompt).Change(body =>
        {
            body["stream"] = isStreamed;
            if (!isStreamed)
            {
                body.Remove("stream_options");
            }

            if (prompt == CallWeather)
            {
                var named = new JsonObject { ["name"] = "weather" };
                body["tools"] = new JsonArray(surface is "a11" ? new JsonObject { ["type"] = "function", ["function"] = named } : Typed(named, surface));
            }
        }));
        Assert.Equal(200, reply.Status);
        return reply;
    }

    private static JsonObject Typed(JsonObject tool, string surface)
    {
        if (surface is "a03")
        {
            tool["type"] = "function";
        }

        return tool;
    }
}

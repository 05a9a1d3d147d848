using System.Net;
using System.Text;
using System.Text.Json;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using Anthropic.Models.Models;

namespace Molecule.Tests.ProviderFakes;

/// <summary>The vendor's own C# SDK, which reads each answer strictly by the vendor's models, as the client of every Messages surface.</summary>
public sealed class AnthropicSdkTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string Ask = "Here are two words: KAVODU and MIRELO. Join them in reverse order with a single dash and reply with nothing else.";
    private const string Expected = "MIRELO-KAVODU";

    private static readonly Dictionary<string, JsonElement> _city = new() { ["city"] = JsonElement.Parse("""{"type":"string"}""") };

    public static TheoryData<string> Surfaces => ["a01", "a02", "a05", "a05 bearer", "a06", "a06 x-api-key", "u01", "u03", "u04"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task A_message_comes_back_whole_and_valid(string surface)
    {
        var (client, model) = await ClientAsync(surface);
        using (client)
        {
            var message = await client.Messages.Create(Turn(model, Ask), Cancelled);

            Assert.Equal(Expected, Assert.IsType<TextBlock>(Assert.Single(message.Content).Value).Text);
            Assert.Equal("end_turn", message.StopReason!.Raw());
            Assert.Equal(model, message.Model.Raw());
            Assert.True(message.Usage.InputTokens > 0 && message.Usage.OutputTokens > 0);
        }
    }

    [Theory]
    [MemberData(nameof(Surfaces))]
    public async Task A_stream_s_deltas_make_up_the_answer_in_several_pieces(string surface)
    {
        var (client, model) = await ClientAsync(surface);
        using (client)
        {
            var text = new StringBuilder();
            var (pieces, stop) = (0, "");
            await foreach (var happened in client.Messages.CreateStreaming(Turn(model, Ask), Cancelled))
            {
                switch (happened.Value)
                {
                    case RawContentBlockDeltaEvent { Delta.Value: TextDelta delta }:
                        text.Append(delta.Text);
                        pieces++;
                        break;
                    case RawMessageDeltaEvent ended:
                        stop = ended.Delta.StopReason!.Raw();
                        break;
                }
            }

            Assert.Equal((Expected, "end_turn"), (text.ToString(), stop));
            Assert.True(pieces > 1, $"{pieces} pieces");
        }
    }

    [Theory]
    [InlineData("a01", false)]
    [InlineData("a01", true)]
    [InlineData("a06", true)]
    public async Task A_tool_is_called_by_its_schema_and_its_result_is_read(string surface, bool isStreamed)
    {
        var (client, model) = await ClientAsync(surface);
        using (client)
        {
            var first = Turn(model, """Call the tool weather with {"city":"Lviv"}""") with { Tools = [new Tool { Name = "weather", InputSchema = new InputSchema { Properties = _city, Required = ["city"] } }] };

            var (id, name, input, stop) = isStreamed ? await CallOfStreamAsync(client, first) : await CallOfMessageAsync(client, first);

            Assert.Equal(("weather", """{"city":"Lviv"}""", "tool_use"), (name, input, stop));
            var second = first with
            {
                Messages =
                [
                    .. first.Messages,
                    new AssistantMessageParam(new List<ContentBlockParam> { new ToolUseBlockParam { ID = id, Name = name, Input = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(input)! } }),
                    new UserMessageParam(new List<ContentBlockParam> { new ToolResultBlockParam(id) { Content = "sleet, 3 degrees" } }),
                ],
            };
            var answer = await client.Messages.Create(second, Cancelled);
            Assert.Contains("sleet, 3 degrees", Assert.IsType<TextBlock>(Assert.Single(answer.Content).Value).Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_tool_that_the_request_does_not_have_is_not_called()
    {
        var (client, model) = await ClientAsync("a01");
        using (client)
        {
            var message = await client.Messages.Create(Turn(model, """Call the tool weather with {"city":"Lviv"}"""), Cancelled);

            Assert.IsType<TextBlock>(Assert.Single(message.Content).Value);
        }
    }

    [Fact]
    public async Task Tokens_are_counted_and_a_longer_prompt_has_more()
    {
        var (client, model) = await ClientAsync("a01");
        using (client)
        {
            var brief = await client.Messages.CountTokens(new MessageCountTokensParams { Model = model, Messages = [new UserMessageParam("brief")] }, Cancelled);
            var wordy = await client.Messages.CountTokens(new MessageCountTokensParams { Model = model, Messages = [new UserMessageParam(new string('w', 4000))] }, Cancelled);

            Assert.InRange(wordy.InputTokens - brief.InputTokens, 900, 1100);
        }
    }

    [Fact]
    public async Task The_models_are_those_that_serve()
    {
        var (client, _) = await ClientAsync("a01");
        using (client)
        {
            // Not validated: capabilities, lifecycle and limits of each model are no part of what the fake knows.
            var models = (await client.WithOptions(static o => o with { ResponseValidation = false }).Models.List(new ModelListParams(), Cancelled)).Items.Select(static m => m.ID).ToArray();

            Assert.Contains("claude-sonnet-4-6", models);
            foreach (var model in models)
            {
                Assert.Single((await client.Messages.Create(Turn(model, Ask), Cancelled)).Content);
            }
        }
    }

    [Theory]
    [InlineData("a01", HttpStatusCode.NotFound)]
    [InlineData("a05", HttpStatusCode.NotFound)]
    [InlineData("a06", HttpStatusCode.BadRequest)]
    public async Task Refusals_are_the_exceptions_that_the_sdk_has_for_them(string surface, HttpStatusCode unknownModel)
    {
        var (client, model) = await ClientAsync(surface);
        using (client)
        {
            var unknown = await Assert.ThrowsAnyAsync<Anthropic4xxException>(() => client.Messages.Create(Turn("no-such-model", Ask), Cancelled));
            Assert.Equal(unknownModel, unknown.StatusCode);
            await Assert.ThrowsAsync<AnthropicBadRequestException>(() => client.Messages.Create(Turn(model, Ask) with { Messages = [] }, Cancelled));
        }

        var (stranger, _) = await ClientAsync(surface, isAccepted: false);
        using (stranger)
        {
            var refused = await Assert.ThrowsAsync<AnthropicUnauthorizedException>(() => stranger.Messages.Create(Turn(model, Ask), Cancelled));
            Assert.Contains("authentication_error", refused.ResponseBody, StringComparison.Ordinal);
        }
    }

    private static async Task<(string Id, string Name, string Input, string Stop)> CallOfMessageAsync(AnthropicClient client, MessageCreateParams request)
    {
        var message = await client.Messages.Create(request, Cancelled);
        var call = Assert.IsType<ToolUseBlock>(Assert.Single(message.Content).Value);
        return (call.ID, call.Name, JsonSerializer.Serialize(call.Input), message.StopReason!.Raw());
    }

    private static async Task<(string Id, string Name, string Input, string Stop)> CallOfStreamAsync(AnthropicClient client, MessageCreateParams request)
    {
        var input = new StringBuilder();
        var (id, name, stop) = ("", "", "");
        await foreach (var happened in client.Messages.CreateStreaming(request, Cancelled))
        {
            switch (happened.Value)
            {
                case RawContentBlockStartEvent { ContentBlock.Value: ToolUseBlock call }:
                    (id, name) = (call.ID, call.Name);
                    break;
                case RawContentBlockDeltaEvent { Delta.Value: InputJsonDelta delta }:
                    input.Append(delta.PartialJson);
                    break;
                case RawMessageDeltaEvent ended:
                    stop = ended.Delta.StopReason!.Raw();
                    break;
            }
        }

        return (id, name, input.ToString(), stop);
    }

    private static MessageCreateParams Turn(string model, string prompt) =>
        new() { Model = model, MaxTokens = 2048, Messages = [new UserMessageParam(prompt)], Thinking = new ThinkingConfigEnabled(1024) };

    private async Task<(AnthropicClient Client, string Model)> ClientAsync(string surface, bool isAccepted = true)
    {
        var secret = $"mol-sdk-{Guid.NewGuid():N}";
        if (isAccepted)
        {
            await fakes.AcceptAsync(Calls.FakeOf(surface), secret);
        }

        var (path, model, isBearer, (name, value)) = surface switch
        {
            "a01" => ("/a01", "claude-sonnet-4-6", false, ("X-Nothing", "x")),
            "a02" => ("/a02", "claude-sonnet-5-5", true, ("anthropic-beta", "oauth-2025-04-20")),
            "a05" => ("/a05/coding", "kimi-for-coding", false, ("X-Msh-Platform", "molecule-tests")),
            "a05 bearer" => ("/a05/coding", "kimi-for-coding", true, ("X-Msh-Platform", "molecule-tests")),
            "a06" => ("/a06/anthropic", "MiniMax-M2.7", true, ("X-Nothing", "x")),
            "a06 x-api-key" => ("/a06/anthropic", "MiniMax-M2.7", false, ("X-Nothing", "x")),
            "u01" => ("/u01", "claude-opus-4-7", false, ("X-Nothing", "x")),
            "u03" => ("/u03/anthropic", "MiniMax-M3", true, ("X-Nothing", "x")),
            "u04" => ("/u04/anthropic", "kimi-k2.5", true, ("X-Nothing", "x")),
            _ => throw new ArgumentOutOfRangeException(nameof(surface), surface, "No such surface."),
        };
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        var address = new Uri(fakes.Address, path).AbsoluteUri;
        return (isBearer
            ? new AnthropicClient { HttpClient = http, BaseUrl = address, AuthToken = secret, MaxRetries = 0, ResponseValidation = true }
            : new AnthropicClient { HttpClient = http, BaseUrl = address, ApiKey = secret, MaxRetries = 0, ResponseValidation = true }, model);
    }
}

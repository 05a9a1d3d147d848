#pragma warning disable OPENAI001 // The Responses client is marked experimental; it is the wire that codex speaks.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using OpenAI.Responses;

namespace Molecule.Tests.ProviderFakes;

/// <summary>The vendor's own C# SDK as the client of every surface that speaks OpenAI's wires.</summary>
public sealed class OpenAISdkTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string Ask = "Here are two words: SOPIRA and TELUNO. Join them in reverse order with a single dash and reply with nothing else.";
    private const string Expected = "TELUNO-SOPIRA";
    private const string CallWeather = """Call the tool weather with {"city":"Odesa"}""";
    private const string Sleet = "sleet, 3 degrees";

    private static readonly BinaryData _schema = BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""");

    public static TheoryData<string> ResponsesSurfaces => ["a03", "a04", "a07", "u02", "u03 responses"];

    public static TheoryData<string> ChatSurfaces => ["a06 chat", "a07 chat", "a08 chat", "a09", "a11", "a12 chat", "a13", "u02 chat", "u03 chat", "u04 chat", "u06"];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ResponsesSurfaces))]
    public async Task A_stream_of_responses_makes_up_the_answer_in_several_pieces(string surface)
    {
        var (client, model) = await ResponsesAsync(surface);
        var text = new StringBuilder();
        var pieces = 0;
        ResponseResult? completed = null;
        await foreach (var update in await client.CreateResponseStreamingAsync(Turn(model, Ask, isStreamed: true), Cancelled))
        {
            switch (update)
            {
                case StreamingResponseOutputTextDeltaUpdate delta:
                    text.Append(delta.Delta);
                    pieces++;
                    break;
                case StreamingResponseCompletedUpdate done:
                    completed = done.Response;
                    break;
            }
        }

        Assert.Equal(Expected, text.ToString());
        Assert.True(pieces > 1, $"{pieces} pieces");
        Assert.Equal(ResponseStatus.Completed, completed?.Status);
        Assert.True(completed!.Usage.InputTokenCount > 0 && completed.Usage.OutputTokenCount > 0);
    }

    [Theory]
    [InlineData("a03")]
    [InlineData("a07")]
    [InlineData("u02")]
    public async Task A_response_comes_back_whole(string surface)
    {
        var (client, model) = await ResponsesAsync(surface);

        var response = (await client.CreateResponseAsync(Turn(model, Ask), Cancelled)).Value;

        Assert.Equal((Expected, model), (response.GetOutputText(), response.Model));
    }

    [Theory]
    [InlineData("a03", false)]
    [InlineData("a03", true)]
    [InlineData("a07", true)]
    public async Task A_function_is_called_and_its_output_is_read(string surface, bool isStreamed)
    {
        var (client, model) = await ResponsesAsync(surface);
        var first = Turn(model, CallWeather, isStreamed);
        first.Tools.Add(ResponseTool.CreateFunctionTool("weather", _schema, true, "the weather"));
        FunctionCallResponseItem? call = null;
        var arguments = new StringBuilder();
        if (isStreamed)
        {
            await foreach (var update in await client.CreateResponseStreamingAsync(first, Cancelled))
            {
                switch (update)
                {
                    case StreamingResponseFunctionCallArgumentsDeltaUpdate delta:
                        arguments.Append(delta.Delta.ToString());
                        break;
                    case StreamingResponseOutputItemDoneUpdate { Item: FunctionCallResponseItem done }:
                        call = done;
                        break;
                }
            }

            Assert.Equal(call?.FunctionArguments.ToString(), arguments.ToString());
        }
        else
        {
            call = Assert.IsType<FunctionCallResponseItem>(Assert.Single((await client.CreateResponseAsync(first, Cancelled)).Value.OutputItems));
        }

        Assert.Equal(("weather", """{"city":"Odesa"}"""), (call!.FunctionName, call.FunctionArguments.ToString()));
        var second = Turn(model, CallWeather);
        second.InputItems.Add(call);
        second.InputItems.Add(ResponseItem.CreateFunctionCallOutputItem(call.CallId, Sleet));
        Assert.Contains(Sleet, (await client.CreateResponseAsync(second, Cancelled)).Value.GetOutputText(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(ChatSurfaces))]
    public async Task A_chat_answers_whole_and_in_pieces(string surface)
    {
        var client = await ChatAsync(surface);

        var completion = (await client.CompleteChatAsync([new UserChatMessage(Ask)], cancellationToken: Cancelled)).Value;
        var text = new StringBuilder();
        var finished = new List<ChatFinishReason>();
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage(Ask)], cancellationToken: Cancelled))
        {
            foreach (var part in update.ContentUpdate)
            {
                text.Append(part.Text);
            }

            if (update.FinishReason is { } reason)
            {
                finished.Add(reason);
            }
        }

        Assert.Equal((Expected, ChatFinishReason.Stop), (Assert.Single(completion.Content).Text, completion.FinishReason));
        Assert.True(completion.Usage.InputTokenCount > 0 && completion.Usage.OutputTokenCount > 0);
        Assert.Equal(Expected, text.ToString());
        Assert.Equal([ChatFinishReason.Stop], finished);
    }

    [Fact]
    public async Task A_chat_calls_a_function_whole_and_in_pieces_and_reads_its_result()
    {
        var client = await ChatAsync("u02 chat");
        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("weather", "the weather", _schema) } };

        var completion = (await client.CompleteChatAsync([new UserChatMessage(CallWeather)], options, Cancelled)).Value;
        var streamed = new StringBuilder();
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage(CallWeather)], options, Cancelled))
        {
            foreach (var part in update.ToolCallUpdates)
            {
                streamed.Append(part.FunctionArgumentsUpdate?.ToString());
            }
        }

        var call = Assert.Single(completion.ToolCalls);
        Assert.Equal((ChatFinishReason.ToolCalls, "weather", """{"city":"Odesa"}"""), (completion.FinishReason, call.FunctionName, call.FunctionArguments.ToString()));
        Assert.Equal("""{"city":"Odesa"}""", streamed.ToString());
        var answer = (await client.CompleteChatAsync([new UserChatMessage(CallWeather), new AssistantChatMessage(completion), new ToolChatMessage(call.Id, Sleet)], options, Cancelled)).Value;
        Assert.Contains(Sleet, Assert.Single(answer.Content).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_models_are_those_that_serve()
    {
        var secret = await SecretAsync("a03");
        var models = (await new OpenAIModelClient(new ApiKeyCredential(secret), Options<OpenAIClientOptions>("/a03/v1")).GetModelsAsync(Cancelled)).Value.Select(static m => m.Id).ToArray();

        Assert.Contains("gpt-5.5", models);
        foreach (var model in models)
        {
            var response = (await new ResponsesClient(new ApiKeyCredential(secret), Options<ResponsesClientOptions>("/a03/v1")).CreateResponseAsync(Turn(model, Ask), Cancelled)).Value;
            Assert.Equal(Expected, response.GetOutputText());
        }
    }

    [Theory]
    [InlineData("a03")]
    [InlineData("a07")]
    public async Task Refusals_are_client_results_with_the_vendor_s_status(string surface)
    {
        var (client, model) = await ResponsesAsync(surface);
        var (stranger, _) = await ResponsesAsync(surface, isAccepted: false);

        var unknown = await Assert.ThrowsAsync<ClientResultException>(() => client.CreateResponseAsync(Turn("no-such-model", Ask), Cancelled));
        var refused = await Assert.ThrowsAsync<ClientResultException>(() => stranger.CreateResponseAsync(Turn(model, Ask), Cancelled));

        Assert.Equal(401, refused.Status);
        Assert.True(unknown.Status is 400 or 404, $"{unknown.Status}");
    }

    private static CreateResponseOptions Turn(string model, string prompt, bool isStreamed = false) =>
        new(model, [ResponseItem.CreateUserMessageItem(prompt)]) { StreamingEnabled = isStreamed ? true : null, StoredOutputEnabled = false };

    private async Task<(ResponsesClient Client, string Model)> ResponsesAsync(string surface, bool isAccepted = true)
    {
        var (path, model) = surface switch
        {
            "a03" => ("/a03/v1", "gpt-5.5"),
            "a04" => ("/a04/backend-api/codex", "gpt-5.5"),
            "a07" => ("/a07/v1", "codex-MiniMax-M2.7"),
            "u02" => ("/u02/v1", "gpt-5.4"),
            "u03 responses" => ("/u03/v1", "MiniMax-M2.7"),
            _ => throw new ArgumentOutOfRangeException(nameof(surface), surface, "No such surface."),
        };
        return (new ResponsesClient(new ApiKeyCredential(await SecretAsync(surface, isAccepted)), Options<ResponsesClientOptions>(path)), model);
    }

    private async Task<ChatClient> ChatAsync(string surface)
    {
        var (path, model) = surface switch
        {
            "a06 chat" => ("/a06/v1", "MiniMax-M2.7"),
            "a07 chat" => ("/a07/v1", "MiniMax-M2.7-highspeed"),
            "a08 chat" => ("/a08/v1beta/openai", "gemini-2.5-flash"),
            "a09" => ("/a09/openai/v1", "llama-3.3-70b-versatile"),
            "a11" => ("/a11/v1", "gpt-4.1-mini"),
            "a12 chat" => ("/a12/v1beta/openai", "models/gemini-2.5-pro"),
            "a13" => ("/a13/v1", "kimi-k2.5"),
            "u06" => ("/u06/v1beta/openai", "gemini-2.5-pro"),
            "u02 chat" => ("/u02/v1", "gpt-5.4-mini"),
            "u03 chat" => ("/u03/v1", "MiniMax-M2.7-highspeed"),
            "u04 chat" => ("/u04/v1", "kimi-k2.6"),
            _ => throw new ArgumentOutOfRangeException(nameof(surface), surface, "No such surface."),
        };
        return new ChatClient(model, new ApiKeyCredential(await SecretAsync(surface)), Options<OpenAIClientOptions>(path));
    }

    private async Task<string> SecretAsync(string surface, bool isAccepted = true)
    {
        var secret = $"mol-sdk-{Guid.NewGuid():N}";
        if (isAccepted)
        {
            await fakes.AcceptAsync(Calls.FakeOf(surface), secret, surface == "a04" ? Calls.Account : null);
        }

        return secret;
    }

    private T Options<T>(string path)
        where T : ClientPipelineOptions, new()
    {
        // The ChatGPT backend asks for the account; the other vendors pass over the header.
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.TryAddWithoutValidation("ChatGPT-Account-Id", path.StartsWith("/a04", StringComparison.Ordinal) ? Calls.Account : null);
        var options = new T { RetryPolicy = new ClientRetryPolicy(0), Transport = new HttpClientPipelineTransport(http) };
        switch (options)
        {
            case OpenAIClientOptions openAI:
                openAI.Endpoint = new Uri(fakes.Address, path);
                break;
            case ResponsesClientOptions responses:
                responses.Endpoint = new Uri(fakes.Address, path);
                break;
        }

        return options;
    }
}

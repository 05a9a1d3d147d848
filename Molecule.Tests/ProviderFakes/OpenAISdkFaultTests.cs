#pragma warning disable OPENAI001 // The Responses client is marked experimental; it is the wire that codex speaks.
using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Sockets;
using System.Text.Json;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Responses;

namespace Molecule.Tests.ProviderFakes;

/// <summary>Every kind of fault on OpenAI's two wires as the vendor's own C# SDK tells it to a program.</summary>
public sealed class OpenAISdkFaultTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private readonly string _secret = $"mol-sdk-{Guid.NewGuid():N}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("openai-api", FaultKind.BadKey, 401)]
    [InlineData("openai-api", FaultKind.RateLimit, 429)]
    [InlineData("openai-api", FaultKind.QuotaExhausted, 429)]
    [InlineData("openai-api", FaultKind.Overloaded, 503)]
    [InlineData("openai-api", FaultKind.ServerError, 500)]
    [InlineData("openai-api", FaultKind.ContextOverflow, 400)]
    [InlineData("openai-subscription", FaultKind.UsageLimit, 429)]
    [InlineData("openai-subscription", FaultKind.Overloaded, 503)]
    [InlineData("byok-minimax", FaultKind.QuotaExhausted, 429)]
    [InlineData("byok-minimax", FaultKind.UsageLimit, 429)]
    public async Task A_refusal_of_a_response_is_a_client_result_with_the_vendor_s_status(string fake, FaultKind kind, int status)
    {
        var client = await ResponsesAsync(fake);
        await InjectAsync(fake, kind);

        var refused = await Assert.ThrowsAsync<ClientResultException>(() => ReadAsync(client, fake));

        Assert.Equal(status, refused.Status);
    }

    [Theory]
    [InlineData("openai-api", FaultKind.RateLimit, 429)]
    [InlineData("openai-api", FaultKind.ContextOverflow, 400)]
    [InlineData("groq", FaultKind.RateLimit, 429)]
    [InlineData("groq", FaultKind.Overloaded, 498)]
    [InlineData("groq", FaultKind.ContextOverflow, 400)]
    [InlineData("google", FaultKind.BadKey, 400)]
    [InlineData("google", FaultKind.Overloaded, 503)]
    [InlineData("upstream-moonshot", FaultKind.QuotaExhausted, 429)]
    [InlineData("upstream-moonshot", FaultKind.Overloaded, 429)]
    public async Task A_refusal_of_a_completion_is_a_client_result_with_the_vendor_s_status(string fake, FaultKind kind, int status)
    {
        var client = await ChatAsync(fake);
        await InjectAsync(fake, kind);

        var whole = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync([new UserChatMessage("Hello")], cancellationToken: Cancelled));
        var streamed = await Assert.ThrowsAsync<ClientResultException>(() => ReadAsync(client));

        Assert.Equal((status, status), (whole.Status, streamed.Status));
    }

    [Theory]
    [InlineData("openai-api", FaultKind.StreamError, "server_error")]
    [InlineData("openai-subscription", FaultKind.ContextOverflow, "context_length_exceeded")]
    [InlineData("openai-subscription", FaultKind.RateLimit, "rate_limit_exceeded")]
    public async Task A_failure_in_a_stream_of_a_response_is_its_last_update(string fake, FaultKind kind, string code)
    {
        var client = await ResponsesAsync(fake);
        await InjectAsync(fake, kind);

        var failed = Assert.IsType<StreamingResponseFailedUpdate>((await ReadAsync(client, fake))[^1]);

        Assert.Equal((ResponseStatus.Failed, code), (failed.Response.Status, failed.Response.Error.Code.ToString()));
    }

    [Fact]
    public async Task A_cut_stream_of_a_response_is_never_completed()
    {
        var client = await ResponsesAsync("openai-api");
        await InjectAsync("openai-api", FaultKind.StreamCut);

        var updates = await ReadAsync(client, "openai-api");

        Assert.Equal(2, updates.Count);
        Assert.DoesNotContain(updates, static update => update is StreamingResponseCompletedUpdate);
    }

    // The SDK has no eye for an error object in place of a chunk: what a program sees of it is the missing reason.
    [Theory]
    [InlineData(FaultKind.StreamCut)]
    [InlineData(FaultKind.StreamError)]
    public async Task A_stream_of_a_completion_that_breaks_has_no_finish_reason(FaultKind kind)
    {
        var client = await ChatAsync("openai-api");
        Assert.Contains(ChatFinishReason.Stop, await ReadAsync(client));
        await InjectAsync("openai-api", kind);

        Assert.All(await ReadAsync(client), static reason => Assert.Null(reason));
    }

    [Fact]
    public async Task A_malformed_frame_is_an_exception_about_the_json()
    {
        var (responses, chat) = (await ResponsesAsync("openai-api"), await ChatAsync("openai-api"));
        await InjectAsync("openai-api", FaultKind.MalformedStream);

        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(responses, "openai-api"));
        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(chat));
    }

    [Fact]
    public async Task A_reset_is_an_exception_about_the_connection()
    {
        var (responses, chat) = (await ResponsesAsync("openai-api"), await ChatAsync("openai-api"));
        await InjectAsync("openai-api", FaultKind.StreamReset);

        foreach (var broken in (Exception?[])[await Record.ExceptionAsync(() => ReadAsync(responses, "openai-api")), await Record.ExceptionAsync(() => ReadAsync(chat))])
        {
            Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(broken!.GetBaseException()).SocketErrorCode);
        }
    }

    private static async Task<List<StreamingResponseUpdate>> ReadAsync(ResponsesClient client, string fake)
    {
        var updates = new List<StreamingResponseUpdate>();
        var model = fake == "byok-minimax" ? "codex-MiniMax-M2.7" : "gpt-5.5";
        await foreach (var update in await client.CreateResponseStreamingAsync(
            new CreateResponseOptions(model, [ResponseItem.CreateUserMessageItem("Hello")]) { StreamingEnabled = true, StoredOutputEnabled = false }, Cancelled))
        {
            updates.Add(update);
        }

        return updates;
    }

    private static async Task<List<ChatFinishReason?>> ReadAsync(ChatClient client)
    {
        var reasons = new List<ChatFinishReason?>();
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Hello")], cancellationToken: Cancelled))
        {
            reasons.Add(update.FinishReason);
        }

        return reasons;
    }

    private async Task InjectAsync(string fake, FaultKind kind) => await fakes.InjectAsync(new FaultOrder(fake, kind, CredentialFingerprint.Of(_secret)));

    private async Task<ResponsesClient> ResponsesAsync(string fake)
    {
        await fakes.AcceptAsync(fake, _secret, fake == "openai-subscription" ? Calls.Account : null);
        var path = fake switch { "openai-subscription" => "/a04/backend-api/codex", "byok-minimax" => "/a07/v1", _ => "/a03/v1" };
        return new ResponsesClient(new ApiKeyCredential(_secret), new ResponsesClientOptions { Endpoint = new Uri(fakes.Address, path), RetryPolicy = new ClientRetryPolicy(0), Transport = Transport(fake) });
    }

    private async Task<ChatClient> ChatAsync(string fake)
    {
        await fakes.AcceptAsync(fake, _secret);
        var (path, model) = fake switch
        {
            "groq" => ("/a09/openai/v1", "llama-3.3-70b-versatile"),
            "google" => ("/a08/v1beta/openai", "gemini-2.5-pro"),
            "upstream-moonshot" => ("/u04/v1", "kimi-k2.6"),
            _ => ("/a03/v1", "gpt-5.5"),
        };
        return new ChatClient(model, new ApiKeyCredential(_secret), new OpenAIClientOptions { Endpoint = new Uri(fakes.Address, path), RetryPolicy = new ClientRetryPolicy(0), Transport = Transport(fake) });
    }

    private static HttpClientPipelineTransport Transport(string fake)
    {
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.TryAddWithoutValidation("ChatGPT-Account-Id", fake == "openai-subscription" ? Calls.Account : null);
        return new HttpClientPipelineTransport(http);
    }
}

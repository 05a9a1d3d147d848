using System.Net;
using System.Net.Sockets;
using Anthropic;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>Every kind of fault as the vendor's own C# SDK tells it to a program.</summary>
public sealed class AnthropicSdkFaultTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private readonly string _secret = $"mol-sdk-{Guid.NewGuid():N}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("anthropic-api", FaultKind.BadKey, typeof(AnthropicUnauthorizedException), 401)]
    [InlineData("anthropic-api", FaultKind.RateLimit, typeof(AnthropicRateLimitException), 429)]
    [InlineData("anthropic-api", FaultKind.QuotaExhausted, typeof(AnthropicBadRequestException), 400)]
    [InlineData("anthropic-api", FaultKind.Overloaded, typeof(Anthropic5xxException), 529)]
    [InlineData("anthropic-api", FaultKind.ServerError, typeof(Anthropic5xxException), 500)]
    [InlineData("anthropic-api", FaultKind.ContextOverflow, typeof(AnthropicBadRequestException), 400)]
    [InlineData("anthropic-oauth", FaultKind.UsageLimit, typeof(AnthropicRateLimitException), 429)]
    [InlineData("kimi-coding", FaultKind.RateLimit, typeof(AnthropicRateLimitException), 429)]
    [InlineData("kimi-coding", FaultKind.Overloaded, typeof(AnthropicRateLimitException), 429)]
    [InlineData("kimi-coding", FaultKind.UsageLimit, typeof(AnthropicForbiddenException), 403)]
    [InlineData("kimi-coding", FaultKind.ContextOverflow, typeof(AnthropicBadRequestException), 400)]
    [InlineData("minimax", FaultKind.QuotaExhausted, typeof(Anthropic5xxException), 500)]
    [InlineData("minimax", FaultKind.Overloaded, typeof(Anthropic5xxException), 529)]
    [InlineData("minimax", FaultKind.UsageLimit, typeof(AnthropicRateLimitException), 429)]
    [InlineData("upstream-moonshot", FaultKind.QuotaExhausted, typeof(AnthropicRateLimitException), 429)]
    public async Task A_refusal_is_the_exception_that_the_sdk_has_for_it(string fake, FaultKind kind, System.Type exception, int status)
    {
        using var client = await ClientAsync(fake);
        await InjectAsync(fake, kind);

        var whole = Assert.IsAssignableFrom<AnthropicApiException>(await Record.ExceptionAsync(() => client.Messages.Create(Turn(fake), Cancelled)));
        var streamed = Assert.IsAssignableFrom<AnthropicApiException>(await Record.ExceptionAsync(() => ReadAsync(client, fake)));

        Assert.All((AnthropicApiException[])[whole, streamed], e => Assert.True(exception.IsInstanceOfType(e), $"{e.GetType().Name}"));
        Assert.Equal(((HttpStatusCode)status, (HttpStatusCode)status), (whole.StatusCode, streamed.StatusCode));
    }

    [Fact]
    public async Task A_failure_in_the_stream_is_an_exception_after_what_came_before()
    {
        using var client = await ClientAsync("anthropic-api");
        await InjectAsync("anthropic-api", FaultKind.StreamError, after: 4);
        var read = new List<string>();

        var broken = await Record.ExceptionAsync(() => ReadAsync(client, "anthropic-api", read));

        Assert.Contains("overloaded_error", Assert.IsType<AnthropicSseException>(broken).Message, StringComparison.Ordinal);
        Assert.NotEmpty(read);
    }

    [Fact]
    public async Task A_reset_in_the_stream_is_the_platform_s_own_exception()
    {
        using var client = await ClientAsync("anthropic-api");
        await InjectAsync("anthropic-api", FaultKind.StreamReset, after: 3);

        var broken = await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(client, "anthropic-api"));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(broken.GetBaseException()).SocketErrorCode);
    }

    [Fact]
    public async Task A_malformed_frame_is_an_exception_about_the_data()
    {
        using var client = await ClientAsync("anthropic-api");
        await InjectAsync("anthropic-api", FaultKind.MalformedStream, after: 3);

        Assert.IsAssignableFrom<AnthropicInvalidDataException>(await Record.ExceptionAsync(() => ReadAsync(client, "anthropic-api")));
    }

    [Fact]
    public async Task A_cut_stream_ends_without_its_last_event()
    {
        using var client = await ClientAsync("anthropic-api");
        await InjectAsync("anthropic-api", FaultKind.StreamCut, after: 3);
        var read = new List<string>();

        await ReadAsync(client, "anthropic-api", read);

        Assert.DoesNotContain(nameof(RawMessageStopEvent), read);
        Assert.Equal(nameof(RawMessageStartEvent), read[0]);
    }

    [Fact]
    public async Task A_paced_stream_is_whole()
    {
        using var client = await ClientAsync("anthropic-api");
        var order = new FaultOrder("anthropic-api", FaultKind.Pace, CredentialFingerprint.Of(_secret), PaceMilliseconds: 1);
        await fakes.InjectAsync(order);
        var read = new List<string>();

        await ReadAsync(client, "anthropic-api", read);

        Assert.Equal(nameof(RawMessageStopEvent), read[^1]);
    }

    [Fact]
    public async Task In_silence_the_client_s_own_limit_decides()
    {
        using var client = await ClientAsync("anthropic-api");
        var id = await fakes.InjectAsync(new FaultOrder("anthropic-api", FaultKind.Silence, CredentialFingerprint.Of(_secret)));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);

        var asked = client.Messages.Create(Turn("anthropic-api"), limit.Token);
        await fakes.UntilAppliedAsync(id);
        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked);
        Assert.Equal(0, (await fakes.OneEntryOfAsync(_secret)).Status);
    }

    private static async Task ReadAsync(AnthropicClient client, string fake, List<string>? read = null)
    {
        await foreach (var happened in client.Messages.CreateStreaming(Turn(fake), Cancelled))
        {
            read?.Add(happened.Value?.GetType().Name ?? "");
        }
    }

    private static MessageCreateParams Turn(string fake) => new()
    {
        Model = fake switch { "kimi-coding" => "kimi-for-coding", "minimax" => "MiniMax-M2.7", "upstream-moonshot" => "kimi-k2.5", "anthropic-oauth" => "claude-sonnet-5-5", _ => "claude-sonnet-4-6" },
        MaxTokens = 2048,
        Messages = [new UserMessageParam("Hello")],
        Thinking = new ThinkingConfigEnabled(1024),
    };

    private Task<string> InjectAsync(string fake, FaultKind kind, int? after = null) =>
        fakes.InjectAsync(new FaultOrder(fake, kind, CredentialFingerprint.Of(_secret), AfterFrames: after));

    private async Task<AnthropicClient> ClientAsync(string fake)
    {
        await fakes.AcceptAsync(fake, _secret);
        var (path, isBearer, header) = fake switch
        {
            "anthropic-oauth" => ("/a02", true, ("anthropic-beta", "oauth-2025-04-20")),
            "kimi-coding" => ("/a05/coding", false, ("X-Msh-Platform", "molecule-tests")),
            "minimax" => ("/a06/anthropic", true, ("X-Nothing", "x")),
            "upstream-moonshot" => ("/u04/anthropic", true, ("X-Nothing", "x")),
            _ => ("/a01", false, ("X-Nothing", "x")),
        };
        var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        http.DefaultRequestHeaders.TryAddWithoutValidation(header.Item1, header.Item2);
        var address = new Uri(fakes.Address, path).AbsoluteUri;
        return isBearer
            ? new AnthropicClient { HttpClient = http, BaseUrl = address, AuthToken = _secret, MaxRetries = 0, ResponseValidation = true }
            : new AnthropicClient { HttpClient = http, BaseUrl = address, ApiKey = _secret, MaxRetries = 0, ResponseValidation = true };
    }
}

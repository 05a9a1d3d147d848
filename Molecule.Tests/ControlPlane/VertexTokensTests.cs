using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Molecule.ControlPlane.Llm;

namespace Molecule.Tests.ControlPlane;

/// <summary>When the keyless arm's bearer is minted, and what is given while there is none.</summary>
public sealed class VertexTokensTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 12, 0, 0, TimeSpan.Zero));
    private readonly LlmUpstream _upstream = new();
    private FakeVendor? _google;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private FakeVendor Google => _google!;

    public async ValueTask InitializeAsync()
    {
        _google = await FakeVendor.StartAsync();
        Give("token-1");
    }

    public async ValueTask DisposeAsync()
    {
        _upstream.Dispose();
        await Google.DisposeAsync();
    }

    [Fact]
    public async Task One_token_serves_until_five_minutes_before_its_end()
    {
        var tokens = Tokens();

        Assert.Equal("token-1", await tokens.GetAsync(Cancelled));
        Give("token-2");
        _time.Advance(TimeSpan.FromMinutes(55) - TimeSpan.FromSeconds(1));
        Assert.Equal("token-1", await tokens.GetAsync(Cancelled));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("token-2", await tokens.GetAsync(Cancelled));
        Assert.Equal(2, Google.Calls.Count);
    }

    [Fact]
    public async Task A_clock_that_is_set_back_holds_no_token_good_beyond_its_end()
    {
        var tokens = Tokens();
        await tokens.GetAsync(Cancelled);
        Give("token-2");

        _time.AdjustTime(_time.GetUtcNow().AddHours(-2));

        Assert.Equal("token-2", await tokens.GetAsync(Cancelled));
        Assert.Equal("token-2", await tokens.GetAsync(Cancelled));
    }

    [Fact]
    public async Task A_short_lived_token_serves_half_its_life()
    {
        Give("token-1", seconds: 60);
        var tokens = Tokens();

        await tokens.GetAsync(Cancelled);
        _time.Advance(TimeSpan.FromSeconds(29));
        await tokens.GetAsync(Cancelled);
        Assert.Single(Google.Calls);
        _time.Advance(TimeSpan.FromSeconds(1));
        await tokens.GetAsync(Cancelled);
        Assert.Equal(2, Google.Calls.Count);
    }

    [Fact]
    public async Task Fifty_callers_at_once_wait_for_one_mint()
    {
        var (reached, go) = Hold("token-1");
        var tokens = Tokens();

        var callers = Enumerable.Range(0, 50).Select(_ => tokens.GetAsync(Cancelled)).ToArray();
        await reached.WaitAsync(RunningControlPlane.Deadline, Cancelled);
        go.SetResult();

        Assert.All(await Task.WhenAll(callers), static token => Assert.Equal("token-1", token));
        Assert.Single(Google.Calls);
    }

    [Fact]
    public async Task A_caller_who_goes_does_not_end_the_mint_of_the_others()
    {
        var (reached, go) = Hold("token-1");
        var tokens = Tokens();
        using var gone = new CancellationTokenSource();

        var first = tokens.GetAsync(gone.Token);
        await reached.WaitAsync(RunningControlPlane.Deadline, Cancelled);
        var second = tokens.GetAsync(Cancelled);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        go.SetResult();

        Assert.Equal("token-1", await second);
        Assert.Single(Google.Calls);
    }

    [Fact]
    public async Task A_failed_mint_is_an_error_and_never_the_token_of_before_and_the_next_one_is_tried_anew()
    {
        var tokens = Tokens();
        await tokens.GetAsync(Cancelled);
        Google.Answer("""{"error":"invalid_grant","error_description":"The pool is disabled."}""", 400);
        _time.Advance(TimeSpan.FromMinutes(55));

        for (var i = 0; i < 2; i++)
        {
            var failed = await Assert.ThrowsAsync<VertexTokenException>(() => tokens.GetAsync(Cancelled));
            Assert.Equal("the token exchange was refused with 400: invalid_grant: The pool is disabled.", failed.Message);
        }

        Give("token-2");
        Assert.Equal("token-2", await tokens.GetAsync(Cancelled));
        Assert.Equal(4, Google.Calls.Count);
    }

    [Fact]
    public async Task A_token_that_was_refused_is_not_given_again()
    {
        var tokens = Tokens();
        await tokens.GetAsync(Cancelled);
        Give("token-2");

        tokens.Forget("another");
        Assert.Equal("token-1", await tokens.GetAsync(Cancelled));
        tokens.Forget("token-1");
        Assert.Equal("token-2", await tokens.GetAsync(Cancelled));
    }

    [Fact]
    public async Task A_silent_google_is_given_up_after_half_a_minute()
    {
        var (reached, go) = Hold("token-1");
        var tokens = Tokens();

        var waiting = tokens.GetAsync(Cancelled);
        await reached.WaitAsync(RunningControlPlane.Deadline, Cancelled);
        _time.Advance(VertexTokens.MintTimeout);

        Assert.Equal("Google did not answer within 30 s", (await Assert.ThrowsAsync<VertexTokenException>(() => waiting)).Message);
        go.SetResult();
    }

    [Theory]
    [InlineData("""{"access_token":"","expires_in":3600}""")]
    [InlineData("""{"access_token":"t","expires_in":0}""")]
    [InlineData("[]")]
    public async Task Half_an_answer_is_no_token(string answer)
    {
        Google.Answer(answer);

        var failed = await Assert.ThrowsAsync<VertexTokenException>(() => Tokens().GetAsync(Cancelled));

        Assert.Equal("the token exchange answered without access_token or expires_in", failed.Message);
    }

    private void Give(string token, int seconds = 3600) => Google.Answer(Answer(token, seconds));

    private (Task Reached, TaskCompletionSource Go) Hold(string token)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Google.Handler = async context =>
        {
            reached.TrySetResult();
            await go.Task.WaitAsync(context.RequestAborted);
            await context.Response.WriteAsync(Answer(token, 3600));
        };
        return (reached.Task, go);
    }

    private static string Answer(string token, int seconds) =>
        $$"""{"access_token":"{{token}}","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":{{seconds.ToString(CultureInfo.InvariantCulture)}}}""";

    private VertexTokens Tokens() => new(
        VertexScene.Mint(_upstream, _time, VertexScene.Settings(new Uri(Google.Url), ("Molecule:Vertex:ServiceAccount", null))), _time);
}

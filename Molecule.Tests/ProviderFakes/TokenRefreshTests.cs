using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>Single-use refresh tokens of the ChatGPT backend (spec 2.2, 3.3), and access tokens that run out.</summary>
public sealed class TokenRefreshTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private readonly string _access = $"mol-access-{Guid.NewGuid():N}";
    private readonly string _first = $"rt-{Guid.NewGuid():N}";

    [Fact]
    public async Task A_refresh_gives_tokens_that_serve_and_are_well_formed()
    {
        await RegisterAsync();

        var tokens = await RefreshAsync(_first);

        Assert.Equal(200, tokens.Status);
        var access = tokens.Json.GetProperty("access_token").GetString()!;
        Assert.Equal(200, (await fakes.SendAsync(Calls.Of("a04", access, "Hello"))).Status);
        foreach (var name in (string[])["access_token", "id_token"])
        {
            var claims = Claims(tokens.Json.GetProperty(name).GetString()!);
            Assert.True(claims.GetProperty("exp").GetInt64() > DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeSeconds());
            Assert.Equal(Calls.Account, claims.GetProperty("https://api.openai.com/auth").GetProperty("chatgpt_account_id").GetString());
        }
    }

    [Fact]
    public async Task Each_use_gives_the_next_of_the_family()
    {
        await RegisterAsync();

        var second = (await RefreshAsync(_first)).Json.GetProperty("refresh_token").GetString()!;
        var third = await RefreshAsync(second);

        Assert.Equal(200, third.Status);
        Assert.NotEqual(second, third.Json.GetProperty("refresh_token").GetString());
    }

    [Fact]
    public async Task A_used_token_burns_its_family_and_no_other()
    {
        await RegisterAsync();
        var other = $"rt-{Guid.NewGuid():N}";
        await RegisterAsync(other);
        var second = (await RefreshAsync(_first)).Json.GetProperty("refresh_token").GetString()!;

        var again = await RefreshAsync(_first);
        var newest = await RefreshAsync(second);

        Assert.Equal((401, "refresh_token_reused"), (again.Status, Code(again)));
        Assert.Equal((401, "refresh_token_invalidated"), (newest.Status, Code(newest)));
        Assert.Equal(200, (await RefreshAsync(other)).Status);
    }

    [Fact]
    public async Task Of_two_uses_at_once_one_is_the_second()
    {
        await RegisterAsync();

        var both = await Task.WhenAll(RefreshAsync(_first), RefreshAsync(_first));

        Assert.Equal([200, 401], both.Select(static r => r.Status).Order());
    }

    [Fact]
    public async Task An_unknown_token_is_refused()
    {
        var reply = await RefreshAsync("rt-of-nobody");

        Assert.Equal((401, "token_expired"), (reply.Status, Code(reply)));
    }

    [Fact]
    public async Task A_request_that_is_no_refresh_is_told_so()
    {
        var reply = await fakes.SendAsync(new Call("POST", "/a04/oauth/token", new JsonObject { ["grant_type"] = "authorization_code" }));

        Assert.Equal((400, "missing_required_parameter"), (reply.Status, Code(reply)));
    }

    [Fact]
    public async Task An_expired_access_token_is_refused_until_it_is_registered_again()
    {
        await fakes.AcceptAsync("openai-subscription", _access, Calls.Account);
        Assert.Equal(200, (await fakes.SendAsync(Calls.Of("a04", _access, "Hello"))).Status);

        await ExpireAsync(_access, 204);
        var refused = await fakes.SendAsync(Calls.Of("a04", _access, "Hello"));
        await fakes.AcceptAsync("openai-subscription", _access, Calls.Account);

        Assert.Equal((401, "token_expired"), (refused.Status, Code(refused)));
        Assert.Equal(200, (await fakes.SendAsync(Calls.Of("a04", _access, "Hello"))).Status);
    }

    [Fact]
    public async Task The_journal_knows_a_refresh_by_fingerprints_alone()
    {
        await RegisterAsync();

        var tokens = await RefreshAsync(_first);

        var access = tokens.Json.GetProperty("access_token").GetString()!;
        var refresh = tokens.Json.GetProperty("refresh_token").GetString()!;
        var entry = await fakes.OneEntryOfAsync(_first);
        Assert.Equal(("/oauth/token", 200, new MintedTokens(CredentialFingerprint.Of(access), CredentialFingerprint.Of(refresh))), (entry.Path, entry.Status, entry.Minted));
        using var journal = await fakes.AdminAsync(HttpMethod.Get, "/__molecule/journal");
        var text = await journal.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.All((string[])[_first, access, refresh], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("refresh-tokens", """{"fake":"openai-api","fingerprint":"0123456789abcdef","accountId":"a"}""", "fake: 'openai-api' refreshes no tokens; openai-subscription does.")]
    [InlineData("refresh-tokens", """{"fake":"openai-subscription","fingerprint":"rt-1","accountId":"a"}""", "fingerprint: give the first 16 hex digits")]
    [InlineData("refresh-tokens", """{"fake":"openai-subscription","fingerprint":"0123456789abcdef","accountId":""}""", "accountId: it is empty")]
    [InlineData("refresh-tokens", """{"fake":"openai-subscription"}""", "The body is no RefreshTokenFamily")]
    [InlineData("credentials/expired", """{"fake":"anthropic-api","fingerprint":"0123456789abcdef"}""", "fake: 'anthropic-api' refreshes no tokens")]
    [InlineData("credentials/expired", """{"fake":"openai-subscription","fingerprint":"0123456789abcdef"}""", "fingerprint: openai-subscription accepts no 0123456789abcdef")]
    public async Task A_wrong_order_is_refused_with_the_field_and_the_mend(string path, string body, string message)
    {
        using var answer = await fakes.AdminAsync(HttpMethod.Post, $"/__molecule/{path}", JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(message, JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private static string? Code(Reply reply) => reply.Json.GetProperty("error").GetProperty("code").GetString();

    private static JsonElement Claims(string token)
    {
        var part = token.Split('.') is [_, var payload, _] ? payload.Replace('-', '+').Replace('_', '/') : throw new FormatException("A JWT has three parts.");
        return JsonDocument.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(part.PadRight((part.Length + 3) / 4 * 4, '=')))).RootElement;
    }

    private async Task RegisterAsync(string? token = null)
    {
        using var answer = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/refresh-tokens", new RefreshTokenFamily("openai-subscription", CredentialFingerprint.Of(token ?? _first), Calls.Account));
        Assert.Equal(204, (int)answer.StatusCode);
    }

    private async Task ExpireAsync(string token, int status)
    {
        using var answer = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/credentials/expired", new ExpiredCredential("openai-subscription", CredentialFingerprint.Of(token)));
        Assert.Equal(status, (int)answer.StatusCode);
    }

    private Task<Reply> RefreshAsync(string token) => fakes.SendAsync(Calls.Refresh(token));
}

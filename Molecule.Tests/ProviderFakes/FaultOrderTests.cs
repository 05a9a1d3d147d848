using System.Net.Http.Json;
using System.Text.Json;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>Whom a fault touches and whom not, how long it stands, and what is said of an order that is wrong.</summary>
public sealed class FaultOrderTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private readonly string _secret = $"mol-fault-{Guid.NewGuid():N}";
    private readonly string _other = $"mol-fault-{Guid.NewGuid():N}";

    private string Owner => CredentialFingerprint.Of(_secret);

    [Fact]
    public async Task A_credential_s_fault_touches_neither_another_credential_nor_another_fake()
    {
        await AcceptAsync("upstream-openai", "openai-api");
        await fakes.InjectAsync(new FaultOrder("openai-api", FaultKind.Overloaded, Owner));

        Assert.Equal(503, await StatusAsync("a03", _secret, "Hello"));
        Assert.Equal(200, await StatusAsync("a03", _other, "Hello"));
        Assert.Equal(200, await StatusAsync("u02", _secret, "Hello"));
    }

    [Fact]
    public async Task A_word_s_fault_touches_the_prompts_that_hold_it_whoever_asks()
    {
        await AcceptAsync("upstream-openai");
        var word = $"W{Guid.NewGuid():N}";
        await fakes.InjectAsync(new FaultOrder("upstream-openai", FaultKind.Overloaded, Word: word));

        Assert.Equal(503, await StatusAsync("u02", _secret, $"Hello {word} there"));
        Assert.Equal(503, await StatusAsync("u02 chat", _other, word));
        Assert.Equal(200, await StatusAsync("u02", _secret, word.ToLowerInvariant()));
    }

    [Fact]
    public async Task Given_both_a_fault_touches_what_has_both()
    {
        await AcceptAsync("upstream-openai");
        var word = $"W{Guid.NewGuid():N}";
        await fakes.InjectAsync(new FaultOrder("upstream-openai", FaultKind.Overloaded, Owner, word));

        Assert.Equal(503, await StatusAsync("u02", _secret, word));
        Assert.Equal(200, await StatusAsync("u02", _secret, "Hello"));
        Assert.Equal(200, await StatusAsync("u02", _other, word));
    }

    [Fact]
    public async Task A_fault_is_applied_as_often_as_ordered_and_counted()
    {
        await AcceptAsync("openai-api");
        var id = await fakes.InjectAsync(new FaultOrder("openai-api", FaultKind.ServerError, Owner, Times: 2));

        Assert.Equal("500 500 200", await StatusesAsync("1", "2", "3"));
        Assert.Equal(2, (await fakes.FaultAsync(id)).Applied);
        Assert.Equal([id, id, null], (await fakes.JournalOfAsync(_secret)).Select(static e => e.Fault?.Id));
    }

    [Fact]
    public async Task Faults_at_once_are_applied_exactly_as_often_as_ordered()
    {
        await AcceptAsync("openai-api");
        await fakes.InjectAsync(new FaultOrder("openai-api", FaultKind.ServerError, Owner, Times: 7));

        var statuses = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => StatusAsync("a03", _secret, $"{n}")));

        Assert.Equal(7, statuses.Count(static s => s == 500));
        Assert.Equal(33, statuses.Count(static s => s == 200));
    }

    [Fact]
    public async Task Faults_come_in_the_order_in_which_they_were_ordered()
    {
        await AcceptAsync("openai-api");
        await fakes.InjectAsync(new FaultOrder("openai-api", FaultKind.RateLimit, Owner, Times: 1));
        await fakes.InjectAsync(new FaultOrder("openai-api", FaultKind.Overloaded, Owner, Times: 1));

        Assert.Equal("429 503 200", await StatusesAsync("1", "2", "3"));
    }

    [Fact]
    public async Task A_deleted_fault_is_gone_and_cannot_be_deleted_again()
    {
        await AcceptAsync("openai-api");
        var id = await fakes.InjectAsync(new FaultOrder("openai-api", FaultKind.ServerError, Owner));

        Assert.Equal(500, await StatusAsync("a03", _secret, "1"));
        using var gone = await fakes.AdminAsync(HttpMethod.Delete, $"/__molecule/faults/{id}");
        Assert.Equal(200, await StatusAsync("a03", _secret, "2"));
        using var again = await fakes.AdminAsync(HttpMethod.Delete, $"/__molecule/faults/{id}");

        Assert.Equal((204, 404), ((int)gone.StatusCode, (int)again.StatusCode));
    }

    [Fact]
    public async Task Only_turns_that_would_be_served_use_a_fault_up()
    {
        await AcceptAsync("anthropic-api");
        var id = await fakes.InjectAsync(new FaultOrder("anthropic-api", FaultKind.ServerError, Owner, Times: 1));
        var turn = Calls.Of("a01", _secret, "Hello");

        var models = await fakes.SendAsync(new Call("GET", "/a01/v1/models", null, ("x-api-key", _secret)));
        var tokens = await fakes.SendAsync(turn with { Path = "/a01/v1/messages/count_tokens" });
        var refused = await fakes.SendAsync(turn.Change(static b => b["model"] = "claude-9"));

        Assert.Equal((200, 200, 404), (models.Status, tokens.Status, refused.Status));
        Assert.Equal(0, (await fakes.FaultAsync(id)).Applied);
        Assert.Equal(500, (await fakes.SendAsync(turn)).Status);
    }

    [Theory]
    [InlineData("""{"fake":"nobody","kind":"bad-key","word":"x"}""", "fake: there is no 'nobody'")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key"}""", "credential, word: both are missing")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key","credential":"sk-a-real-one"}""", "credential: give the first 16 hex digits")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key","word":" "}""", "word: it is empty")]
    [InlineData("""{"fake":"openai-api","kind":"earthquake","word":"x"}""", "kind: there is no such kind of fault; there are bad-key, rate-limit")]
    [InlineData("""{"fake":"openai-api","kind":"usage-limit","word":"x"}""", "kind: openai-api has no 'usage-limit'; it has bad-key, rate-limit, quota-exhausted, overloaded, server-error, context-overflow, stream-cut, stream-reset, stream-error, malformed-stream, silence, pace, hold.")]
    [InlineData("""{"fake":"openai-subscription","kind":"quota-exhausted","word":"x"}""", "kind: openai-subscription has no 'quota-exhausted'; it has bad-key")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key","word":"x","times":0}""", "times: 0 is none")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key","word":"x","times":"many"}""", "times: ")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key","word":"x","retryAfterSeconds":1}""", "retryAfterSeconds: nobody is asked to wait by 'bad-key'")]
    [InlineData("""{"fake":"openai-api","kind":"rate-limit","word":"x","retryAfterSeconds":-1}""", "retryAfterSeconds: -1 is not between")]
    [InlineData("""{"fake":"openai-api","kind":"pace","word":"x","afterFrames":1,"paceMilliseconds":1}""", "afterFrames: 'pace' breaks no stream")]
    [InlineData("""{"fake":"openai-api","kind":"stream-cut","word":"x","afterFrames":-1}""", "afterFrames: -1 is negative")]
    [InlineData("""{"fake":"openai-api","kind":"pace","word":"x"}""", "paceMilliseconds: give the wait before each frame")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key","word":"x","paceMilliseconds":5}""", "paceMilliseconds: 'bad-key' is not paced")]
    [InlineData("""{"fake":"openai-api","kind":"bad-key","word":"x","windowTokens":5}""", "windowTokens: 'bad-key' knows no window")]
    [InlineData("""{"fake":"openai-api","kind":"context-overflow","word":"x","windowTokens":0}""", "windowTokens: 0 is none")]
    [InlineData("[]", "no fault order")]
    [InlineData("null", "The body is empty")]
    public async Task A_wrong_order_is_refused_with_the_field_and_the_mend(string body, string message)
    {
        using var answer = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/faults", JsonSerializer.Deserialize<JsonElement>(body));

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains(message, (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private async Task AcceptAsync(params string[] ids)
    {
        foreach (var id in ids)
        {
            await fakes.AcceptAsync(id, _secret);
            await fakes.AcceptAsync(id, _other);
        }
    }

    private async Task<string> StatusesAsync(params string[] prompts)
    {
        var statuses = new List<int>();
        foreach (var prompt in prompts)
        {
            statuses.Add(await StatusAsync("a03", _secret, prompt));
        }

        return string.Join(' ', statuses);
    }

    private async Task<int> StatusAsync(string surface, string secret, string prompt) => (await fakes.SendAsync(Calls.Of(surface, secret, prompt))).Status;
}

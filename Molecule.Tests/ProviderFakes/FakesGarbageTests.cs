using Molecule.Contracts.Journal;
using Molecule.Tests.Garbage;

namespace Molecule.Tests.ProviderFakes;

public sealed class FakesGarbageTests
{
    private const int Seed = 20261127;

    private const string Secret = "mol-garbage";

    // Twice what the entries of the storm may hold at most would be 640 MB; garbage is short.
    private const long Growth = 200L * 1024 * 1024;

    private static readonly string[] Paths =
    [
        "/a01/v1/messages", "/a01/v1/messages?beta=true", "/a01/v1/messages/count_tokens", "/a01/v1/models", "/a01/{}", "/a01", "/a03/v1/responses", "/a03/v1/chat/completions", "/a03/v1/v1/responses",
        "/a04/oauth/token", "/a04/backend-api/codex/responses", "/a08/v1beta/models/{}:generateContent", "/a08/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse&key={}", "/a09/openai/v1/chat/completions", "/{}",
    ];

    [Fact]
    public async Task Ten_thousand_garbage_requests_break_nothing_and_each_is_journaled()
    {
        await using var fakes = new RunningFakes();
        await fakes.InitializeAsync();
        foreach (var fake in (string[])["anthropic-api", "openai-api", "google", "groq"])
        {
            await fakes.AcceptAsync(fake, Secret);
        }

        await fakes.AcceptAsync("openai-subscription", Secret, Calls.Account);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var answers = await GarbageStorm.SendAsync(fakes.Address, Seed, Paths, Secret, TestContext.Current.CancellationToken);

        GarbageStorm.Expect(answers, Seed, 200, 400, 401, 403, 404, 413);
        var journal = await fakes.JournalAsync();
        foreach (var (status, (example, count)) in answers)
        {
            // Of the 400s some are Kestrel's own, whose request reached no fake.
            var journaled = journal.Count(e => e.Status == status);
            Assert.True(status == 400 ? journaled <= count : journaled == count, $"seed {Seed}: {count} answers {status}, {journaled} in the journal; for example {example}");
        }

        Assert.Equal(Enumerable.Range(1, journal.Count).Select(static n => (long)n), journal.Select(static e => e.Sequence));
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Growth);
        Assert.Equal(200, (await fakes.SendAsync(new Call("GET", "/health", null))).Status);
        Assert.Equal("MIRELO-KAVODU", string.Concat((await fakes.SendAsync(Calls.Of("a01", Secret, Calls.Prompt("KAVODU", "MIRELO")))).Events
            .Where(static e => e.GetProperty("type").GetString() == "content_block_delta").Select(static e => e.GetProperty("delta").GetProperty("text").GetString())));
    }

    [Theory]
    [InlineData("""{"model":"claude-sonnet-4-6","max_tokens":5,"messages":[{"role":"user","content":"\ud800"}]}""")]
    [InlineData("""{"model":"\udc00","max_tokens":5,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("""{"mod\ud800l":1,"max_tokens":5,"messages":[{"role":"user","content":"x"}]}""")]
    public async Task Half_a_character_is_a_bad_request(string body)
    {
        await using var fakes = new RunningFakes();
        await fakes.InitializeAsync();
        await fakes.AcceptAsync("anthropic-api", Secret);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a01/v1/messages") { Content = new StringContent(body) };
        request.Headers.Add("x-api-key", Secret);
        request.Headers.Add("anthropic-version", "2023-06-01");

        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Equal(CredentialFingerprint.Of(Secret), (await fakes.OneEntryOfAsync(Secret)).Credential);
    }

    [Fact]
    public async Task A_whole_character_in_escapes_is_none()
    {
        await using var fakes = new RunningFakes();
        await fakes.InitializeAsync();
        await fakes.AcceptAsync("anthropic-api", Secret);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/a01/v1/messages")
        {
            Content = new StringContent("""{"model":"claude-sonnet-4-6","max_tokens":5,"messages":[{"role":"user","content":"\ud83d\ude00 and \\ud800"}]}"""),
        };
        request.Headers.Add("x-api-key", Secret);
        request.Headers.Add("anthropic-version", "2023-06-01");

        using var answer = await fakes.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal("\U0001F600 and \\ud800", (await fakes.OneEntryOfAsync(Secret)).Prompt);
    }
}

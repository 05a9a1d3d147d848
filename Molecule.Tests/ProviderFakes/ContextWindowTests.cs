using System.Text.Json;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;

namespace Molecule.Tests.ProviderFakes;

/// <summary>The fakes count a request's tokens and refuse what is larger than the model's window, their vendor's own or one that was set.</summary>
public sealed class ContextWindowTests(RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const int CharactersPerToken = 4;

    // What a request holds beside its prompt is less.
    private const int Beside = 1_000;

    private readonly string _secret = $"mol-window-{Guid.NewGuid():N}";

    // The windows by hand: spec/runtimes-and-providers.md 3.1 to 3.7; a09: https://console.groq.com/docs/models.
    [Theory]
    [InlineData("a01", "anthropic-api", 200_000, "tokens > 200000 maximum")]
    [InlineData("a03", "openai-api", 272_000, "context_length_exceeded")]
    [InlineData("a05", "kimi-coding", 262_144, "exceeded model token limit: 262144 (requested: 2")]
    [InlineData("a06", "minimax", 204_800, "context window exceeds limit")]
    [InlineData("a09", "groq", 131_072, "context_length_exceeded")]
    public async Task A_request_larger_than_the_vendors_window_is_refused_and_one_that_fits_is_served(string surface, string fake, int window, string told)
    {
        await fakes.AcceptAsync(fake, _secret);

        var fits = await fakes.SendAsync(Calls.Of(surface, _secret, new string('x', (window - Beside) * CharactersPerToken)));
        var full = await fakes.SendAsync(Calls.Of(surface, _secret, new string('x', window * CharactersPerToken)));

        Assert.Equal((200, 400), (fits.Status, full.Status));
        Assert.Contains(told, full.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_chatgpt_backend_tells_it_in_the_stream()
    {
        await fakes.AcceptAsync("openai-subscription", _secret, Calls.Account);

        var full = await fakes.SendAsync(Calls.Of("a04", _secret, new string('x', 272_000 * CharactersPerToken)));

        Assert.Equal(200, full.Status);
        Assert.Contains("response.failed", full.Text, StringComparison.Ordinal);
        Assert.Contains("context_length_exceeded", full.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lowered_window_is_of_one_credential_counts_and_tells_true_numbers()
    {
        const int window = 500;
        var other = _secret + "-other";
        await fakes.AcceptAsync("anthropic-api", _secret);
        await fakes.AcceptAsync("anthropic-api", other);
        var id = await fakes.InjectAsync(new FaultOrder("anthropic-api", FaultKind.ContextOverflow, CredentialFingerprint.Of(_secret), WindowTokens: window));
        var longer = new string('x', window * CharactersPerToken);

        Assert.Equal(200, (await fakes.SendAsync(Calls.Of("a01", _secret, "Hello"))).Status);
        Assert.Equal(0, (await fakes.FaultAsync(id)).Applied);
        Assert.Equal(200, (await fakes.SendAsync(Calls.Of("a01", other, longer))).Status);
        var full = await fakes.SendAsync(Calls.Of("a01", _secret, longer));

        Assert.Equal(400, full.Status);
        var message = JsonElement.Parse(full.Text).GetProperty("error").GetProperty("message").GetString()!;
        Assert.Matches("^prompt is too long: [5-9][0-9][0-9] tokens > 500 maximum$", message);
        Assert.Equal(FaultKind.ContextOverflow, Assert.Single(await fakes.JournalOfAsync(_secret), static e => e.Status == 400).Fault?.Kind);
    }
}

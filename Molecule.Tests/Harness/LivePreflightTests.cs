using Molecule.Harness.Keys;
using Molecule.Harness.Live;
using Molecule.Harness.Runs;
using Molecule.Registry;
using Molecule.Tests.ControlPlane;
using Molecule.Tests.Harness.Logins;

namespace Molecule.Tests.Harness;

/// <summary>A dead key is told from a vendor that has a bad day (design.md 6).</summary>
public sealed class LivePreflightTests
{
    private const string Key = "a-key-that-nobody-may-print";

    [Theory]
    [InlineData(200, false, "answered 200")]
    [InlineData(401, true, "answered 401, it refuses the key")]
    [InlineData(403, true, "answered 403, it refuses the key")]
    [InlineData(400, false, "answered 400, which says nothing of the key")]
    [InlineData(404, false, "answered 404, which says nothing of the key")]
    [InlineData(429, false, "answered 429, which says nothing of the key")]
    [InlineData(503, false, "answered 503, which says nothing of the key")]
    public async Task Only_a_refusal_makes_a_key_dead(int status, bool isDead, string text)
    {
        var asked = new List<string>();
        await using var vendor = await LoopbackHost.StartAsync(context =>
        {
            asked.Add($"{context.Request.Method} {context.Request.Path} {context.Request.Headers.Authorization}");
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        var found = Assert.Single(await RunAsync($"{vendor.Url}/v1/"));

        Assert.Equal(("openai-api", "E2E_OPENAI_API_KEY", isDead), (found.Arm, found.Key, found.IsDead));
        Assert.EndsWith(text, found.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, found.ToString(), StringComparison.Ordinal);
        Assert.Equal([$"GET /v1/models Bearer {Key}"], asked);
    }

    [Fact]
    public async Task A_vendor_that_cannot_be_reached_says_nothing_of_the_key()
    {
        var found = Assert.Single(await RunAsync("http://127.0.0.1:1/v1"));

        Assert.False(found.IsDead);
        Assert.Contains("127.0.0.1:1 cannot be reached, which says nothing of the key", found.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, "answered 200")]
    [InlineData(401, "refuses its access token, which says nothing of the refresh")]
    public async Task A_login_is_asked_for_with_its_access_token_and_its_refresh_token_goes_nowhere(int status, string text)
    {
        var login = SomeLogin.Text("rt-secret", SomeLogin.Noon, DateTimeOffset.MaxValue.AddDays(-1));
        await using var vendor = await FakeVendor.StartAsync();
        vendor.Answer("{}", status);

        var found = Assert.Single(await RunAsync(vendor.Url, "openai-subscription", SomeLogin.Name, login));

        Assert.False(found.IsDead);
        Assert.EndsWith(text, found.Text, StringComparison.Ordinal);
        var call = Assert.Single(vendor.Calls);
        Assert.Equal(("GET /codex/models", "acct-1"), (call.Line, call.Headers["ChatGPT-Account-Id"]));
        Assert.Equal($"Bearer {SomeLogin.Of(login).Access}", call.Headers["Authorization"]);
        Assert.DoesNotContain(call.Headers.Values, static value => value.Contains("rt-secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_login_that_has_run_out_is_not_asked_for_since_it_is_refreshed_first()
    {
        await using var vendor = await FakeVendor.StartAsync();

        var found = Assert.Single(await RunAsync(vendor.Url, "openai-subscription", SomeLogin.Name, SomeLogin.Text("rt-secret", SomeLogin.Noon, SomeLogin.Noon.AddYears(-1))));

        Assert.Equal((false, "its access token has run out at 2025-11-28 12:00:00Z; it is refreshed before its cell runs"), (found.IsDead, found.Text));
        Assert.Empty(vendor.Calls);
    }

    [Fact]
    public async Task What_is_no_login_is_a_dead_key_and_goes_to_nobody()
    {
        await using var vendor = await FakeVendor.StartAsync();

        var found = Assert.Single(await RunAsync(vendor.Url, "openai-subscription", SomeLogin.Name, Key));

        Assert.True(found.IsDead);
        Assert.StartsWith("it is no auth.json of a ChatGPT login", found.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, found.ToString(), StringComparison.Ordinal);
        Assert.Empty(vendor.Calls);
    }

    private static async Task<IReadOnlyList<Preflight>> RunAsync(string url, string arm = "openai-api", string name = "E2E_OPENAI_API_KEY", string key = Key)
    {
        var variables = new Dictionary<string, string> { [name] = key, [LiveArms.UrlVariableOf(arm)] = url };
        var keys = await LiveKeys.ReadAsync([new EnvironmentKeys(variables.GetValueOrDefault)], [name], TestContext.Current.CancellationToken);
        var repository = Repository.Find(AppContext.BaseDirectory);
        using var http = new HttpClient();

        // An arm without a key, and one without a live path, are not asked.
        return await new LivePreflight(RegistryReader.Read(await File.ReadAllTextAsync(repository.ProvidersFile), "providers.yaml"), keys, variables.GetValueOrDefault, http, TimeProvider.System)
            .RunAsync([arm, "groq", "platform", arm], TestContext.Current.CancellationToken);
    }
}

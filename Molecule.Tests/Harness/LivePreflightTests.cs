using Molecule.Harness.Keys;
using Molecule.Harness.Live;
using Molecule.Harness.Runs;
using Molecule.Registry;
using Molecule.Tests.ControlPlane;

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

    private static async Task<IReadOnlyList<Preflight>> RunAsync(string url)
    {
        var variables = new Dictionary<string, string> { ["E2E_OPENAI_API_KEY"] = Key, ["MOLECULE_LIVE_URL_OPENAI_API"] = url };
        var keys = await LiveKeys.ReadAsync([new EnvironmentKeys(variables.GetValueOrDefault)], ["E2E_OPENAI_API_KEY"], TestContext.Current.CancellationToken);
        var repository = Repository.Find(AppContext.BaseDirectory);
        using var http = new HttpClient();

        // An arm without a key, and one without a live path, are not asked.
        return await new LivePreflight(RegistryReader.Read(await File.ReadAllTextAsync(repository.ProvidersFile), "providers.yaml"), keys, variables.GetValueOrDefault, http)
            .RunAsync(["openai-api", "groq", "platform", "openai-api"], TestContext.Current.CancellationToken);
    }
}

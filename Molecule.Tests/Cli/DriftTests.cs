using Molecule.Harness.Runs;
using Molecule.Tests.Integrity;

namespace Molecule.Tests.Cli;

/// <summary><c>drift</c> at the launcher's process: what moved is named, and a vendor that was not asked is never green silently.</summary>
public sealed class DriftTests(IndependentVendor vendor) : IClassFixture<IndependentVendor>, IDisposable
{
    private readonly SpareCheckout _checkout = new("one");

    public void Dispose() => _checkout.Dispose();

    [Fact]
    public async Task Without_keys_the_live_leg_is_unchecked_by_name_and_red_where_it_is_required()
    {
        var (exitCode, output) = await DriftAsync([]);
        Assert.True(exitCode == 0, output);
        Assert.Contains("message: no drift; live leg unchecked (not asked for: --mode live)\n", output, StringComparison.Ordinal);

        var (both, said) = await DriftAsync([], "--mode", "both");
        Assert.True(both == 0, said);
        Assert.Contains("message: no drift; live leg unchecked (no-credential: E2E_ANTHROPIC_API_KEY)\n", said, StringComparison.Ordinal);
        Assert.Contains("response stream: no drift; live leg unchecked (no-credential: E2E_OPENAI_API_KEY)\n", said, StringComparison.Ordinal);

        Assert.Equal(4, (await DriftAsync([], "--mode", "live")).ExitCode);
        Assert.Equal(4, (await DriftAsync([], "--mode", "both", "--require", "live")).ExitCode);
        Assert.Equal(2, (await DriftAsync([], "--mode", "alive")).ExitCode);
    }

    [Fact]
    public async Task A_server_of_other_authors_in_the_vendors_place_is_compared_and_told_from_the_vendor()
    {
        var (exitCode, output) = await DriftAsync(
            new() { ["E2E_ANTHROPIC_API_KEY"] = vendor.Key, ["E2E_OPENAI_API_KEY"] = vendor.Key, ["MOLECULE_LIVE_URL_ANTHROPIC_API"] = vendor.Url, ["MOLECULE_LIVE_URL_OPENAI_API"] = $"{vendor.Url}/v1" },
            "--mode", "both");

        // It leaves out members that SDK and fake agree on: that is the third of the three, and it is said to be.
        Assert.True(exitCode == 3, output);
        Assert.Contains("message: drift; live leg live (stand-in), live vendor unchecked\n", output, StringComparison.Ordinal);
        Assert.Contains("the vendor moved: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain(vendor.Key, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deviation_that_is_not_written_down_is_drift_by_name()
    {
        var (exitCode, output) = await DriftAsync([], "schema: 1\ndeviations: []\n");

        Assert.True(exitCode == 3, output);
        Assert.Contains("molecule: response: the fake or the SDK moved (live leg unchecked): 'store': OpenAI ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_no_SDK_knows_is_drift_by_sender_and_member()
    {
        var requests = Path.Combine(_checkout.Repository.Root, "requests.json");
        await File.WriteAllTextAsync(
            requests,
            """{"samples":[{"fake":"anthropic-api","path":"/v1/messages","sender":"claude-cli","body":{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"a"}],"bogus":1}}],"dropped":0}""",
            TestContext.Current.CancellationToken);

        var (exitCode, output) = await DriftAsync([], "--requests", requests);

        Assert.True(exitCode == 3, output);
        Assert.Contains("molecule: request drift: claude-cli to anthropic-api /v1/messages: 'bogus': Anthropic ", output, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output)> DriftAsync(Dictionary<string, string> variables, params string[] arguments)
    {
        var own = Repository.Find(AppContext.BaseDirectory).DeviationsFile;
        var isFile = arguments is [var only] && only.StartsWith("schema:", StringComparison.Ordinal);
        File.WriteAllText(_checkout.Repository.DeviationsFile, isFile ? arguments[0] : File.ReadAllText(own));
        return _checkout.RunAsync(SpareCheckout.Cli, variables, ["drift", .. isFile ? [] : arguments]);
    }
}

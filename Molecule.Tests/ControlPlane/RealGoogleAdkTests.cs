using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;
using Molecule.Tests.Node;
using Molecule.Tests.ProviderFakes;

namespace Molecule.Tests.ControlPlane;

/// <summary>The real google-adk in a real workspace below a real node, on its three arms: each turn ends at its own vendor, paid by the right party.</summary>
[Collection(ControlPlaneCollection.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class RealGoogleAdkTests(PostgresCluster postgres, RunningFakes fakes) : IClassFixture<RunningFakes>
{
    private const string VendorKey = "mol-vendor-key-adk";
    private const string UserKey = "mol-users-gemini-key";

    [Theory]
    [InlineData("vertex:gemini-2.5-pro", "vertex", "upstream-vertex", "google/gemini-2.5-pro", "/v1beta1/projects/mol-project/locations/us-central1/endpoints/openapi/chat/completions", CredentialForm.Bearer)]
    [InlineData("platform:gemini-2.5-flash", "platform", "upstream-google", "gemini-2.5-flash", "/v1beta/openai/chat/completions", CredentialForm.Bearer)]
    [InlineData("gemini-2.5-pro", "google", "google", "gemini-2.5-pro", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", CredentialForm.XGoogApiKey)]
    public async Task A_turn_goes_its_arm_s_way_and_no_other(string model, string arm, string fake, string wireModel, string path, CredentialForm form)
    {
        await fakes.TrustAsync();
        await fakes.AcceptAsync("upstream-google", VendorKey);
        await fakes.AcceptAsync("google", UserKey);
        await using var node = await RunningNode.WithRealWorkspacesAsync(TestContext.Current.CancellationToken, "google-adk");
        var origin = fakes.Address.GetLeftPart(UriPartial.Authority);
        await using var control = await RunningControlPlane.StartAsync(postgres, node: null, VertexScene.Settings(
            fakes.Address, ("CP_PROVISION_URL", node.Address.AbsoluteUri), ("PROVISION_SHARED_SECRET", RunningNode.Secret),
            ("Molecule:Vendors:google:Origin", origin + "/u06"), ("Molecule:Vendors:google:Key", VendorKey)));
        var (first, second) = (Word(), Word());
        var prompt = Calls.Prompt(first, second);

        var created = await control.SendAsync("POST", "/workspaces", new
        {
            name = "cell",
            runtime = "google-adk",
            model,
            secrets = new Dictionary<string, string> { ["GEMINI_API_KEY"] = UserKey, ["GOOGLE_GEMINI_BASE_URL"] = origin + "/a08" },
        });
        Assert.Equal((201, arm), (created.Status, created["provider"]));
        await RunningControlPlane.UntilAsync(
            "the workspace is online",
            async () => (await control.SendAsync("GET", $"/workspaces/{created.Id}")).Json.GetProperty("status").GetString(),
            static status => status is "online");
        var turn = await control.SendAsync("POST", $"/workspaces/{created.Id}/a2a", new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = "r1",
            ["method"] = "message/send",
            ["params"] = new JsonObject { ["message"] = new JsonObject { ["role"] = "user", ["messageId"] = "m1", ["parts"] = new JsonArray(new JsonObject { ["kind"] = "text", ["text"] = prompt }) } },
        }.ToJsonString());

        Assert.Contains($"{second}-{first}", turn.Body, StringComparison.Ordinal);
        var entry = Assert.Single(await fakes.JournalAsync(), e => e.Prompt == prompt);
        Assert.Equal((fake, path, wireModel, form, 200), (entry.Fake, entry.Path, entry.Model, entry.Auth, entry.Status));
        Assert.Equal(arm is "google", entry.Credential == CredentialFingerprint.Of(UserKey));
    }

    private static string Word() => "W" + Guid.NewGuid().ToString("N")[..8].ToUpperInvariant();
}

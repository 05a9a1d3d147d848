using System.Net.Http.Json;
using Microsoft.Extensions.Configuration;
using Molecule.Contracts;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Journal;
using Molecule.ControlPlane;
using Molecule.ControlPlane.Llm;
using Molecule.Tests.ProviderFakes;

namespace Molecule.Tests.ControlPlane;

/// <summary>An identity of the control plane's at the fakes of Google's clouds.</summary>
public static class VertexScene
{
    public const string Audience = "//iam.googleapis.com/projects/420/locations/global/workloadIdentityPools/molecule/providers/aws";
    public const string AccessKey = "AKIAMOLECULETESTS";
    public const string Secret = "mol-aws/secret+access=key";
    public const string Account = "llm-proxy@mol-project.iam.gserviceaccount.com";

    /// <summary>Lets the fakes trust the identity.</summary>
    public static async Task TrustAsync(this RunningFakes fakes, string? session = null, string? account = Account)
    {
        using var answer = await fakes.AdminAsync(HttpMethod.Post, "/__molecule/identities", new FederatedIdentity(Audience, AccessKey, Secret, session, account));
        Assert.Equal(204, (int)answer.StatusCode);
    }

    /// <summary>The control plane's settings; a change with value null takes one away.</summary>
    public static Dictionary<string, string?> Settings(Uri fakes, params (string Name, string? Value)[] changes)
    {
        var origin = fakes.GetLeftPart(UriPartial.Authority);
        var settings = new Dictionary<string, string?>
        {
            ["Molecule:Vertex:Audience"] = Audience,
            ["Molecule:Vertex:AwsRegion"] = "eu-central-1",
            ["Molecule:Vertex:AwsAccessKeyId"] = AccessKey,
            ["Molecule:Vertex:AwsSecretAccessKey"] = Secret,
            ["Molecule:Vertex:ServiceAccount"] = Account,
            ["Molecule:Vertex:StsOrigin"] = origin + "/c01",
            ["Molecule:Vertex:IamOrigin"] = origin + "/c02",
            ["Molecule:Vendors:vertex:Origin"] = origin + "/u05",
            ["MOLECULE_VERTEX_PROJECT"] = "mol-project",
        };
        foreach (var (name, value) in changes)
        {
            settings[name] = value;
        }

        return settings;
    }

    /// <summary>A mint of its own, without a control plane around it.</summary>
    public static VertexTokenMint Mint(LlmUpstream upstream, TimeProvider time, Dictionary<string, string?> settings)
    {
        settings["ConnectionStrings:moleculedb"] = "Host=localhost";
        settings["Molecule:Registry"] = "providers.yaml";
        return new VertexTokenMint(Molecule.ControlPlane.Settings.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()), upstream, time);
    }

    /// <summary>A turn at Vertex with a token.</summary>
    public static async Task<int> SpendAsync(this RunningFakes fakes, string token) => (await fakes.SendAsync(
        Calls.Chat("/u05/v1beta1/projects/mol-project/locations/us-central1/endpoints/openapi/chat/completions", "google/gemini-2.5-pro", "Hello", Calls.Bearer(token)))).Status;

    /// <summary>What of the journal reached a fake.</summary>
    public static async Task<JournalEntry[]> EntriesOfAsync(this RunningFakes fakes, string fake) => [.. (await fakes.JournalAsync()).Where(e => e.Fake == fake)];
}

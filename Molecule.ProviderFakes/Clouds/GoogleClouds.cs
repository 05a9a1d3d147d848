using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>The clouds of workload identity federation (spec 3.6).</summary>
internal static class GoogleClouds
{
    public const string Sts = "cloud-google-sts";
    public const string Iam = "cloud-google-iam";

    /// <summary>Where the tokens are spent.</summary>
    public const string Vertex = "upstream-vertex";

    /// <summary>The security token service. It takes no credential: the subject token is one.</summary>
    public static VendorFake SecurityTokens(string basePath)
    {
        var refusals = new GoogleStsRefusals();
        return new VendorFake(Sts, basePath, "https://sts.googleapis.com", refusals, [new Surface("POST", "/v1/token", [], refusals, new CloudCall(GoogleSts.Exchange))]);
    }

    /// <summary>The IAM Service Account Credentials API.</summary>
    public static VendorFake Credentials(string basePath)
    {
        var refusals = new GoogleRefusals(isArray: false);
        return new VendorFake(Iam, basePath, "https://iamcredentials.googleapis.com", refusals,
        [
            new Surface("POST", "/v1/projects/-/serviceAccounts/{account}:generateAccessToken", [CredentialForm.Bearer], refusals, new CloudCall(GoogleIam.GenerateAccessToken)),
        ]);
    }
}

using System.Collections.Immutable;
using System.Security.Cryptography;
using Molecule.Aws;
using Molecule.Contracts.Clouds;
using Molecule.Harness.Clients;
using Molecule.Harness.Runs;

namespace Molecule.E2E.Tests.Graph;

/// <summary>The graph's secrets, made up for one run and handed to the AppHost as parameters, so that the harness knows them.</summary>
internal sealed record GraphSecrets(string AdminToken, string ProvisionSecret, string EncryptionKey, string FakesAdminKey, string VendorKey, string AwsAccessKeyId, string AwsSecretAccessKey,
    string SecretsWriterKey, string SecretsReaderKey)
{
    private const string WriterKeyId = "AKIAMOLECULEWRITER00";

    /// <param name="adminToken">Of a control plane that runs already; null for one of the graph, which is given a fresh one.</param>
    public static GraphSecrets Fresh(string? adminToken) => new(adminToken ?? Key(), Key(), Key(), Key(), "mol-vendor-" + Key(), "AKIA" + Key(), "mol-aws-" + Key(), "mol-writer-" + Key(), "mol-reader-" + Key());

    /// <summary>Tells the scan of the run's artefacts what it must not find there.</summary>
    public void TellTo(SecretScan scan)
    {
        scan.Add("admin-token", AdminToken);
        scan.Add("provision-secret", ProvisionSecret);
        scan.Add("encryption-key", EncryptionKey);
        scan.Add("fakes-admin-key", FakesAdminKey);
        scan.Add("vendor-key", VendorKey);
        scan.Add("secrets-writer-key", SecretsWriterKey);
        scan.Add("secrets-reader-key", SecretsReaderKey);
    }

    /// <summary>What no workspace may hold, by name.</summary>
    public ImmutableDictionary<string, string> OfThePlatform => new Dictionary<string, string>
    {
        ["admin-token"] = AdminToken,
        ["provision-secret"] = ProvisionSecret,
        ["encryption-key"] = EncryptionKey,
        ["fakes-admin-key"] = FakesAdminKey,
        ["vendor-key"] = VendorKey,
        ["aws-access-key-id"] = AwsAccessKeyId,
        ["aws-secret-access-key"] = AwsSecretAccessKey,
        ["secrets-writer-key"] = SecretsWriterKey,
    }.ToImmutableDictionary();

    public IEnumerable<string> AsArguments() =>
    [
        $"--Parameters:admin-token={AdminToken}",
        $"--Parameters:provision-secret={ProvisionSecret}",
        $"--Parameters:encryption-key={EncryptionKey}",
        $"--Parameters:fakes-admin-key={FakesAdminKey}",
        $"--Parameters:vendor-key={VendorKey}",
        $"--Parameters:aws-access-key-id={AwsAccessKeyId}",
        $"--Parameters:aws-secret-access-key={AwsSecretAccessKey}",
        $"--Parameters:secrets-writer-key={SecretsWriterKey}",
        $"--Parameters:secrets-reader-key={SecretsReaderKey}",
    ];

    /// <summary>The control plane's identity at the secrets manager.</summary>
    public AwsCredentials SecretsWriter => new(WriterKeyId, SecretsWriterKey);

    /// <summary>Makes the emulated account know the two sides of the secrets manager: who writes cannot read, who assumes roles can do nothing else (docs/decisions/0025).</summary>
    public async Task AddUsersAsync(FakesClient fakes, CancellationToken cancellationToken)
    {
        await fakes.AddAsync(
            new EmulatedAwsUser(
                "molecule-writer", WriterKeyId, SecretsWriterKey,
                """
                {"Version":"2012-10-17","Statement":[
                  {"Effect":"Allow","Action":["secretsmanager:CreateSecret","secretsmanager:PutSecretValue","secretsmanager:DeleteSecret"],"Resource":"arn:aws:secretsmanager:*:*:secret:molecule/workspaces/*"},
                  {"Effect":"Allow","Action":["iam:CreateRole","iam:UpdateAssumeRolePolicy","iam:PutRolePolicy","iam:DeleteRolePolicy","iam:DeleteRole"],"Resource":"arn:aws:iam::*:role/molecule/*"}]}
                """),
            cancellationToken);
        await fakes.AddAsync(
            new EmulatedAwsUser(
                "molecule-reader", "AKIAMOLECULEREADER00", SecretsReaderKey,
                """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/molecule/*"}]}"""),
            cancellationToken);
    }

    public override string ToString() => "the run's secrets";

    // 32 characters: AES-256 takes the encryption key's raw bytes (spec/control-plane.md 9.1).
    private static string Key() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}

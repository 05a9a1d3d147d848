using Amazon.SecurityToken.Model;
using Molecule.Aws;

namespace Molecule.Tests.ProviderFakes.Aws;

/// <summary>A workspace's role in the emulated account: made by our client of IAM, for which AWS's own is not among the test packages, assumed by AWS's own of STS.</summary>
public sealed class WorkspaceRole(EmulatedAccount account, Guid workspace)
{
    public string Name { get; } = $"workspace-{workspace}";

    public string ExternalId { get; } = $"external-{workspace:N}";

    public string Secret(string key) => $"{EmulatedAccount.Prefix}{workspace}/{key}";

    public async Task MakeAsync()
    {
        using var http = new HttpClient();
        var writer = new AwsCredentials(EmulatedAccount.Writer.Id, EmulatedAccount.Writer.Secret);
        await new Roles(new AwsEndpoint(http, "us-east-1", account.Address, TimeProvider.System)).EnsureAsync(
            writer,
            "/molecule/",
            Name,
            $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::123456789012:user/molecule-reader"},"Condition":{"StringEquals":{"sts:ExternalId":"{{ExternalId}}" } } } ] }""",
            $$"""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:{{EmulatedAccount.Prefix}}{{workspace}}/*"}]}""",
            TestContext.Current.CancellationToken);
    }

    public Task<AwsKeys> AssumeAsync(AwsKeys keys, int seconds = 3600) => AssumeAsync(keys, ExternalId, seconds);

    public async Task<AwsKeys> AssumeAsync(AwsKeys keys, string? externalId, int seconds = 3600)
    {
        using var sts = account.Sts(keys);
        var answer = await sts.AssumeRoleAsync(
            new AssumeRoleRequest { RoleArn = $"arn:aws:iam::123456789012:role/molecule/{Name}", RoleSessionName = "boot", ExternalId = externalId, DurationSeconds = seconds },
            TestContext.Current.CancellationToken);
        return new AwsKeys(answer.Credentials.AccessKeyId, answer.Credentials.SecretAccessKey, answer.Credentials.SessionToken);
    }
}

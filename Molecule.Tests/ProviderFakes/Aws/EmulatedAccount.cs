using System.Text.Json.Nodes;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Molecule.Contracts.Clouds;

namespace Molecule.Tests.ProviderFakes.Aws;

/// <summary>The emulated account with the two identities of decision 0025, and AWS's own clients of it.</summary>
public sealed class EmulatedAccount : IAsyncLifetime
{
    public const string Prefix = "molecule/workspaces/";

    private readonly RunningFakes _fakes;

    public EmulatedAccount()
        : this(null)
    {
    }

    private EmulatedAccount(TimeProvider? time) => _fakes = new RunningFakes { Time = time };

    public static EmulatedAccount At(TimeProvider time) => new(time);

    public static AwsKeys Writer { get; } = new("AKIAWRITER0000000000", "the-writer-s-secret-key");

    public static AwsKeys Reader { get; } = new("AKIAREADER0000000000", "the-reader-s-secret-key");

    public RunningFakes Fakes => _fakes;

    public Uri Address => new(_fakes.Address, "/aws-emulated");

    public async ValueTask InitializeAsync()
    {
        await _fakes.InitializeAsync();

        // It writes and deletes, and makes the roles by which workspaces read: no GetSecretValue stands here.
        await AddAsync("molecule-writer", Writer, """
            {"Version":"2012-10-17","Statement":[
              {"Effect":"Allow","Action":["secretsmanager:CreateSecret","secretsmanager:PutSecretValue","secretsmanager:DeleteSecret"],"Resource":"arn:aws:secretsmanager:*:*:secret:molecule/workspaces/*"},
              {"Effect":"Allow","Action":["iam:CreateRole","iam:UpdateAssumeRolePolicy","iam:PutRolePolicy","iam:DeleteRolePolicy","iam:DeleteRole"],"Resource":"arn:aws:iam::*:role/molecule/*"}]}
            """);
        await AddAsync("molecule-reader", Reader, """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/molecule/*"}]}""");
    }

    public ValueTask DisposeAsync() => _fakes.DisposeAsync();

    public Task AddAsync(string name, AwsKeys keys, string policy) => OrderAsync("users", new EmulatedAwsUser(name, keys.Id, keys.Secret, policy));

    public Task ChangeAsync(EmulatedRoleChange change) => OrderAsync("roles", change);

    public Task ChangeAsync(EmulatedSecretChange change) => OrderAsync("secrets", change);

    public Task SetAsync(EmulatedGuardrail guardrail) => OrderAsync("guardrails", guardrail);

    public Task SetAsync(EmulatedReaderOutage outage) => OrderAsync("outage/readers", outage);

    public Task SetDownAsync(bool down) => OrderAsync("outage", new EmulatedAwsOutage(down));

    /// <summary>An order that the account does not take; gives what it says of it.</summary>
    public async Task<string> RefusedAsync<T>(string what, T order)
    {
        using var answer = await _fakes.AdminAsync(HttpMethod.Post, $"/__molecule/aws/{what}", order!);
        Assert.Equal(400, (int)answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private async Task OrderAsync<T>(string what, T order)
    {
        using var answer = await _fakes.AdminAsync(HttpMethod.Post, $"/__molecule/aws/{what}", order!);
        Assert.Equal(204, (int)answer.StatusCode);
    }

    public async Task<EmulatedAwsCall[]> TrailAsync()
    {
        using var answer = await _fakes.AdminAsync(HttpMethod.Get, "/__molecule/aws/trail");
        return [.. (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<EmulatedAwsTrail>(answer.Content, Molecule.Contracts.ContractJson.Compact, TestContext.Current.CancellationToken))!.Calls];
    }

    /// <summary>AWS's own client of STS.</summary>
    public AmazonSecurityTokenServiceClient Sts(AwsKeys keys) => new(
        keys.Token is null ? new BasicAWSCredentials(keys.Id, keys.Secret) : new SessionAWSCredentials(keys.Id, keys.Secret, keys.Token),
        new AmazonSecurityTokenServiceConfig { ServiceURL = Address.AbsoluteUri, AuthenticationRegion = "us-east-1", MaxErrorRetry = 0 });

    public static JsonObject Input(params (string Name, JsonNode? Value)[] members) => new(members.Select(static m => KeyValuePair.Create(m.Name, m.Value)));
}

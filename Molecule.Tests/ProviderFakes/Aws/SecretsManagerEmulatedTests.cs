using System.Text.Json;
using System.Text.Json.Nodes;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;
using Microsoft.Extensions.Time.Testing;
using Molecule.Aws;
using Molecule.Contracts.Clouds;

namespace Molecule.Tests.ProviderFakes.Aws;

/// <summary>The emulated Secrets Manager and STS as AWS's own clients see them: npm's of Secrets Manager, .NET's of STS.</summary>
public sealed class SecretsManagerEmulatedTests(AwsOwnClient client, EmulatedAccount account) : IClassFixture<AwsOwnClient>, IClassFixture<EmulatedAccount>
{
    private const string Everything = """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:*","Resource":"*"}]}""";
    private static readonly AwsKeys _owner = new("AKIAOWNER00000000000", "the-owner-s-secret-key");

    [Fact]
    public async Task AWS_s_client_writes_reads_rotates_lists_and_deletes()
    {
        await account.AddAsync("owner", _owner, Everything);
        var name = Fresh();

        var created = await DoneAsync(_owner, "CreateSecret", ("Name", name), ("SecretString", "first"));
        Assert.StartsWith($"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-", created.GetProperty("ARN").GetString(), StringComparison.Ordinal);
        var first = created.GetProperty("VersionId").GetString();
        var read = await DoneAsync(_owner, "GetSecretValue", ("SecretId", name));
        Assert.Equal(("first", first, "AWSCURRENT"), (read.GetProperty("SecretString").GetString(), read.GetProperty("VersionId").GetString(), read.GetProperty("VersionStages")[0].GetString()));

        await DoneAsync(_owner, "PutSecretValue", ("SecretId", name), ("SecretString", "second"));
        Assert.Equal("second", (await DoneAsync(_owner, "GetSecretValue", ("SecretId", created.GetProperty("ARN").GetString()))).GetProperty("SecretString").GetString());
        Assert.Equal("first", (await DoneAsync(_owner, "GetSecretValue", ("SecretId", name), ("VersionStage", "AWSPREVIOUS"))).GetProperty("SecretString").GetString());
        Assert.Equal(2, (await DoneAsync(_owner, "DescribeSecret", ("SecretId", name))).GetProperty("VersionIdsToStages").EnumerateObject().Count());
        var listed = Assert.Single((await DoneAsync(_owner, "ListSecrets")).GetProperty("SecretList").EnumerateArray(), s => s.GetProperty("Name").GetString() == name);
        Assert.False(listed.TryGetProperty("SecretString", out _));

        await DoneAsync(_owner, "DeleteSecret", ("SecretId", name), ("RecoveryWindowInDays", 7));
        Assert.Equal("InvalidRequestException", await RefusedAsync(_owner, "GetSecretValue", ("SecretId", name)));
        await DoneAsync(_owner, "DeleteSecret", ("SecretId", name), ("ForceDeleteWithoutRecovery", true));
        Assert.Equal("ResourceNotFoundException", await RefusedAsync(_owner, "GetSecretValue", ("SecretId", name)));
    }

    [Fact]
    public async Task A_value_of_64_KiB_with_newlines_and_quotes_comes_back_to_the_byte_and_a_byte_more_is_refused()
    {
        await account.AddAsync("owner", _owner, Everything);
        var name = Fresh();
        var value = string.Concat(Enumerable.Repeat("a line with \"quotes\", 'others', $HOME, `date`, \\ and ü\n", 2000));
        while (System.Text.Encoding.UTF8.GetByteCount(value) > 65_536)
        {
            value = value[..^1];
        }

        await DoneAsync(_owner, "CreateSecret", ("Name", name), ("SecretString", value));

        Assert.Equal(65_536, System.Text.Encoding.UTF8.GetByteCount(value));
        Assert.Equal(value, (await DoneAsync(_owner, "GetSecretValue", ("SecretId", name))).GetProperty("SecretString").GetString());
        Assert.Equal("ValidationException", await RefusedAsync(_owner, "PutSecretValue", ("SecretId", name), ("SecretString", value + "x")));
    }

    [Fact]
    public async Task A_token_that_was_used_repeats_the_call_and_takes_no_other_value()
    {
        await account.AddAsync("owner", _owner, Everything);
        var (name, token) = (Fresh(), Guid.NewGuid().ToString());
        await DoneAsync(_owner, "CreateSecret", ("Name", name), ("SecretString", "first"));

        await DoneAsync(_owner, "PutSecretValue", ("SecretId", name), ("SecretString", "second"), ("ClientRequestToken", token));
        await DoneAsync(_owner, "PutSecretValue", ("SecretId", name), ("SecretString", "second"), ("ClientRequestToken", token));

        Assert.Equal("ResourceExistsException", await RefusedAsync(_owner, "PutSecretValue", ("SecretId", name), ("SecretString", "third"), ("ClientRequestToken", token)));
        Assert.Equal("ResourceExistsException", await RefusedAsync(_owner, "CreateSecret", ("Name", name), ("SecretString", "again")));
    }

    [Fact]
    public async Task The_writer_writes_and_cannot_read()
    {
        var name = Fresh();
        await DoneAsync(EmulatedAccount.Writer, "CreateSecret", ("Name", name), ("SecretString", "written"));
        await DoneAsync(EmulatedAccount.Writer, "PutSecretValue", ("SecretId", name), ("SecretString", "again"));

        Assert.Equal("AccessDeniedException", await RefusedAsync(EmulatedAccount.Writer, "GetSecretValue", ("SecretId", name)));
        Assert.Equal("AccessDeniedException", await RefusedAsync(EmulatedAccount.Writer, "ListSecrets"));
        Assert.Equal("AccessDeniedException", await RefusedAsync(EmulatedAccount.Writer, "CreateSecret", ("Name", "elsewhere/KEY"), ("SecretString", "x")));
    }

    [Fact]
    public async Task Whoever_may_not_ask_does_not_learn_whether_a_secret_is_there()
    {
        var name = Fresh();
        await DoneAsync(EmulatedAccount.Writer, "CreateSecret", ("Name", name), ("SecretString", "written"));

        Assert.Equal("AccessDeniedException", await RefusedAsync(EmulatedAccount.Reader, "GetSecretValue", ("SecretId", name)));
        Assert.Equal("AccessDeniedException", await RefusedAsync(EmulatedAccount.Reader, "GetSecretValue", ("SecretId", Fresh())));
    }

    [Fact]
    public async Task An_unknown_key_and_a_wrong_signature_have_AWS_s_names_on_both_wires()
    {
        var unknown = new AwsKeys("AKIANOBODY0000000000", "whatever");
        var forged = EmulatedAccount.Reader with { Secret = "another-secret-key" };

        Assert.Equal("UnrecognizedClientException", await RefusedAsync(unknown, "ListSecrets"));
        Assert.Equal("InvalidSignatureException", await RefusedAsync(forged, "ListSecrets"));
        Assert.Equal("InvalidClientTokenId", (await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() => CallerAsync(unknown))).ErrorCode);
        Assert.Equal("SignatureDoesNotMatch", (await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() => CallerAsync(forged))).ErrorCode);
        Assert.Equal("arn:aws:iam::123456789012:user/molecule-reader", (await CallerAsync(EmulatedAccount.Reader)).Arn);
    }

    [Fact]
    public async Task A_workspace_s_role_is_assumed_with_its_external_id_alone_and_reads_its_own_path_alone()
    {
        var (mine, other) = (new WorkspaceRole(account, Guid.NewGuid()), new WorkspaceRole(account, Guid.NewGuid()));
        await mine.MakeAsync();
        await other.MakeAsync();
        await DoneAsync(EmulatedAccount.Writer, "CreateSecret", ("Name", mine.Secret("KEY")), ("SecretString", "my own"));
        await DoneAsync(EmulatedAccount.Writer, "CreateSecret", ("Name", other.Secret("KEY")), ("SecretString", "another's"));

        var session = await mine.AssumeAsync(EmulatedAccount.Reader);
        Assert.Equal($"arn:aws:sts::123456789012:assumed-role/{mine.Name}/boot", (await CallerAsync(session)).Arn);
        Assert.Equal("my own", (await DoneAsync(session, "GetSecretValue", ("SecretId", mine.Secret("KEY")))).GetProperty("SecretString").GetString());
        Assert.Equal("AccessDeniedException", await RefusedAsync(session, "GetSecretValue", ("SecretId", other.Secret("KEY"))));
        Assert.Equal("AccessDeniedException", await RefusedAsync(session, "PutSecretValue", ("SecretId", mine.Secret("KEY")), ("SecretString", "x")));
        Assert.Equal("AccessDeniedException", await RefusedAsync(session, "DeleteSecret", ("SecretId", mine.Secret("KEY"))));

        Assert.Equal("AccessDenied", await NotAssumedAsync(mine, EmulatedAccount.Reader, other.ExternalId));
        Assert.Equal("AccessDenied", await NotAssumedAsync(mine, EmulatedAccount.Reader, null));
        Assert.Equal("AccessDenied", await NotAssumedAsync(mine, EmulatedAccount.Writer, mine.ExternalId));
        Assert.Equal("AccessDenied", await NotAssumedAsync(new WorkspaceRole(account, Guid.NewGuid()), EmulatedAccount.Reader, mine.ExternalId));
        Assert.Contains(await account.TrailAsync(), c => c.Caller.EndsWith($"{mine.Name}/boot", StringComparison.Ordinal) && c is { Action: "secretsmanager:GetSecretValue", Error: null });
    }

    [Fact]
    public async Task A_session_ends_with_its_time_and_the_same_key_without_its_token_is_nobody_s()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var expiring = EmulatedAccount.At(time);
        await expiring.InitializeAsync();
        var role = new WorkspaceRole(expiring, Guid.NewGuid());
        await role.MakeAsync();
        await client.SendAsync(expiring.Address, EmulatedAccount.Writer, "CreateSecret", EmulatedAccount.Input(("Name", role.Secret("KEY")), ("SecretString", "v")));
        var session = await role.AssumeAsync(EmulatedAccount.Reader, seconds: 900);
        var input = EmulatedAccount.Input(("SecretId", role.Secret("KEY")));

        Assert.Equal("UnrecognizedClientException", Error(await client.SendAsync(expiring.Address, session with { Token = null }, "GetSecretValue", input.DeepClone().AsObject())));
        Assert.True((await client.SendAsync(expiring.Address, session, "GetSecretValue", input.DeepClone().AsObject())).TryGetProperty("output", out _));

        // AWS's own client signs by this machine's clock, of which a signature may be a quarter of an hour off: past the end another one has to ask.
        time.Advance(TimeSpan.FromSeconds(901));
        using var http = new HttpClient();
        var late = new SecretsManager(new AwsEndpoint(http, "us-east-1", expiring.Address, time));
        var refusal = await Assert.ThrowsAsync<AwsException>(() => late.ReadAsync(new AwsCredentials(session.Id, session.Secret, session.Token), role.Secret("KEY"), TestContext.Current.CancellationToken));
        Assert.Equal(("ExpiredTokenException", true), (refusal.Code, refusal.IsExpired));
    }

    [Fact]
    public async Task With_the_reader_s_policy_gone_the_secret_is_written_and_unreadable_until_it_is_back()
    {
        var role = new WorkspaceRole(account, Guid.NewGuid());
        await role.MakeAsync();
        await DoneAsync(EmulatedAccount.Writer, "CreateSecret", ("Name", role.Secret("KEY")), ("SecretString", "v"));
        var session = await role.AssumeAsync(EmulatedAccount.Reader);

        await account.ChangeAsync(new EmulatedRoleChange(role.Name, Policy: ""));
        Assert.Equal("AccessDeniedException", await RefusedAsync(session, "GetSecretValue", ("SecretId", role.Secret("KEY"))));

        await role.MakeAsync();
        Assert.Equal("v", (await DoneAsync(session, "GetSecretValue", ("SecretId", role.Secret("KEY")))).GetProperty("SecretString").GetString());
    }

    private static string Fresh() => $"{EmulatedAccount.Prefix}{Guid.NewGuid()}/KEY";

    private async Task<GetCallerIdentityResponse> CallerAsync(AwsKeys keys)
    {
        using var sts = account.Sts(keys);
        return await sts.GetCallerIdentityAsync(new GetCallerIdentityRequest(), TestContext.Current.CancellationToken);
    }

    private static async Task<string?> NotAssumedAsync(WorkspaceRole role, AwsKeys keys, string? externalId) =>
        (await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() => role.AssumeAsync(keys, externalId))).ErrorCode;

    private async Task<JsonElement> DoneAsync(AwsKeys keys, string command, params (string Name, JsonNode? Value)[] input)
    {
        var answer = await client.SendAsync(account.Address, keys, command, EmulatedAccount.Input(input));
        return answer.TryGetProperty("output", out var output) ? output : throw new InvalidOperationException($"{command}: {answer}");
    }

    private async Task<string?> RefusedAsync(AwsKeys keys, string command, params (string Name, JsonNode? Value)[] input) =>
        Error(await client.SendAsync(account.Address, keys, command, EmulatedAccount.Input(input)));

    private static string? Error(JsonElement answer) => answer.TryGetProperty("error", out var error) ? error.GetString() : throw new InvalidOperationException($"It was not refused: {answer}");
}

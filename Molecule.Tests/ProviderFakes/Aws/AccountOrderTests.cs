using System.Net;
using System.Text.Json;
using Amazon.SecurityToken;
using Molecule.Aws;
using Molecule.Contracts.Clouds;

namespace Molecule.Tests.ProviderFakes.Aws;

/// <summary>What the harness orders of the emulated account, behind the back of those who use it: outages, guardrails, changed secrets and roles.</summary>
public sealed class AccountOrderTests(AwsOwnClient client, EmulatedAccount account) : IClassFixture<AwsOwnClient>, IClassFixture<EmulatedAccount>
{
    // A service control policy as the documentation writes it (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html).
    private const string NobodyReads = """{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:molecule/workspaces/*/GUARDED*"}]}""";

    [Fact]
    public async Task An_outage_for_the_readers_of_a_secret_is_one_of_its_role_s_alone_and_has_AWS_s_words_on_both_wires()
    {
        var (mine, other) = (await RoleAsync("MINE"), await RoleAsync("OTHER"));
        var (session, others) = (await mine.AssumeAsync(EmulatedAccount.Reader), await other.AssumeAsync(EmulatedAccount.Reader));

        await account.SetAsync(new EmulatedReaderOutage("MINE", Down: true));

        // STS: ServiceUnavailable, 503. Secrets Manager: InternalServiceError, 500. Both in their CommonErrors.
        var down = await Assert.ThrowsAnyAsync<AmazonSecurityTokenServiceException>(() => mine.AssumeAsync(EmulatedAccount.Reader));
        Assert.Equal(("ServiceUnavailable", HttpStatusCode.ServiceUnavailable), (down.ErrorCode, down.StatusCode));
        Assert.Equal("InternalServiceError", await ReadAsync(session, mine.Secret("MINE")));
        Assert.Contains(await account.TrailAsync(), c => c is { Action: "sts:AssumeRole", Error: "ServiceUnavailable" } && c.Resource.EndsWith(mine.Name, StringComparison.Ordinal));

        await other.AssumeAsync(EmulatedAccount.Reader);
        Assert.Equal("of OTHER", await ReadAsync(others, other.Secret("OTHER")));
        await WriteAsync(mine.Secret("MINE"), "written meanwhile");

        await account.SetAsync(new EmulatedReaderOutage("MINE", Down: false));
        await mine.AssumeAsync(EmulatedAccount.Reader);
        Assert.Equal("written meanwhile", await ReadAsync(session, mine.Secret("MINE")));
    }

    [Fact]
    public async Task An_outage_for_the_readers_of_a_secret_that_comes_later_waits_for_it()
    {
        await account.SetAsync(new EmulatedReaderOutage("LATER", Down: true));
        var role = new WorkspaceRole(account, Guid.NewGuid());
        await role.MakeAsync();
        var session = await role.AssumeAsync(EmulatedAccount.Reader);

        await WriteAsync(role.Secret("LATER"), "late");

        Assert.Equal("InternalServiceError", await ReadAsync(session, role.Secret("LATER")));
        await account.SetAsync(new EmulatedReaderOutage("LATER", Down: false));
    }

    [Fact]
    public async Task What_a_guardrail_denies_not_even_the_role_s_own_policy_allows_and_it_allows_nothing_by_itself()
    {
        var role = await RoleAsync("GUARDED");
        await WriteAsync(role.Secret("FREE"), "of FREE");
        var session = await role.AssumeAsync(EmulatedAccount.Reader);

        await account.SetAsync(new EmulatedGuardrail("nobody-reads", NobodyReads));
        Assert.Equal("AccessDeniedException", await ReadAsync(session, role.Secret("GUARDED")));
        Assert.Equal("of FREE", await ReadAsync(session, role.Secret("FREE")));
        await WriteAsync(role.Secret("GUARDED"), "written all the same");

        await account.SetAsync(new EmulatedGuardrail("nobody-reads", NobodyReads.Replace("Deny", "Allow", StringComparison.Ordinal)));
        Assert.Equal("AccessDeniedException", await ReadAsync(EmulatedAccount.Reader, role.Secret("GUARDED")));

        await account.SetAsync(new EmulatedGuardrail("nobody-reads", ""));
        Assert.Equal("written all the same", await ReadAsync(session, role.Secret("GUARDED")));
    }

    [Fact]
    public async Task A_secret_that_is_rotated_at_the_manager_has_its_former_value_as_the_previous_one_and_a_revoked_one_is_gone()
    {
        var role = await RoleAsync("TURNED");
        var session = await role.AssumeAsync(EmulatedAccount.Reader);
        var before = await client.SendAsync(account.Address, session, "GetSecretValue", EmulatedAccount.Input(("SecretId", role.Secret("TURNED"))));

        await account.ChangeAsync(new EmulatedSecretChange(role.Secret("TURNED"), "turned"));

        var after = await client.SendAsync(account.Address, session, "GetSecretValue", EmulatedAccount.Input(("SecretId", role.Secret("TURNED"))));
        Assert.Equal("turned", after.GetProperty("output").GetProperty("SecretString").GetString());
        Assert.NotEqual(Version(before), Version(after));
        var previous = await client.SendAsync(account.Address, session, "GetSecretValue", EmulatedAccount.Input(("SecretId", role.Secret("TURNED")), ("VersionStage", "AWSPREVIOUS")));
        Assert.Equal(("of TURNED", Version(before)), (previous.GetProperty("output").GetProperty("SecretString").GetString(), Version(previous)));

        await account.ChangeAsync(new EmulatedSecretChange(role.Secret("TURNED"), null));
        Assert.Equal("ResourceNotFoundException", await ReadAsync(session, role.Secret("TURNED")));
        Assert.Contains("there is no secret", await account.RefusedAsync("secrets", new EmulatedSecretChange(role.Secret("TURNED"), "again")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_s_sessions_that_are_ended_are_those_of_that_role_alone_and_a_new_one_may_begin()
    {
        var (mine, other) = (await RoleAsync("ENDED"), await RoleAsync("GOING_ON"));
        var (session, others) = (await mine.AssumeAsync(EmulatedAccount.Reader), await other.AssumeAsync(EmulatedAccount.Reader));

        await account.ChangeAsync(new EmulatedRoleChange(mine.Name, ExpireSessions: true));

        Assert.Equal("ExpiredTokenException", await ReadAsync(session, mine.Secret("ENDED")));
        Assert.Equal("of GOING_ON", await ReadAsync(others, other.Secret("GOING_ON")));
        Assert.Equal("of ENDED", await ReadAsync(await mine.AssumeAsync(EmulatedAccount.Reader), mine.Secret("ENDED")));
    }

    [Fact]
    public async Task An_order_that_says_nothing_is_refused_by_its_field()
    {
        Assert.Contains("secret: ", await account.RefusedAsync("outage/readers", new EmulatedReaderOutage("", Down: true)), StringComparison.Ordinal);
        Assert.Contains("secret: ", await account.RefusedAsync("outage/readers", new EmulatedReaderOutage("a/path", Down: true)), StringComparison.Ordinal);
        Assert.Contains("policy: ", await account.RefusedAsync("guardrails", new EmulatedGuardrail("odd", """{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps"}]}""")), StringComparison.Ordinal);
        Assert.Contains("role: there is no 'nobody'", await account.RefusedAsync("roles", new EmulatedRoleChange("nobody", ExpireSessions: true)), StringComparison.Ordinal);
    }

    private async Task<WorkspaceRole> RoleAsync(string key)
    {
        var role = new WorkspaceRole(account, Guid.NewGuid());
        await role.MakeAsync();
        await WriteAsync(role.Secret(key), $"of {key}");
        return role;
    }

    private async Task WriteAsync(string name, string value)
    {
        using var http = new HttpClient();
        await new SecretsManager(new AwsEndpoint(http, "us-east-1", account.Address, TimeProvider.System)).WriteAsync(
            new AwsCredentials(EmulatedAccount.Writer.Id, EmulatedAccount.Writer.Secret), name, value, TestContext.Current.CancellationToken);
    }

    // The value, or AWS's code of the refusal.
    private async Task<string?> ReadAsync(AwsKeys keys, string name)
    {
        var answer = await client.SendAsync(account.Address, keys, "GetSecretValue", EmulatedAccount.Input(("SecretId", name)));
        return answer.TryGetProperty("error", out var error) ? error.GetString() : answer.GetProperty("output").GetProperty("SecretString").GetString();
    }

    private static string? Version(JsonElement answer) => answer.GetProperty("output").GetProperty("VersionId").GetString();
}

using System.Collections.Immutable;
using Molecule.Contracts.Clouds;

namespace Molecule.Tests.Contracts;

/// <summary>What carries a secret of the emulated account, and what a workspace reads its own secrets by.</summary>
public sealed class CloudSecretTests
{
    private static readonly SecretsGrant _grant = new(
        "eu-west-1", "http://localhost:1/aws", "AKIA", "hush", "arn:aws:iam::1:role/r", "external", ImmutableSortedDictionary<string, string>.Empty.Add("OPENAI_API_KEY", "molecule/workspaces/1/OPENAI_API_KEY"));

    [Fact]
    public void Nothing_prints_the_secret_that_it_carries()
    {
        Assert.Equal("EmulatedAwsUser { Name = writer }", new EmulatedAwsUser("writer", "AKIA", "hush", "{}").ToString());
        Assert.Equal("EmulatedSecretChange { Name = molecule/x }", new EmulatedSecretChange("molecule/x", "hush").ToString());
        Assert.Equal("SecretsGrant { Role = arn:aws:iam::1:role/r }", _grant.ToString());
    }

    [Fact]
    public void A_grant_is_read_as_it_was_written()
    {
        var read = SecretsGrant.Read(_grant.ToText())!;

        Assert.Equal(_grant with { Variables = read.Variables }, read);
        Assert.Equal([new("OPENAI_API_KEY", "molecule/workspaces/1/OPENAI_API_KEY")], read.Variables);
    }

    [Fact]
    public void What_lacks_a_part_is_no_grant()
    {
        Assert.Null(SecretsGrant.Read("no JSON"));
        Assert.Null(SecretsGrant.Read("{}"));
        Assert.All(
            [_grant with { Region = "" }, _grant with { AccessKeyId = "" }, _grant with { SecretAccessKey = "" }, _grant with { Role = "" }],
            static grant => Assert.Null(SecretsGrant.Read(grant.ToText())));
    }
}

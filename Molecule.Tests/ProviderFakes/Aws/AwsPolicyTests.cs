using System.Collections.Immutable;
using Molecule.ProviderFakes.Clouds.Aws;

namespace Molecule.Tests.ProviderFakes.Aws;

public sealed class AwsPolicyTests
{
    private const string Own = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:molecule/workspaces/a/KEY-AbCdEf";
    private const string Read = "secretsmanager:GetSecretValue";

    [Theory]
    [InlineData("""{"Statement":[]}""", AwsDecision.Unsaid)]
    [InlineData("""{"Statement":{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:molecule/workspaces/a/*"}}""", AwsDecision.Allowed)]
    [InlineData("""{"Statement":[{"Effect":"Allow","Action":["SecretsManager:Get*"],"Resource":"*"}]}""", AwsDecision.Allowed)]
    [InlineData("""{"Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:*:*:secret:molecule/workspaces/b/*"}]}""", AwsDecision.Unsaid)]
    [InlineData("""{"Statement":[{"Effect":"Allow","Action":"secretsmanager:PutSecretValue","Resource":"*"}]}""", AwsDecision.Unsaid)]
    [InlineData("""{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"secretsmanager:GetSecretValue","Resource":"*"}]}""", AwsDecision.Denied)]
    [InlineData("""{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}""", AwsDecision.Unsaid)]
    public void Nothing_is_allowed_that_is_not_said_and_a_denial_beats_an_allowance(string document, AwsDecision decision) =>
        Assert.Equal(decision, AwsPolicy.Read(document).Decide(Read, Own, principal: null, []));

    [Theory]
    [InlineData("no json")]
    [InlineData("""{"Statement":[{"Effect":"Maybe","Action":"*"}]}""")]
    [InlineData("""{"Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}""")]
    [InlineData("""{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:PrincipalTag/x":"*"}}}]}""")]
    public void What_it_would_have_to_overlook_it_refuses(string document) => Assert.Throws<MalformedPolicyException>(() => AwsPolicy.Read(document));

    [Fact]
    public void A_trust_policy_asks_for_the_principal_and_the_external_id()
    {
        var trust = AwsPolicy.Read("""{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:reader"},"Condition":{"StringEquals":{"sts:ExternalId":"mine"}}}]}""");

        AwsDecision Decide(string principal, string external) =>
            trust.Decide("sts:AssumeRole", resource: null, principal, ImmutableDictionary<string, string>.Empty.Add("sts:ExternalId", external));
        Assert.Equal(AwsDecision.Allowed, Decide("arn:reader", "mine"));
        Assert.Equal(AwsDecision.Unsaid, Decide("arn:writer", "mine"));
        Assert.Equal(AwsDecision.Unsaid, Decide("arn:reader", "another"));
    }
}

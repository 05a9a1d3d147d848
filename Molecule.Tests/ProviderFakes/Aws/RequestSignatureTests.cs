using Molecule.Aws;

namespace Molecule.Tests.ProviderFakes.Aws;

/// <summary>Our signing side against AWS's published test suite, from which the checking side is held to other examples (SignatureV4Tests).</summary>
public sealed class RequestSignatureTests
{
    private static readonly AwsCredentials _published = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

    [Theory]
    [InlineData("get-vanilla", "GET", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")]
    [InlineData("get-vanilla-query-order-key-case", "GET", "Param1=value1&Param2=value2", "", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500")]
    [InlineData("post-vanilla", "POST", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b")]
    [InlineData("post-x-www-form-urlencoded", "POST", "", "Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a")]
    public void A_signature_is_the_published_one(string name, string method, string query, string body, string signature)
    {
        List<(string, string)> headers = [("host", "example.amazonaws.com"), ("x-amz-date", RequestSignature.Stamp(new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero)))];
        if (body.Length > 0)
        {
            headers.Add(("content-type", "application/x-www-form-urlencoded"));
        }

        var authorization = RequestSignature.Authorization(_published, "us-east-1", "service", method, "/", query, headers, body);

        Assert.True(authorization.EndsWith($"Signature={signature}", StringComparison.Ordinal), $"{name}: {authorization}");
    }

    [Fact]
    public void Credentials_do_not_print_their_key() => Assert.DoesNotContain("wJalr", $"{_published} {new AssumedRole(_published, default, default)}", StringComparison.Ordinal);
}

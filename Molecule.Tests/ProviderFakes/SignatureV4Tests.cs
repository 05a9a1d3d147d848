using System.Collections.Immutable;
using Molecule.ProviderFakes.Clouds;

namespace Molecule.Tests.ProviderFakes;

/// <summary>
/// The check of AWS signatures against AWS's published examples: the Signature Version 4 test suite, as it is kept in
/// bazelbuild/bazel, third_party/aws-sig-v4-test-suite (files *.sreq).
/// </summary>
public sealed class SignatureV4Tests
{
    private const string Key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private const string Session =
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

    private static readonly DateTimeOffset _signed = new(2015, 8, 30, 12, 36, 0, TimeSpan.Zero);

    public static TheoryData<string, string, string, string, string, string> Suite => new()
    {
        // its name there, method, target, headers beside Host and X-Amz-Date, body, signature
        { "get-vanilla", "GET", "/", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
        { "get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", "", "", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
        { "get-vanilla-utf8-query", "GET", "/?ሴ=bar", "", "", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04" },
        { "get-header-key-duplicate", "GET", "/", "My-Header1:value2|My-Header1:value2|My-Header1:value1", "", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea" },
        { "get-header-value-trim", "GET", "/", "My-Header1: value1|My-Header2: \"a   b   c\"", "", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736" },
        { "post-vanilla", "POST", "/", "", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
        { "post-x-www-form-urlencoded", "POST", "/", "Content-Type:application/x-www-form-urlencoded", "Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
        { "post-sts-header-before", "POST", "/", "X-Amz-Security-Token:" + Session, "", "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead" },
    };

    [Theory]
    [MemberData(nameof(Suite))]
    public void A_published_signature_is_good_and_any_other_key_query_body_or_header_is_not(string name, string method, string target, string headers, string body, string signature)
    {
        var request = Request(method, target, headers, body, signature);

        var good = Check(request);
        Assert.True(good is { Error: null, AccessKeyId: "AKIDEXAMPLE", Region: "us-east-1" }, $"{name}: {good.Error}");
        Assert.Equal("SignatureDoesNotMatch", Check(request, key: Key + "x").Error?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(request with { Method = "PUT" }).Error?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(request with { Url = new Uri(request.Url + (request.Url.Query.Length == 0 ? "?a=b" : "&a=b")) }).Error?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(request with { Body = body + "x" }).Error?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(request with { Headers = [.. request.Headers.Select(static h => h.Name == "Host" ? ("Host", "other.amazonaws.com") : h)] }).Error?.Code);
    }

    [Theory]
    [InlineData(-15, null)]
    [InlineData(-16, "SignatureDoesNotMatch")]
    [InlineData(15, null)]
    [InlineData(16, "SignatureDoesNotMatch")]
    public void A_signature_is_good_for_a_quarter_of_an_hour_around_its_time(int minutes, string? code) =>
        Assert.Equal(code, Check(Vanilla(), now: _signed.AddMinutes(minutes)).Error?.Code);

    [Fact]
    public void What_is_missing_or_out_of_place_is_named_by_aws_s_code()
    {
        var request = Vanilla();
        var authorization = request.Header("Authorization")!;

        Assert.Equal("MissingAuthenticationToken", Check(Without(request, "Authorization")).Error?.Code);
        Assert.Equal("IncompleteSignature", Check(Without(request, "X-Amz-Date")).Error?.Code);
        Assert.Equal("IncompleteSignature", Check(With(request, "Authorization", authorization.Replace("SignedHeaders=", "Headers=", StringComparison.Ordinal))).Error?.Code);
        Assert.Equal("InvalidClientTokenId", Check(With(request, "Authorization", authorization.Replace("AKIDEXAMPLE", "AKIDOTHER", StringComparison.Ordinal))).Error?.Code);
        Assert.Equal("InvalidClientTokenId", Check(request, session: "a-session").Error?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(With(request, "Authorization", authorization.Replace("20150830/us-east-1", "20150831/us-east-1", StringComparison.Ordinal))).Error?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(With(request, "Authorization", authorization.Replace("host;x-amz-date", "x-amz-date", StringComparison.Ordinal))).Error?.Code);
        Assert.Equal("SignatureDoesNotMatch", Check(request, service: "sts").Error?.Code);
    }

    private static SignedRequest Vanilla() => Request("GET", "/", "", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");

    private static SignedRequest Request(string method, string target, string headers, string body, string signature)
    {
        ImmutableArray<(string Name, string Value)> all =
        [
            ("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z"),
            .. headers.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(':', 2)).Select(static pair => (pair[0], pair[1])),
        ];
        var names = string.Join(';', all.Select(static h => h.Name.ToLowerInvariant()).Distinct().Order(StringComparer.Ordinal));
        return new SignedRequest(
            method, new Uri("https://example.amazonaws.com" + target),
            [.. all, ("Authorization", $"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={names}, Signature={signature}")],
            body);
    }

    private static SignatureCheck Check(SignedRequest request, string key = Key, string? session = null, DateTimeOffset? now = null, string service = "service") =>
        new SignatureV4(id => id == "AKIDEXAMPLE" ? new AwsKey(key, session ?? request.Header("X-Amz-Security-Token")) : null, service).Check(request, now ?? _signed);

    private static SignedRequest Without(SignedRequest request, string name) => request with { Headers = [.. request.Headers.Where(h => h.Name != name)] };

    private static SignedRequest With(SignedRequest request, string name, string value) => Without(request, name) with { Headers = [.. Without(request, name).Headers, (name, value)] };
}

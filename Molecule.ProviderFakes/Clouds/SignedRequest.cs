using System.Collections.Immutable;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>A request that bears an AWS signature.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Url">The whole URL.</param>
/// <param name="Headers">Its headers, as they were sent, in their order.</param>
/// <param name="Body">The body, or empty.</param>
public sealed record SignedRequest(string Method, Uri Url, ImmutableArray<(string Name, string Value)> Headers, string Body)
{
    /// <summary>The first value of a header; null where there is none.</summary>
    public string? Header(string name) => Headers.Where(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static h => h.Value).FirstOrDefault();
}

/// <summary>An AWS error's code and message (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html).</summary>
public sealed record AwsError(string Code, string Message);

/// <summary>What a signature's check came to: the key that signed, or why not.</summary>
/// <param name="AccessKeyId">The key's id; null where the check failed.</param>
/// <param name="Region">The region of the credential scope.</param>
/// <param name="SignedHeaders">Which headers the signature covers, in lower case.</param>
/// <param name="Error">Why the check failed.</param>
public sealed record SignatureCheck(string? AccessKeyId, string? Region, ImmutableArray<string> SignedHeaders, AwsError? Error)
{
    public static SignatureCheck Failed(string code, string message) => new(null, null, [], new AwsError(code, message));
}

/// <summary>The part of an access key that a signature is checked with.</summary>
/// <param name="Secret">The secret key.</param>
/// <param name="SessionToken">The session token that has to come along; null for lasting keys.</param>
public sealed record AwsKey(string Secret, string? SessionToken)
{
    public override string ToString() => nameof(AwsKey);
}

using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>
/// Checks an AWS signature, version 4, as the receiving side does (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
/// It shares nothing with the side that signs.
/// </summary>
/// <param name="keyOf">Finds an access key by its id.</param>
/// <param name="service">The service that is called: sts.</param>
public sealed partial class SignatureV4(Func<string, AwsKey?> keyOf, string service)
{
    /// <summary>How far a signature's time may be off.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(15);

    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";

    public SignatureCheck Check(SignedRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Header("Authorization") is not { } authorization)
        {
            return SignatureCheck.Failed("MissingAuthenticationToken", "Request is missing Authentication Token");
        }

        if (Authorization().Match(authorization) is not { Success: true } parts
            || request.Header("X-Amz-Date") is not { } stamp
            || !DateTimeOffset.TryParseExact(stamp, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            return SignatureCheck.Failed("IncompleteSignature", "The request signature does not conform to AWS standards: Authorization needs Credential, SignedHeaders and Signature, and X-Amz-Date has to be there.");
        }

        var (id, day, region, scope) = (parts.Groups["id"].Value, parts.Groups["day"].Value, parts.Groups["region"].Value, parts.Groups["scope"].Value);
        ImmutableArray<string> signed = [.. parts.Groups["headers"].Value.Split(';')];
        if (keyOf(id) is not { } key || (key.SessionToken ?? "") != (request.Header("X-Amz-Security-Token") ?? ""))
        {
            return SignatureCheck.Failed("InvalidClientTokenId", "The security token included in the request is invalid.");
        }

        if (parts.Groups["service"].Value != service || day != stamp[..8])
        {
            return SignatureCheck.Failed("SignatureDoesNotMatch", $"Credential should be scoped to correct service: '{service}', and to the day of X-Amz-Date.");
        }

        // Every x-amz- header has to be covered, and the host; the names stand in order.
        if (!signed.Contains("host") || !signed.SequenceEqual(signed.Order(StringComparer.Ordinal))
            || request.Headers.Select(static h => Lower(h.Name)).FirstOrDefault(name => name.StartsWith("x-amz-", StringComparison.Ordinal) && !signed.Contains(name)) is not null)
        {
            return SignatureCheck.Failed("SignatureDoesNotMatch", "'Host' and each 'x-amz-' header must be a 'SignedHeader' in the AWS Authorization.");
        }

        if ((now - at).Duration() > Tolerance)
        {
            return SignatureCheck.Failed("SignatureDoesNotMatch", at < now
                ? $"Signature expired: {stamp} is now earlier than {(now - Tolerance).UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} ({now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} - 15 min.)"
                : $"Signature not yet current: {stamp} is still later than {(now + Tolerance).UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} ({now.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} + 15 min.)");
        }

        var toSign = $"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{Hash(Canonical(request, signed))}";
        var signingKey = new[] { day, region, service, "aws4_request" }.Aggregate(Encoding.UTF8.GetBytes("AWS4" + key.Secret), static (bytes, part) => HMACSHA256.HashData(bytes, Encoding.UTF8.GetBytes(part)));
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(signingKey, Encoding.UTF8.GetBytes(toSign)));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(parts.Groups["signature"].Value))
            ? new SignatureCheck(id, region, signed, null)
            : SignatureCheck.Failed(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
    }

    // Services other than S3 encode the path once more; none here has a path with anything to encode.
    private static string Canonical(SignedRequest request, ImmutableArray<string> signed) => string.Join('\n',
    [
        request.Method,
        request.Url.AbsolutePath,
        Query(request.Url),
        .. signed.Select(name => $"{name}:{string.Join(',', request.Headers.Where(h => Lower(h.Name) == name).Select(static h => Spaces().Replace(h.Value.Trim(), " ")))}"),
        "",
        string.Join(';', signed),
        Hash(request.Body),
    ]);

    private static string Query(Uri url) => string.Join('&', url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        .Select(static pair => pair.Split('=', 2))
        .Select(static pair => (Name: Encoded(pair[0]), Value: Encoded(pair.ElementAtOrDefault(1) ?? "")))
        .OrderBy(static pair => pair.Name, StringComparer.Ordinal).ThenBy(static pair => pair.Value, StringComparer.Ordinal)
        .Select(static pair => $"{pair.Name}={pair.Value}"));

    // RFC 3986's unreserved characters stay, which is just what EscapeDataString leaves.
    private static string Encoded(string part) => Uri.EscapeDataString(Uri.UnescapeDataString(part));

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Lower(string name) => name.ToLowerInvariant();

    [GeneratedRegex(
        @"^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)/(?<scope>(?<day>\d{8})/(?<region>[^/]+)/(?<service>[^/]+)/aws4_request), ?SignedHeaders=(?<headers>[a-z0-9;-]+), ?Signature=(?<signature>[0-9a-f]{64})$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Authorization();

    [GeneratedRegex(" +", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}

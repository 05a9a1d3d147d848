using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Molecule.Aws;

/// <summary>
/// AWS's signature, version 4, of one request in headers (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
/// AWS's SDK signs requests other than its own only through members that it calls internal.
/// </summary>
public static class RequestSignature
{
    /// <summary>The time as it stands in X-Amz-Date.</summary>
    public static string Stamp(DateTimeOffset now) => now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The value of the Authorization header.</summary>
    /// <param name="credentials">Of whom.</param>
    /// <param name="region">E.g. eu-west-1.</param>
    /// <param name="service">sts, secretsmanager, iam.</param>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path, without anything that would have to be encoded.</param>
    /// <param name="query">The query in its canonical form, or empty.</param>
    /// <param name="headers">All that are signed: host, x-amz-date and every other x-amz- one among them. Names in lower case.</param>
    /// <param name="body">The body, or empty.</param>
    public static string Authorization(
        AwsCredentials credentials, string region, string service, string method, string path, string query, IReadOnlyCollection<(string Name, string Value)> headers, string body)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        var sorted = headers.OrderBy(static h => h.Name, StringComparer.Ordinal).ToList();
        var names = string.Join(';', sorted.Select(static h => h.Name));
        var stamp = sorted.Single(static h => h.Name == "x-amz-date").Value;
        var request = string.Join('\n', [method, path, query, .. sorted.Select(static h => $"{h.Name}:{h.Value.Trim()}"), "", names, Hash(body)]);
        var scope = $"{stamp[..8]}/{region}/{service}/aws4_request";
        var key = Mac(Mac(Mac(Mac(Encoding.UTF8.GetBytes("AWS4" + credentials.SecretAccessKey), stamp[..8]), region), service), "aws4_request");
        var signature = Convert.ToHexStringLower(Mac(key, $"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{Hash(request)}"));
        return $"AWS4-HMAC-SHA256 Credential={credentials.AccessKeyId}/{scope}, SignedHeaders={names}, Signature={signature}";
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}

using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Molecule.ControlPlane.Llm;

/// <summary>
/// What proves the AWS identity to Google: a signed GetCallerIdentity request, written down for Google to execute
/// (spec/runtimes-and-providers.md 3.6; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
/// </summary>
public static class VertexSubjectToken
{
    private const string Service = "sts";
    private const string Query = "Action=GetCallerIdentity&Version=2011-06-15";

    // Of no bytes: the parameters stand in the query.
    private const string EmptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// <summary>A token that is good for a quarter of an hour from now on.</summary>
    public static string Create(VertexIdentity identity, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var stamp = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var host = $"sts.{identity.AwsRegion}.amazonaws.com";

        // All are signed, so that the token is good for this pool alone; the order is that of their names, as the signature wants it.
        List<(string Key, string Value)> headers = [("host", host), ("x-amz-date", stamp)];
        if (identity.AwsSessionToken is { } session)
        {
            headers.Add(("x-amz-security-token", session));
        }

        headers.Add(("x-goog-cloud-target-resource", identity.Audience));
        var names = string.Join(';', headers.Select(static h => h.Key));
        var request = string.Join('\n', ["POST", "/", Query, .. headers.Select(static h => $"{h.Key}:{h.Value}"), "", names, EmptyBody]);
        var scope = $"{stamp[..8]}/{identity.AwsRegion}/{Service}/aws4_request";
        var toSign = $"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var key = Mac(Mac(Mac(Mac(Encoding.UTF8.GetBytes("AWS4" + identity.AwsSecretAccessKey), stamp[..8]), identity.AwsRegion), Service), "aws4_request");
        var signature = Convert.ToHexStringLower(Mac(key, toSign));
        headers.Add(("Authorization", $"AWS4-HMAC-SHA256 Credential={identity.AwsAccessKeyId}/{scope}, SignedHeaders={names}, Signature={signature}"));

        return Uri.EscapeDataString(JsonSerializer.Serialize(new
        {
            url = $"https://{host}/?{Query}",
            method = "POST",
            headers = headers.Select(static h => new { key = h.Key, value = h.Value }),
        }));
    }

    private static byte[] Mac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}

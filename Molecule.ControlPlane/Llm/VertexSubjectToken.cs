using System.Text.Json;
using Molecule.Aws;

namespace Molecule.ControlPlane.Llm;

/// <summary>
/// What proves the AWS identity to Google: a signed GetCallerIdentity request, written down for Google to execute
/// (spec/runtimes-and-providers.md 3.6; https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
/// </summary>
public static class VertexSubjectToken
{
    private const string Query = "Action=GetCallerIdentity&Version=2011-06-15";

    /// <summary>A token that is good for a quarter of an hour from now on.</summary>
    public static string Create(VertexIdentity identity, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var host = $"sts.{identity.AwsRegion}.amazonaws.com";

        // All are signed, so that the token is good for this pool alone.
        List<(string Key, string Value)> headers = [("host", host), ("x-amz-date", RequestSignature.Stamp(now))];
        if (identity.AwsSessionToken is { } session)
        {
            headers.Add(("x-amz-security-token", session));
        }

        headers.Add(("x-goog-cloud-target-resource", identity.Audience));
        var credentials = new AwsCredentials(identity.AwsAccessKeyId, identity.AwsSecretAccessKey, identity.AwsSessionToken);

        // The parameters stand in the query: the body is empty.
        headers.Add(("Authorization", RequestSignature.Authorization(credentials, identity.AwsRegion, "sts", "POST", "/", Query, headers, body: "")));

        return Uri.EscapeDataString(JsonSerializer.Serialize(new
        {
            url = $"https://{host}/?{Query}",
            method = "POST",
            headers = headers.Select(static h => new { key = h.Key, value = h.Value }),
        }));
    }
}

using System.Globalization;

namespace Molecule.Aws;

/// <summary>AWS's security token service (https://docs.aws.amazon.com/STS/latest/APIReference/).</summary>
public sealed class SecurityTokens(AwsEndpoint endpoint)
{
    private const string Version = "2011-06-15";

    /// <summary>Assumes a role.</summary>
    /// <exception cref="AwsException">It was refused, or nobody answered.</exception>
    public async Task<AssumedRole> AssumeAsync(AwsCredentials credentials, string role, string externalId, string session, CancellationToken cancellation)
    {
        var born = endpoint.Time.GetUtcNow();
        var answer = await endpoint.CallQueryAsync(
            credentials, "sts", Version, "AssumeRole", [("RoleArn", role), ("RoleSessionName", session), ("ExternalId", externalId), ("DurationSeconds", "3600")], cancellation).ConfigureAwait(false);
        var fields = answer.Descendants().Where(static e => !e.HasElements).GroupBy(static e => e.Name.LocalName).ToDictionary(static g => g.Key, static g => g.First().Value);
        return fields.GetValueOrDefault("AccessKeyId") is { } id && fields.GetValueOrDefault("SecretAccessKey") is { } secret && fields.GetValueOrDefault("SessionToken") is { } token
            && DateTimeOffset.TryParse(fields.GetValueOrDefault("Expiration"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var expires)
                ? new AssumedRole(new AwsCredentials(id, secret, token), born, expires)
                : throw new AwsException(AwsException.Unreachable, "sts answered AssumeRole without credentials");
    }
}

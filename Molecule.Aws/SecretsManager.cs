using System.Text.Json;

namespace Molecule.Aws;

/// <summary>AWS Secrets Manager (https://docs.aws.amazon.com/secretsmanager/latest/apireference/). AWSSDK.SecretsManager would do the same where it can be restored.</summary>
public sealed class SecretsManager(AwsEndpoint endpoint)
{
    private const string Service = "secretsmanager";

    /// <summary>The most that one secret may hold, in bytes of UTF-8 (API_PutSecretValue, SecretString).</summary>
    public const int LargestValue = 65_536;

    /// <summary>Writes a secret: a new version where there is one, a new one where there is none. It needs no leave to read.</summary>
    /// <returns>The version's id.</returns>
    /// <exception cref="AwsException">It could not be written.</exception>
    public async Task<string> WriteAsync(AwsCredentials credentials, string name, string value, CancellationToken cancellation)
    {
        var version = Guid.NewGuid().ToString();
        try
        {
            await endpoint.CallJsonAsync(credentials, Service, "PutSecretValue", new { SecretId = name, SecretString = value, ClientRequestToken = version }, cancellation).ConfigureAwait(false);
        }
        catch (AwsException e) when (e.Code is "ResourceNotFoundException")
        {
            await endpoint.CallJsonAsync(credentials, Service, "CreateSecret", new { Name = name, SecretString = value, ClientRequestToken = version }, cancellation).ConfigureAwait(false);
        }

        return version;
    }

    /// <summary>The current version of a secret.</summary>
    /// <exception cref="AwsException">It could not be read.</exception>
    public async Task<(string Version, string Value)> ReadAsync(AwsCredentials credentials, string name, CancellationToken cancellation)
    {
        var answer = await endpoint.CallJsonAsync(credentials, Service, "GetSecretValue", new { SecretId = name }, cancellation).ConfigureAwait(false);
        return answer.TryGetProperty("VersionId", out var version) && answer.TryGetProperty("SecretString", out var value) && value.ValueKind is JsonValueKind.String
            ? (version.GetString() ?? "", value.GetString()!)
            : throw new AwsException("InvalidSecret", $"the secret {name} holds no text");
    }

    /// <summary>Deletes a secret at once and for good; one that is not there is none.</summary>
    /// <exception cref="AwsException">It could not be deleted.</exception>
    public async Task DeleteAsync(AwsCredentials credentials, string name, CancellationToken cancellation)
    {
        try
        {
            await endpoint.CallJsonAsync(credentials, Service, "DeleteSecret", new { SecretId = name, ForceDeleteWithoutRecovery = true }, cancellation).ConfigureAwait(false);
        }
        catch (AwsException e) when (e.Code is "ResourceNotFoundException")
        {
            // It was to go, and it is gone.
        }
    }
}

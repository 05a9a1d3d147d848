using System.Text.Json;
using Molecule.Contracts.Clouds;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>
/// Outages that only those meet whose role may read a certain secret: the role cannot be assumed, and its sessions get nothing. Whoever wrote
/// the secret sees none of it.
/// </summary>
internal sealed class ReaderOutages(AwsAccount account, SecretsManagerActions secrets)
{
    private const string Read = "secretsmanager:GetSecretValue";

    private readonly Lock _lock = new();
    private readonly HashSet<string> _secrets = new(StringComparer.Ordinal);

    public void Set(EmulatedReaderOutage outage)
    {
        lock (_lock)
        {
            if (outage.Down)
            {
                _secrets.Add(outage.Secret);
            }
            else
            {
                _secrets.Remove(outage.Secret);
            }
        }
    }

    /// <summary>Fails a call on the JSON wire.</summary>
    /// <exception cref="AwsRefusalException">There is an outage for its caller.</exception>
    public void Meet(AwsCall call, JsonElement request)
    {
        if (call.Caller.Role is { } role && IsDownFor(role))
        {
            call.About(request.Text("SecretId") ?? "");

            // InternalServiceError, "An error occurred on the server side", 500 (https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html).
            throw new AwsRefusalException(500, "InternalServiceError", "An error occurred on the server side.");
        }
    }

    /// <summary>Fails a call on the query wire.</summary>
    /// <exception cref="AwsRefusalException">There is an outage for its caller, or for the role that it is about.</exception>
    public void Meet(AwsCall call, AwsForm form)
    {
        if ((call.Caller.Role ?? form.Text("RoleArn")?.Split('/')[^1]) is { } role && IsDownFor(role))
        {
            call.About(form.Text("RoleArn") ?? "");

            // ServiceUnavailable, "a temporary failure of the server", 503 (https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html).
            throw new AwsRefusalException(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.");
        }
    }

    private bool IsDownFor(string name)
    {
        string[] down;
        lock (_lock)
        {
            down = [.. _secrets];
        }

        return down.Length > 0 && account.RoleOf(name) is { } role
            && secrets.ArnsEnding(down).Any(arn => role.Policies.Values.Any(policy => policy.Decide(Read, arn, principal: null, []) is AwsDecision.Allowed));
    }
}

namespace Molecule.Aws;

/// <summary>Keeps roles in AWS's IAM (https://docs.aws.amazon.com/IAM/latest/APIReference/).</summary>
public sealed class Roles(AwsEndpoint endpoint)
{
    private const string Version = "2010-05-08";
    private const string PolicyName = "own-secrets";

    /// <summary>Makes a role, or mends the one that is there: whoever the trust policy names may assume it, and may do then what the policy allows.</summary>
    /// <exception cref="AwsException">It was refused, or nobody answered.</exception>
    public async Task EnsureAsync(AwsCredentials credentials, string path, string name, string trust, string policy, CancellationToken cancellation)
    {
        try
        {
            await CallAsync(credentials, "CreateRole", [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", trust)], cancellation).ConfigureAwait(false);
        }
        catch (AwsException e) when (e.Code is "EntityAlreadyExists")
        {
            await CallAsync(credentials, "UpdateAssumeRolePolicy", [("RoleName", name), ("PolicyDocument", trust)], cancellation).ConfigureAwait(false);
        }

        await CallAsync(credentials, "PutRolePolicy", [("RoleName", name), ("PolicyName", PolicyName), ("PolicyDocument", policy)], cancellation).ConfigureAwait(false);
    }

    /// <summary>Removes a role; one that is not there is none.</summary>
    /// <exception cref="AwsException">It was refused, or nobody answered.</exception>
    public async Task RemoveAsync(AwsCredentials credentials, string name, CancellationToken cancellation)
    {
        await GoneAsync("DeleteRolePolicy", [("RoleName", name), ("PolicyName", PolicyName)]).ConfigureAwait(false);
        await GoneAsync("DeleteRole", [("RoleName", name)]).ConfigureAwait(false);

        async Task GoneAsync(string action, (string, string)[] parameters)
        {
            try
            {
                await CallAsync(credentials, action, parameters, cancellation).ConfigureAwait(false);
            }
            catch (AwsException e) when (e.Code is "NoSuchEntity")
            {
                // It was to go, and it is gone.
            }
        }
    }

    private Task<System.Xml.Linq.XElement> CallAsync(AwsCredentials credentials, string action, (string, string)[] parameters, CancellationToken cancellation) =>
        endpoint.CallQueryAsync(credentials, "iam", Version, action, parameters, cancellation);
}

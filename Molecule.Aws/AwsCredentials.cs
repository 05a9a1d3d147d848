namespace Molecule.Aws;

/// <summary>What AWS calls are signed with.</summary>
/// <param name="AccessKeyId">The key's id.</param>
/// <param name="SecretAccessKey">The key.</param>
/// <param name="SessionToken">What temporary credentials bring along; null for lasting ones.</param>
public sealed record AwsCredentials(string AccessKeyId, string SecretAccessKey, string? SessionToken = null)
{
    /// <summary>The id alone: a log line must not show a key.</summary>
    public override string ToString() => $"AwsCredentials {{ AccessKeyId = {AccessKeyId} }}";
}

/// <summary>The credentials of an assumed role.</summary>
/// <param name="Credentials">What its calls are signed with.</param>
/// <param name="Born">When it was asked for.</param>
/// <param name="Expires">When it ends.</param>
public sealed record AssumedRole(AwsCredentials Credentials, DateTimeOffset Born, DateTimeOffset Expires);

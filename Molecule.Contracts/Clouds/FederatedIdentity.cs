namespace Molecule.Contracts.Clouds;

/// <summary>
/// An AWS identity that the fakes of Google's clouds trust (workload identity federation, spec/runtimes-and-providers.md 3.6). The secret
/// key is needed to check a signature, so it travels to the fakes' admin side once; nothing prints it.
/// </summary>
/// <param name="Audience">The pool provider's full resource name: <c>//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/P/providers/X</c>.</param>
/// <param name="AccessKeyId">The AWS access key's id.</param>
/// <param name="SecretAccessKey">The key itself.</param>
/// <param name="SessionToken">What temporary credentials bring along; null for lasting ones.</param>
/// <param name="ServiceAccount">The account that it may impersonate, by e-mail; null where it may call Vertex by itself.</param>
public sealed record FederatedIdentity(string Audience, string AccessKeyId, string SecretAccessKey, string? SessionToken = null, string? ServiceAccount = null)
{
    public override string ToString() => $"FederatedIdentity {{ AccessKeyId = {AccessKeyId}, Audience = {Audience} }}";
}

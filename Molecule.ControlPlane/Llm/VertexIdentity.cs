namespace Molecule.ControlPlane.Llm;

/// <summary>
/// Who the control plane is to Google: an AWS identity that a workload identity pool trusts (spec/runtimes-and-providers.md 3.6). The names
/// are the platform's own, never AWS's plain ones: those in a developer's shell are the developer's.
/// </summary>
/// <param name="Audience">Molecule:Vertex:Audience, the pool provider's full resource name.</param>
/// <param name="AwsRegion">Molecule:Vertex:AwsRegion, whose STS the signed request is for.</param>
/// <param name="AwsAccessKeyId">Molecule:Vertex:AwsAccessKeyId.</param>
/// <param name="AwsSecretAccessKey">Molecule:Vertex:AwsSecretAccessKey.</param>
/// <param name="AwsSessionToken">Molecule:Vertex:AwsSessionToken, of temporary credentials; null for lasting ones.</param>
/// <param name="ServiceAccount">Molecule:Vertex:ServiceAccount, the account that is impersonated; null: none.</param>
/// <param name="StsOrigin">Molecule:Vertex:StsOrigin, Google's token exchange.</param>
/// <param name="IamOrigin">Molecule:Vertex:IamOrigin, Google's impersonation.</param>
public sealed record VertexIdentity(
    string Audience,
    string AwsRegion,
    string AwsAccessKeyId,
    string AwsSecretAccessKey,
    string? AwsSessionToken,
    string? ServiceAccount,
    string StsOrigin,
    string IamOrigin)
{
    /// <summary>Where the settings stand.</summary>
    public const string Section = "Molecule:Vertex";

    /// <summary>Reads it; null where nothing of it is set.</summary>
    /// <exception cref="SettingsException">One is missing or wrong; the message names it.</exception>
    public static VertexIdentity? Read(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        string? Text(string name) => section[name] is { Length: > 0 } text ? text : null;
        if (section.GetChildren().All(static child => string.IsNullOrEmpty(child.Value)))
        {
            return null;
        }

        string Needed(string name) => Text(name)
            ?? throw new SettingsException(Variable(name), "is not set while others of Molecule__Vertex are", "give all of Audience, AwsAccessKeyId and AwsSecretAccessKey, or none");

        string Origin(string name, string otherwise) => Text(name) is not { } url
            ? otherwise
            : Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme is "http" or "https"
                ? url.TrimEnd('/')
                : throw new SettingsException(Variable(name), "is no http or https URL", $"write it like {otherwise}");

        var audience = Needed("Audience");
        return audience.StartsWith("//iam.googleapis.com/", StringComparison.Ordinal)
            ? new VertexIdentity(
                audience, Text("AwsRegion") ?? "us-east-1", Needed("AwsAccessKeyId"), Needed("AwsSecretAccessKey"), Text("AwsSessionToken"), Text("ServiceAccount"),
                Origin("StsOrigin", "https://sts.googleapis.com"), Origin("IamOrigin", "https://iamcredentials.googleapis.com"))
            : throw new SettingsException(
                Variable("Audience"), "is no full name of a pool provider", "write it like //iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/POOL/providers/PROVIDER");
    }

    /// <summary>Nothing of what it holds: a log line must not show a secret.</summary>
    public override string ToString() => nameof(VertexIdentity);

    private static string Variable(string name) => $"{Section}:{name}".Replace(":", "__", StringComparison.Ordinal);
}

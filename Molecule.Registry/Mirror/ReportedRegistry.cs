namespace Molecule.Registry.Mirror;

/// <summary>What <c>GET /registry/fingerprint</c> of a running control plane or workspace answers: which registry it runs on.</summary>
/// <param name="Fingerprint">Of the registry it has read.</param>
/// <param name="Sha256">Of that file's bytes.</param>
/// <param name="Projection">The fingerprint that its generated code was made of; null where it has none.</param>
public sealed record ReportedRegistry(string Fingerprint, string Sha256, string? Projection)
{
    /// <summary>Where it is asked.</summary>
    public const string Path = "/registry/fingerprint";
}

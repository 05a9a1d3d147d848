using System.Collections.Immutable;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>A secret of the emulated Secrets Manager.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Arn">With the six random characters that AWS puts behind the name.</param>
/// <param name="Versions">By version id.</param>
/// <param name="Current">The version of stage AWSCURRENT.</param>
/// <param name="Previous">The version of stage AWSPREVIOUS.</param>
/// <param name="Deleted">When it was marked for deletion; null where it was not.</param>
/// <param name="Created">When it was made.</param>
internal sealed record AwsSecret(
    string Name, string Arn, ImmutableDictionary<string, SecretVersion> Versions, string Current, string? Previous, DateTimeOffset? Deleted, DateTimeOffset Created)
{
    public override string ToString() => Name;

    public ImmutableArray<string> StagesOf(string version) => version == Current ? ["AWSCURRENT"] : version == Previous ? ["AWSPREVIOUS"] : [];

    public SecretVersion? VersionOf(string? id, string? stage) => id is not null
        ? Versions.GetValueOrDefault(id) is { } version && (stage is null || StagesOf(id).Contains(stage)) ? version : null
        : (stage ?? "AWSCURRENT") switch
        {
            "AWSCURRENT" => Versions[Current],
            "AWSPREVIOUS" when Previous is not null => Versions[Previous],
            _ => null,
        };

    /// <summary>With a new current version.</summary>
    public AwsSecret Put(SecretVersion version) => this with { Versions = Versions.SetItem(version.Id, version), Previous = Current, Current = version.Id };
}

/// <summary>One version of a secret.</summary>
internal sealed record SecretVersion(string Id, string Value, DateTimeOffset Created)
{
    public override string ToString() => Id;
}

using System.Collections.Immutable;
using System.Text.Json;

namespace Molecule.Contracts.Clouds;

/// <summary>
/// How a workspace reads its own secrets from the secrets manager (docs/decisions/0025). It travels as JSON in the variable
/// <see cref="Variable"/>, which no agent program gets.
/// </summary>
/// <param name="Region">AWS's region.</param>
/// <param name="Origin">Where the manager stands instead of at AWS's own hosts; null for those.</param>
/// <param name="AccessKeyId">Of the reader's identity, whose one leave is to assume roles.</param>
/// <param name="SecretAccessKey">Of the same.</param>
/// <param name="Role">ARN of the workspace's own role.</param>
/// <param name="ExternalId">What the role's trust asks for; no other workspace has it.</param>
/// <param name="Variables">The secret's name in the manager, by the variable that it becomes.</param>
public sealed record SecretsGrant(
    string Region, string? Origin, string AccessKeyId, string SecretAccessKey, string Role, string ExternalId, ImmutableSortedDictionary<string, string> Variables)
{
    public const string Variable = "MOLECULE_SECRETS";

    public string ToText() => JsonSerializer.Serialize(this, ContractJson.Compact);

    /// <summary>Reads it; null where it is none.</summary>
    public static SecretsGrant? Read(string text)
    {
        SecretsGrant? grant = null;
        try
        {
            grant = JsonSerializer.Deserialize<SecretsGrant>(text, ContractJson.Compact);
        }
        catch (JsonException)
        {
            // It is none.
        }

        return grant is { Role.Length: > 0, AccessKeyId.Length: > 0, SecretAccessKey.Length: > 0, Region.Length: > 0 } ? grant : null;
    }

    public override string ToString() => $"SecretsGrant {{ Role = {Role} }}";
}

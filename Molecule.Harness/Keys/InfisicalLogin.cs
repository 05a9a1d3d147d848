namespace Molecule.Harness.Keys;

/// <summary>Who asks which Infisical for what, as the INFISICAL_* variables say.</summary>
/// <param name="Address">INFISICAL_URL; https://app.infisical.com where it is unset.</param>
/// <param name="ClientId">INFISICAL_CLIENT_ID.</param>
/// <param name="ClientSecret">INFISICAL_CLIENT_SECRET.</param>
/// <param name="Project">INFISICAL_PROJECT_ID.</param>
/// <param name="Environment">INFISICAL_ENVIRONMENT, the environment's slug; prod where it is unset.</param>
public sealed record InfisicalLogin(Uri Address, string ClientId, string ClientSecret, string Project, string Environment)
{
    /// <summary>Reads the variables; null where none of the three that have no default is set.</summary>
    /// <exception cref="KeySourceException">Some are set and others are not, or the address is none.</exception>
    public static InfisicalLogin? Read(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        string[] names = ["INFISICAL_CLIENT_ID", "INFISICAL_CLIENT_SECRET", "INFISICAL_PROJECT_ID"];
        var missing = names.Where(name => string.IsNullOrWhiteSpace(environment(name))).ToList();
        if (missing.Count == names.Length)
        {
            return null;
        }

        if (missing.Count > 0)
        {
            throw new KeySourceException($"{string.Join(" and ", missing)} must be set: with {string.Join(", ", names.Except(missing))} they name who reads live keys from Infisical. Set all three, or none.");
        }

        var text = environment("INFISICAL_URL") is { Length: > 0 } url ? url : "https://app.infisical.com";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new KeySourceException($"INFISICAL_URL must be an http or https address, not '{text}'.");
        }

        return new InfisicalLogin(address, environment(names[0])!, environment(names[1])!, environment(names[2])!, environment("INFISICAL_ENVIRONMENT") is { Length: > 0 } slug ? slug : "prod");
    }

    public override string ToString() => $"Infisical at {Address}, project {Project}, environment {Environment}";
}

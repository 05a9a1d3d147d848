using Molecule.Aws;

namespace Molecule.ControlPlane.Secrets.Managed;

/// <summary>
/// A secrets manager that workspaces' secrets are written to (docs/decisions/0025): AWS's, or whatever speaks its wire. The names are the
/// platform's own, never AWS's plain ones: those in a developer's shell are the developer's.
/// </summary>
/// <param name="IsDefault">Molecule:Secrets:Delivery is manager: every workspace's secrets go there unless its MOLECULE_SECRETS_DELIVERY says environment.</param>
/// <param name="Region">Molecule:Secrets:Region.</param>
/// <param name="Account">Molecule:Secrets:Account, twelve digits.</param>
/// <param name="Origin">Molecule:Secrets:Origin, where all of it stands instead of at AWS's own hosts; null for those.</param>
/// <param name="Writer">Molecule:Secrets:WriterAccessKeyId, WriterSecretAccessKey and, of temporary credentials, WriterSessionToken: writes, deletes, keeps roles, cannot read.</param>
/// <param name="Reader">Molecule:Secrets:ReaderAccessKeyId and ReaderSecretAccessKey: workspaces assume their roles with it, and it may do nothing else.</param>
/// <param name="ReaderArn">Molecule:Secrets:ReaderArn, whom the roles trust.</param>
public sealed record ManagedSettings(bool IsDefault, string Region, string Account, Uri? Origin, AwsCredentials Writer, AwsCredentials Reader, string ReaderArn)
{
    /// <summary>Where the settings stand.</summary>
    public const string Section = "Molecule:Secrets";

    /// <summary>Reads it; null where nothing of it is set.</summary>
    /// <exception cref="SettingsException">One is missing or wrong; the message names it.</exception>
    public static ManagedSettings? Read(IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        if (section.GetChildren().All(static child => string.IsNullOrEmpty(child.Value)))
        {
            return null;
        }

        string? Text(string name) => section[name] is { Length: > 0 } text ? text : null;
        string Needed(string name) => Text(name) ?? throw new SettingsException(
            Variable(name), "is not set while others of Molecule__Secrets are",
            "give all of Account, WriterAccessKeyId, WriterSecretAccessKey, ReaderAccessKeyId, ReaderSecretAccessKey and ReaderArn, or none");

        var delivery = Text("Delivery") ?? "environment";
        if (delivery is not ("environment" or "manager"))
        {
            throw new SettingsException(Variable("Delivery"), "is neither environment nor manager", "write it like manager");
        }

        Uri? origin = null;
        if (Text("Origin") is { } said && !(Uri.TryCreate(said, UriKind.Absolute, out origin) && origin.Scheme is "http" or "https"))
        {
            throw new SettingsException(Variable("Origin"), "is no http or https URL", "leave it out for AWS itself, or write it like http://localhost:4566");
        }

        var account = Needed("Account");
        if (account.Length != 12 || !account.All(char.IsAsciiDigit))
        {
            throw new SettingsException(Variable("Account"), "is no AWS account", "write its twelve digits like 123456789012");
        }

        var settings = new ManagedSettings(
            delivery is "manager", Text("Region") ?? "us-east-1", account, origin,
            new AwsCredentials(Needed("WriterAccessKeyId"), Needed("WriterSecretAccessKey"), Text("WriterSessionToken")),
            new AwsCredentials(Needed("ReaderAccessKeyId"), Needed("ReaderSecretAccessKey")), Needed("ReaderArn"));
        return settings.Writer.AccessKeyId != settings.Reader.AccessKeyId
            ? settings
            : throw new SettingsException(Variable("ReaderAccessKeyId"), "is the writer's as well", "give the reader an identity of its own: whoever writes must not read");
    }

    public override string ToString() => nameof(ManagedSettings);

    private static string Variable(string name) => $"{Section}:{name}".Replace(":", "__", StringComparison.Ordinal);
}

using System.Collections.Immutable;
using System.Globalization;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Secrets;

/// <summary>Looks at the secrets.d of workspaces from outside, where the node keeps their folders (<c>ROOT/ID/configs</c>).</summary>
public sealed class SecretsView(string root)
{
    /// <summary>The files there are; none where there is no such folder.</summary>
    public ImmutableArray<SecretFileSeen> Look(string workspace)
    {
        var folder = Path.Combine(root, workspace, "configs", "secrets.d");
        return Directory.Exists(folder) ? [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(Seen)] : [];
    }

    private static SecretFileSeen Seen(string file)
    {
        var mode = OperatingSystem.IsWindows() ? "" : Convert.ToString((int)File.GetUnixFileMode(file), toBase: 8).ToString(CultureInfo.InvariantCulture);
        return new SecretFileSeen(Path.GetFileName(file), mode, CredentialFingerprint.Of(File.ReadAllText(file)));
    }
}

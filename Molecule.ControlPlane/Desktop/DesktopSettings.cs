using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Molecule.ControlPlane.Desktop;

/// <summary>What the control plane knows of desktops.</summary>
/// <param name="IsEnabled">MOLECULE_DESKTOP_ENABLED: whether workspaces have a display that may be controlled.</param>
/// <param name="SigningKey">What display tokens are signed with; null: none can be made.</param>
public sealed record DesktopSettings(bool IsEnabled, ImmutableArray<byte>? SigningKey)
{
    private static readonly byte[] _label = "molecule-display-session"u8.ToArray();

    /// <summary>Reads it: DISPLAY_SESSION_SIGNING_SECRET, or a key of its own drawn from another secret that there is (spec/runtimes-and-providers.md 5.1).</summary>
    /// <exception cref="SettingsException">MOLECULE_DESKTOP_ENABLED is no switch.</exception>
    public static DesktopSettings Read(IConfiguration configuration, ImmutableArray<byte>? secretsKey, string? sharedSecret)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var isEnabled = configuration["MOLECULE_DESKTOP_ENABLED"] switch
        {
            null or "" or "0" or "false" => false,
            "1" or "true" => true,
            _ => throw new SettingsException("MOLECULE_DESKTOP_ENABLED", "is neither true nor false", "write true, or leave it out"),
        };
        return new DesktopSettings(isEnabled, (configuration["DISPLAY_SESSION_SIGNING_SECRET"], secretsKey, sharedSecret) switch
        {
            ({ Length: > 0 } own, _, _) => [.. Encoding.UTF8.GetBytes(own)],
            (_, { } key, _) => Drawn(key.AsSpan()),
            (_, _, { Length: > 0 } shared) => Drawn(Encoding.UTF8.GetBytes(shared)),
            _ => null,
        });
    }

    /// <summary>Nothing of what it holds: a log line must not show a secret.</summary>
    public override string ToString() => nameof(DesktopSettings);

    private static ImmutableArray<byte> Drawn(ReadOnlySpan<byte> secret) => [.. HMACSHA256.HashData(secret, _label)];
}

using Molecule.Workspace.Agents;

namespace Molecule.Workspace.Platform;

/// <summary>The workspace's tokens on disk, mode 0600 in the config folder (spec/runtimes-and-providers.md 1.2).</summary>
public sealed class TokenStore(string configFolder)
{
    private string AuthPath => Path.Combine(configFolder, ".auth_token");

    private string InboundPath => Path.Combine(configFolder, ".platform_inbound_secret");

    /// <summary>The token for calls to the platform; null before the first registration. Read anew each time: the platform may have replaced it.</summary>
    public string? ReadAuthToken() => File.Exists(AuthPath) && File.ReadAllText(AuthPath).Trim() is { Length: > 0 } token ? token : null;

    public Task WriteAuthTokenAsync(string token, CancellationToken cancellationToken) => SecretFile.WriteAsync(AuthPath, token, cancellationToken);

    public Task WriteInboundSecretAsync(string secret, CancellationToken cancellationToken) => SecretFile.WriteAsync(InboundPath, secret, cancellationToken);
}

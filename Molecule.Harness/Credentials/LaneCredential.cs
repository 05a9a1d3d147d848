using System.Collections.Immutable;

namespace Molecule.Harness.Credentials;

/// <summary>What a lane's workspace is created with.</summary>
/// <param name="Fake">The fake that shall accept it; for the platform arm the fake that must never see it.</param>
/// <param name="Secrets">The workspace's secrets: the credential and, in mock mode, the arm's base URL.</param>
/// <param name="Fingerprint">What may be written down of the credential.</param>
/// <param name="AccountId">The ChatGPT account, for openai-subscription.</param>
/// <param name="Refresh">Fingerprint of the token by which it is refreshed, for openai-subscription.</param>
/// <param name="IsDecoy">A key of the user's that the arm must never use: the control plane pays.</param>
public sealed record LaneCredential(string Fake, ImmutableSortedDictionary<string, string> Secrets, string Fingerprint, string? AccountId, bool IsDecoy = false, string? Refresh = null)
{
    // Secrets are secret: no log and no message prints them.
    public override string ToString() => $"credential {Fingerprint} for {Fake}";
}

/// <summary>A ChatGPT login whose access token has run out.</summary>
/// <param name="Account">The account.</param>
/// <param name="AuthJson">What codex keeps as auth.json; secret.</param>
/// <param name="Access">Fingerprint of the access token.</param>
/// <param name="Refresh">Fingerprint of the single-use refresh token.</param>
public sealed record StaleLogin(string Account, string AuthJson, string Access, string Refresh)
{
    public override string ToString() => $"login {Access} of {Account}";
}

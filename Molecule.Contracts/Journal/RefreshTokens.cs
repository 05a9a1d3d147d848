namespace Molecule.Contracts.Journal;

/// <summary>Makes a fake know a single-use refresh token, the first of its family. Only the fingerprint travels.</summary>
/// <param name="Fake">A fake that refreshes tokens (openai-subscription).</param>
/// <param name="Fingerprint">Of the refresh token (<see cref="CredentialFingerprint"/>).</param>
/// <param name="AccountId">The account for which it mints access tokens.</param>
public sealed record RefreshTokenFamily(string Fake, string Fingerprint, string AccountId);

/// <summary>Lets an accepted access token run out.</summary>
/// <param name="Fake">A fake that refreshes tokens.</param>
/// <param name="Fingerprint">Of the access token.</param>
public sealed record ExpiredCredential(string Fake, string Fingerprint);

/// <summary>Fingerprints of what a refresh gave out. The access token is accepted at once, the refresh token is the family's next.</summary>
public sealed record MintedTokens(string Access, string Refresh);

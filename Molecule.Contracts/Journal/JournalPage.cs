using System.Collections.Immutable;

namespace Molecule.Contracts.Journal;

/// <summary>
/// A page of a journal: the entries after a sequence number that are still held, oldest first, and the last number that was given.
/// Numbers of settled entries may be missing; a page without entries is the end.
/// </summary>
public sealed record JournalPage(ImmutableArray<JournalEntry> Entries, long Last);

/// <summary>Releases entries of a journal: whoever claimed them needs nothing more, so their room may be taken.</summary>
/// <param name="Sequences">Their numbers.</param>
public sealed record SettledEntries(ImmutableArray<long> Sequences);

/// <summary>One fake as its host describes it.</summary>
/// <param name="Fake">The arm's id or <c>upstream-VENDOR</c>.</param>
/// <param name="BasePath">The neutral base path, e.g. <c>/a07</c>.</param>
/// <param name="VendorOrigin">The vendor's own origin that the base path stands for, e.g. <c>https://api.openai.com</c>.</param>
public sealed record FakeDescription(string Fake, string BasePath, string VendorOrigin);

/// <summary>Lets a fake accept a credential. Only the fingerprint travels.</summary>
/// <param name="Fake">The fake that shall accept it.</param>
/// <param name="Fingerprint">See <see cref="CredentialFingerprint"/>.</param>
/// <param name="AccountId">The ChatGPT account that goes with it (openai-subscription only).</param>
public sealed record AcceptedCredential(string Fake, string Fingerprint, string? AccountId = null);

using System.Collections.Immutable;
using Molecule.Contracts.Clouds;
using Molecule.Processes;

namespace Molecule.Harness.Secrets;

/// <summary>What one walk of a workspace's secrets through the secrets manager has shown (docs/decisions/0025). Values stand in it as fingerprints.</summary>
/// <param name="Workspace">The workspace's id.</param>
/// <param name="Down">What a caller was told while the manager was down for the workspace.</param>
/// <param name="Booted">The workspace's process then.</param>
/// <param name="Unreadable">What a caller was told while the workspace's role was denied to read.</param>
/// <param name="Written">What was written as the arm's credential.</param>
/// <param name="Serving">The workspace's process once it had served.</param>
/// <param name="Vendor">What the vendor's journal says; null where the vendor is a real one, whose journal nobody sees.</param>
/// <param name="Refused">What a caller was told after the credential was rotated to one that a real vendor does not take; null where it was answered, and in mock.</param>
/// <param name="Revoked">What a caller was told after the secret was deleted at the manager.</param>
/// <param name="Files">The files of secrets.d after the first turn.</param>
/// <param name="Awkward">Fingerprint of the large value of many lines that was written.</param>
/// <param name="Calls">The manager's own account of the calls about this workspace.</param>
public sealed record SecretsShown(
    string Workspace,
    string? Down,
    ProcessKey? Booted,
    string? Unreadable,
    string Written,
    ProcessKey? Serving,
    CredentialsSeen? Vendor,
    string? Refused,
    string? Revoked,
    ImmutableArray<SecretFileSeen> Files,
    string Awkward,
    ImmutableArray<EmulatedAwsCall> Calls);

/// <summary>With which credentials a vendor was called, by its journal.</summary>
/// <param name="Unreadable">How many requests had reached it while the secrets could not be read.</param>
/// <param name="Served">With what it was called once reading was allowed; null where it was not.</param>
/// <param name="Rotated">What the credential was rotated to at the manager.</param>
/// <param name="ServedAfter">With what it was called then.</param>
public sealed record CredentialsSeen(int Unreadable, string? Served, string Rotated, string? ServedAfter);

/// <summary>A file of secrets.d.</summary>
/// <param name="Name">The variable, or load.sh.</param>
/// <param name="Mode">Its permissions in octal digits.</param>
/// <param name="Fingerprint">Of its content.</param>
public sealed record SecretFileSeen(string Name, string Mode, string Fingerprint);

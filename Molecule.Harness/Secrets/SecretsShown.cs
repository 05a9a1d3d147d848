using System.Collections.Immutable;
using Molecule.Contracts.Clouds;
using Molecule.Processes;

namespace Molecule.Harness.Secrets;

/// <summary>What one walk of a workspace's secrets through the secrets manager has shown (docs/decisions/0025). Values stand in it as fingerprints.</summary>
/// <param name="Workspace">The workspace's id.</param>
/// <param name="Down">What a caller was told while the manager was down for the workspace.</param>
/// <param name="Booted">The workspace's process then.</param>
/// <param name="Unreadable">What a caller was told while the workspace's role was denied to read.</param>
/// <param name="AskedMeanwhile">How many requests had reached the vendor until then.</param>
/// <param name="Written">What was written as the arm's credential.</param>
/// <param name="Served">With what the vendor was called once reading was allowed.</param>
/// <param name="Serving">The workspace's process then.</param>
/// <param name="Rotated">What the credential was rotated to at the manager.</param>
/// <param name="ServedAfter">With what the vendor was called then.</param>
/// <param name="Revoked">What a caller was told after the secret was deleted at the manager.</param>
/// <param name="Files">The files of secrets.d after the first turn.</param>
/// <param name="Awkward">Fingerprint of the large value of many lines that was written.</param>
/// <param name="Calls">The manager's own account of the calls about this workspace.</param>
public sealed record SecretsShown(
    string Workspace,
    string? Down,
    ProcessKey? Booted,
    string? Unreadable,
    int AskedMeanwhile,
    string Written,
    string? Served,
    ProcessKey? Serving,
    string Rotated,
    string? ServedAfter,
    string? Revoked,
    ImmutableArray<SecretFileSeen> Files,
    string Awkward,
    ImmutableArray<EmulatedAwsCall> Calls);

/// <summary>A file of secrets.d.</summary>
/// <param name="Name">The variable, or load.sh.</param>
/// <param name="Mode">Its permissions in octal digits.</param>
/// <param name="Fingerprint">Of its content.</param>
public sealed record SecretFileSeen(string Name, string Mode, string Fingerprint);

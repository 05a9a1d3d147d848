using System.Collections.Concurrent;
using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Credentials;

/// <summary>The fingerprints that each fake accepts. None at first.</summary>
public sealed class AcceptedCredentials
{
    private readonly ConcurrentDictionary<(string Fake, string Fingerprint), AcceptedCredential> _accepted = new();

    public void Accept(AcceptedCredential credential)
    {
        ArgumentNullException.ThrowIfNull(credential);
        _accepted[(credential.Fake, credential.Fingerprint)] = credential;
    }

    public AcceptedCredential? Find(string fake, string? fingerprint) =>
        fingerprint is null ? null : _accepted.GetValueOrDefault((fake, fingerprint));
}

using System.Collections.Concurrent;
using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Credentials;

/// <summary>The fingerprints that each fake accepts. None at first.</summary>
public sealed class AcceptedCredentials(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Fake, string Fingerprint), (AcceptedCredential Credential, DateTimeOffset Until)> _accepted = new();

    /// <param name="credential">What is accepted from now on.</param>
    /// <param name="until">When it runs out; null: never.</param>
    public void Accept(AcceptedCredential credential, DateTimeOffset? until = null)
    {
        ArgumentNullException.ThrowIfNull(credential);
        _accepted[(credential.Fake, credential.Fingerprint)] = (credential, until ?? DateTimeOffset.MaxValue);
    }

    public AcceptedCredential? Find(string fake, string? fingerprint) =>
        fingerprint is not null && _accepted.TryGetValue((fake, fingerprint), out var known) && time.GetUtcNow() < known.Until ? known.Credential : null;
}

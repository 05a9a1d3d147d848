using System.Collections.Concurrent;
using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Credentials;

/// <summary>The fingerprints that each fake accepts. None at first.</summary>
public sealed class AcceptedCredentials(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string Fake, string Fingerprint), (AcceptedCredential Credential, DateTimeOffset Until)> _accepted = new();
    private readonly ConcurrentDictionary<(string Fake, string Fingerprint), bool> _expired = new();

    /// <param name="credential">What is accepted from now on.</param>
    /// <param name="until">When it runs out; null: never.</param>
    public void Accept(AcceptedCredential credential, DateTimeOffset? until = null)
    {
        ArgumentNullException.ThrowIfNull(credential);
        _accepted[(credential.Fake, credential.Fingerprint)] = (credential, until ?? DateTimeOffset.MaxValue);
        _expired.TryRemove((credential.Fake, credential.Fingerprint), out _);
    }

    /// <summary>Lets a credential run out; false where it is not accepted.</summary>
    public bool Expire(string fake, string fingerprint)
    {
        var isKnown = _accepted.ContainsKey((fake, fingerprint));
        if (isKnown)
        {
            _expired[(fake, fingerprint)] = true;
        }

        return isKnown;
    }

    public bool IsExpired(string fake, string? fingerprint) => fingerprint is not null && _expired.ContainsKey((fake, fingerprint));

    public AcceptedCredential? Find(string fake, string? fingerprint) =>
        fingerprint is not null && _accepted.TryGetValue((fake, fingerprint), out var known) && time.GetUtcNow() < known.Until ? known.Credential : null;
}

using System.Collections.Concurrent;
using System.Security.Cryptography;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Credentials;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>Whom Google's clouds trust, and which tokens they have given out. Tokens are kept as fingerprints.</summary>
public sealed class Federation(AcceptedCredentials accepted)
{
    /// <summary>How long a token lasts that nobody wanted shorter (https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, FederatedIdentity> _identities = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, FederatedIdentity> _tokens = new(StringComparer.Ordinal);

    public void Trust(FederatedIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _identities[identity.AccessKeyId] = identity;
    }

    public FederatedIdentity? FindByAccessKey(string id) => _identities.GetValueOrDefault(id);

    public bool Knows(string audience) => _identities.Values.Any(identity => identity.Audience == audience);

    /// <summary>Whose a federated token is.</summary>
    public FederatedIdentity? FindByToken(string? fingerprint) => fingerprint is null ? null : _tokens.GetValueOrDefault(fingerprint);

    /// <summary>A token for the identity itself: good for Vertex where it may call that, otherwise for an impersonation alone.</summary>
    public string MintFederated(FederatedIdentity identity, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var token = Mint("federated");
        _tokens[CredentialFingerprint.Of(token)] = identity;
        Accept(GoogleClouds.Iam, token, now + Lifetime);
        if (identity.ServiceAccount is null)
        {
            Accept(GoogleClouds.Vertex, token, now + Lifetime);
        }

        return token;
    }

    /// <summary>A token for the service account.</summary>
    public string MintImpersonated(DateTimeOffset until)
    {
        var token = Mint("impersonated");
        Accept(GoogleClouds.Vertex, token, until);
        return token;
    }

    private void Accept(string fake, string token, DateTimeOffset until) => accepted.Accept(new AcceptedCredential(fake, CredentialFingerprint.Of(token)), until);

    // Google's begin with ya29.; these say what they are.
    private static string Mint(string kind) => $"mol-{kind}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24))}";
}

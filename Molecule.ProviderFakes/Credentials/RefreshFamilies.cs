using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Credentials;

/// <summary>
/// Single-use refresh tokens (spec 2.2, 3.3). Each use gives the next of the family; a used one that comes again burns the family, so
/// that the holder of the newest has to log in anew too. Access tokens that were given out stay as they are.
/// </summary>
public sealed class RefreshFamilies
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Fake, string Fingerprint), Family> _families = [];

    /// <summary>Begins a family.</summary>
    public void Register(RefreshTokenFamily first)
    {
        ArgumentNullException.ThrowIfNull(first);
        lock (_gate)
        {
            _families[(first.Fake, first.Fingerprint)] = new Family(first.AccountId) { Current = first.Fingerprint };
        }
    }

    /// <summary>Uses a token up.</summary>
    /// <param name="fake">The fake.</param>
    /// <param name="used">Fingerprint of the token presented.</param>
    /// <param name="next">Fingerprint of the token that takes its place, where it may.</param>
    /// <param name="accountId">The family's account; null where nothing came of it.</param>
    public RefreshOutcome Use(string fake, string used, string next, out string? accountId)
    {
        lock (_gate)
        {
            accountId = null;
            if (!_families.TryGetValue((fake, used), out var family))
            {
                return RefreshOutcome.Unknown;
            }

            if (family.Current != used)
            {
                family.IsBurnt = true;
                return RefreshOutcome.Reused;
            }

            if (family.IsBurnt)
            {
                return RefreshOutcome.Burnt;
            }

            _families[(fake, next)] = family;
            family.Current = next;
            accountId = family.AccountId;
            return RefreshOutcome.Refreshed;
        }
    }

    private sealed class Family(string accountId)
    {
        public string AccountId { get; } = accountId;

        public required string Current { get; set; }

        public bool IsBurnt { get; set; }
    }
}

/// <summary>What came of a refresh token.</summary>
public enum RefreshOutcome
{
    /// <summary>It was good and is used now.</summary>
    Refreshed,

    /// <summary>Nobody knows it.</summary>
    Unknown,

    /// <summary>It had been used before; its family is burnt now.</summary>
    Reused,

    /// <summary>It was the newest of a family that has been burnt.</summary>
    Burnt,
}

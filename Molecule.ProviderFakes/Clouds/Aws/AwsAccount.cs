using System.Collections.Immutable;
using System.Security.Cryptography;
using Molecule.Contracts.Clouds;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>Who there is in the emulated account: users with lasting keys, roles, and the sessions of those who have assumed one.</summary>
public sealed class AwsAccount
{
    /// <summary>The account's number, as AWS's documentation writes examples.</summary>
    public const string Number = "123456789012";

    private const int Remembered = 5000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, AwsUser> _users = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AwsRole> _roles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AwsSession> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AwsPolicy> _guardrails = new(StringComparer.Ordinal);
    private readonly Queue<EmulatedAwsCall> _calls = new();
    private volatile bool _isDown;

    /// <summary>Whether it cuts every connection.</summary>
    public bool IsDown
    {
        get => _isDown;
        set => _isDown = value;
    }

    /// <exception cref="MalformedPolicyException">Its policy cannot be taken.</exception>
    public void Add(EmulatedAwsUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        var policy = AwsPolicy.Read(user.Policy);
        lock (_lock)
        {
            _users[user.AccessKeyId] = new AwsUser($"arn:aws:iam::{Number}:user/{user.Name}", user.AccessKeyId, user.SecretAccessKey, policy);
        }
    }

    /// <exception cref="MalformedPolicyException">Its policy cannot be taken.</exception>
    public void Set(EmulatedGuardrail guardrail)
    {
        ArgumentNullException.ThrowIfNull(guardrail);
        var policy = guardrail.Policy.Length == 0 ? null : AwsPolicy.Read(guardrail.Policy);
        lock (_lock)
        {
            _guardrails.Remove(guardrail.Name);
            if (policy is not null)
            {
                _guardrails[guardrail.Name] = policy;
            }
        }
    }

    /// <summary>Whose key that is: a user's, or an assumed role's.</summary>
    public AwsKey? KeyOf(string accessKeyId)
    {
        lock (_lock)
        {
            return _users.TryGetValue(accessKeyId, out var user) ? new AwsKey(user.SecretAccessKey, null)
                : _sessions.TryGetValue(accessKeyId, out var session) ? new AwsKey(session.SecretAccessKey, session.Token)
                : null;
        }
    }

    /// <summary>Who calls with that key; its policies are those of this moment.</summary>
    public AwsCaller? CallerOf(string accessKeyId, DateTimeOffset now)
    {
        lock (_lock)
        {
            return _users.TryGetValue(accessKeyId, out var user) ? new AwsCaller(user.Arn, [user.Policy], [.. _guardrails.Values], IsExpired: false)
                : _sessions.TryGetValue(accessKeyId, out var session)
                    ? new AwsCaller(session.Arn, _roles.TryGetValue(session.Role, out var role) ? [.. role.Policies.Values] : [], [.. _guardrails.Values], session.Expires <= now) { Role = session.Role }
                    : null;
        }
    }

    public AwsRole? RoleOf(string name)
    {
        lock (_lock)
        {
            return _roles.GetValueOrDefault(name);
        }
    }

    /// <summary>Changes a role, or makes or removes it; false where the change gives it up.</summary>
    public bool Change(string name, Func<AwsRole?, (bool Done, AwsRole? Role)> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        lock (_lock)
        {
            var (done, role) = change(_roles.GetValueOrDefault(name));
            if (done && role is null)
            {
                _roles.Remove(name);
            }
            else if (done)
            {
                _roles[name] = role!;
            }

            return done;
        }
    }

    public AwsSession Begin(AwsRole role, string sessionName, DateTimeOffset expires)
    {
        ArgumentNullException.ThrowIfNull(role);

        // ASIA begins the keys of sessions (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids).
        var session = new AwsSession(
            "ASIA" + RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16), RandomNumberGenerator.GetHexString(40, lowercase: true),
            Convert.ToBase64String(RandomNumberGenerator.GetBytes(96)), role.Name, $"arn:aws:sts::{Number}:assumed-role/{role.Name}/{sessionName}", expires);
        lock (_lock)
        {
            _sessions[session.AccessKeyId] = session;
        }

        return session;
    }

    public void Expire(string role, DateTimeOffset now)
    {
        lock (_lock)
        {
            foreach (var session in _sessions.Values.Where(s => s.Role == role && s.Expires > now).ToList())
            {
                _sessions[session.AccessKeyId] = session with { Expires = now };
            }
        }
    }

    public void Record(EmulatedAwsCall call)
    {
        lock (_lock)
        {
            _calls.Enqueue(call);
            if (_calls.Count > Remembered)
            {
                _calls.Dequeue();
            }
        }
    }

    public EmulatedAwsTrail Trail()
    {
        lock (_lock)
        {
            return new EmulatedAwsTrail([.. _calls]);
        }
    }

    private sealed record AwsUser(string Arn, string AccessKeyId, string SecretAccessKey, AwsPolicy Policy)
    {
        public override string ToString() => Arn;
    }
}

/// <summary>A role: who may assume it, and what whoever has may do.</summary>
/// <param name="Name">Unique in the account.</param>
/// <param name="Path">Between slashes.</param>
/// <param name="Trust">Its trust policy.</param>
/// <param name="Policies">Its inline policies, by name.</param>
public sealed record AwsRole(string Name, string Path, AwsPolicy Trust, ImmutableSortedDictionary<string, AwsPolicy> Policies)
{
    public string Arn => $"arn:aws:iam::{AwsAccount.Number}:role{Path}{Name}";
}

/// <summary>An assumed role's credentials.</summary>
public sealed record AwsSession(string AccessKeyId, string SecretAccessKey, string Token, string Role, string Arn, DateTimeOffset Expires)
{
    public override string ToString() => Arn;
}

/// <summary>Who calls.</summary>
/// <param name="Arn">The caller's ARN.</param>
/// <param name="Policies">All its identity policies.</param>
/// <param name="Guardrails">The organisation's, which only deny.</param>
/// <param name="IsExpired">Whether its session is over.</param>
public sealed record AwsCaller(string Arn, ImmutableArray<AwsPolicy> Policies, ImmutableArray<AwsPolicy> Guardrails, bool IsExpired)
{
    /// <summary>The name of the role that it has assumed; null for a user.</summary>
    public string? Role { get; init; }

    /// <summary>Whether its own policies let it.</summary>
    public bool May(string action, string resource)
    {
        var decisions = Policies.Select(policy => policy.Decide(action, resource, principal: null, [])).ToList();
        return decisions.Contains(AwsDecision.Allowed) && !decisions.Contains(AwsDecision.Denied)
            && !Guardrails.Any(policy => policy.Decide(action, resource, principal: null, []) is AwsDecision.Denied);
    }
}

using System.Collections.Immutable;

namespace Molecule.Contracts.Clouds;

/// <summary>A user of the emulated AWS account, with one access key and one identity policy. The secret key travels to the fakes' admin side once; nothing prints it.</summary>
/// <param name="Name">The user's name in IAM.</param>
/// <param name="AccessKeyId">The key's id.</param>
/// <param name="SecretAccessKey">The key itself.</param>
/// <param name="Policy">A policy document (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).</param>
public sealed record EmulatedAwsUser(string Name, string AccessKeyId, string SecretAccessKey, string Policy)
{
    public override string ToString() => $"EmulatedAwsUser {{ Name = {Name} }}";
}

/// <summary>Something that the harness does to a role behind everybody's back.</summary>
/// <param name="Role">The role's name.</param>
/// <param name="Policy">The policy document that replaces its own; empty for none, null to leave it alone.</param>
/// <param name="ExpireSessions">Ends the role's sessions as if their time were over.</param>
public sealed record EmulatedRoleChange(string Role, string? Policy = null, bool ExpireSessions = false);

/// <summary>A service control policy of the organisation: what it denies nobody may do, and it allows nothing by itself.</summary>
/// <param name="Name">By which it is taken away again.</param>
/// <param name="Policy">The policy document; empty takes it away.</param>
public sealed record EmulatedGuardrail(string Name, string Policy);

/// <summary>A secret that somebody changes at the manager itself, as a rotation function does.</summary>
/// <param name="Name">The secret's name; it is there.</param>
/// <param name="Value">Its new value; null deletes it.</param>
public sealed record EmulatedSecretChange(string Name, string? Value)
{
    public override string ToString() => $"EmulatedSecretChange {{ Name = {Name} }}";
}

/// <summary>Whether the emulated account can be reached.</summary>
/// <param name="Down">Every connection is cut without an answer.</param>
public sealed record EmulatedAwsOutage(bool Down);

/// <summary>Whether the emulated account is out of order for the readers of one secret, and for nobody else: AWS's 5xx is what they get.</summary>
/// <param name="Secret">The last part of the secret's name: <c>KEY</c> of <c>molecule/workspaces/ID/KEY</c>. It need not be there yet.</param>
/// <param name="Down">Whether it is.</param>
public sealed record EmulatedReaderOutage(string Secret, bool Down);

/// <summary>One call to the emulated account, as CloudTrail would tell of it.</summary>
/// <param name="At">When.</param>
/// <param name="Caller">The caller's ARN; empty where nobody was recognised.</param>
/// <param name="Action">The action in a policy's words: <c>secretsmanager:GetSecretValue</c>.</param>
/// <param name="Resource">The ARN or name of what it was about; empty where it named nothing.</param>
/// <param name="Error">AWS's code of the refusal; null where it was done.</param>
public sealed record EmulatedAwsCall(DateTimeOffset At, string Caller, string Action, string Resource, string? Error);

/// <summary>The calls so far, the latest last; the oldest are dropped beyond some thousands.</summary>
/// <param name="Calls">The calls.</param>
public sealed record EmulatedAwsTrail(ImmutableArray<EmulatedAwsCall> Calls);

using System.Collections.Immutable;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>A call that AWS refuses.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="code">AWS's code.</param>
/// <param name="message">AWS's words.</param>
public sealed class AwsRefusalException(int status, string code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}

/// <summary>A call whose signature is good.</summary>
/// <param name="account">Who there is.</param>
/// <param name="caller">Who calls.</param>
/// <param name="region">The region of the credential scope.</param>
/// <param name="at">When.</param>
public sealed class AwsCall(AwsAccount account, AwsCaller caller, string region, DateTimeOffset at)
{
    public AwsAccount Account { get; } = account;

    public AwsCaller Caller { get; } = caller;

    public string Region { get; } = region;

    public DateTimeOffset At { get; } = at;

    /// <summary>What the call is about, for the trail.</summary>
    public string Resource { get; private set; } = "";

    /// <summary>Refuses what the caller's policies do not allow.</summary>
    /// <param name="action">E.g. iam:CreateRole.</param>
    /// <param name="resource">The ARN.</param>
    /// <param name="denied">The refusal's status and code: they differ by wire.</param>
    /// <exception cref="AwsRefusalException">They do not.</exception>
    public void Needs(string action, string resource, (int Status, string Code) denied)
    {
        Resource = resource;
        if (!Caller.May(action, resource))
        {
            throw Denied(action, resource, denied, $" because no identity-based policy allows the {action} action");
        }
    }

    public void About(string resource) => Resource = resource;

    /// <summary>AWS's words for it (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).</summary>
    public AwsRefusalException Denied(string action, string resource, (int Status, string Code) denied, string why) =>
        new(denied.Status, denied.Code, $"User: {Caller.Arn} is not authorized to perform: {action} on resource: {resource}{why}");
}

/// <summary>The parameters of a call on the query wire.</summary>
public sealed record AwsForm(ImmutableDictionary<string, string> Values)
{
    public string? Text(string name) => Values.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <exception cref="AwsRefusalException">It is not there.</exception>
    public string Needed(string name) => Text(name) ?? throw new AwsRefusalException(400, "ValidationError", $"1 validation error detected: Value at '{char.ToLowerInvariant(name[0])}{name[1..]}' failed to satisfy constraint: Member must not be null");
}

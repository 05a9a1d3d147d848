using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>AWS's security token service (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, API_GetCallerIdentity.html).</summary>
internal static partial class SecurityTokens
{
    public const string Version = "2011-06-15";

    private const string Assume = "sts:AssumeRole";
    private const int ShortestSession = 900;

    // A role's MaxSessionDuration unless it says otherwise (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html).
    private const int LongestSession = 3600;
    private static readonly XNamespace Space = "https://sts.amazonaws.com/doc/2011-06-15/";
    private static readonly (int, string) No = (403, "AccessDenied");

    public static XElement? Answer(AwsCall call, string action, AwsForm form) => action switch
    {
        "AssumeRole" => AssumeRole(call, form),

        // "No permissions are required to perform this operation" (the reference above).
        "GetCallerIdentity" => Result(action, Field("Arn", call.Caller.Arn), Field("UserId", call.Caller.Arn.Split('/')[^1]), Field("Account", AwsAccount.Number)),
        _ => null,
    };

    private static XElement AssumeRole(AwsCall call, AwsForm form)
    {
        var (arn, name) = (form.Needed("RoleArn"), form.Needed("RoleSessionName"));
        if (!SessionName().IsMatch(name))
        {
            throw new AwsRefusalException(400, "ValidationError", $"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*");
        }

        var seconds = LongestSession;
        if (form.Text("DurationSeconds") is { } said && (!int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out seconds) || seconds is < ShortestSession or > LongestSession))
        {
            throw new AwsRefusalException(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
        }

        // Both sides have to let it: the caller's policy and the role's trust. A role that is not there looks like one that may not be assumed.
        call.Needs(Assume, arn, No);
        var context = form.Text("ExternalId") is { } external ? ImmutableDictionary<string, string>.Empty.Add("sts:ExternalId", external) : [];
        if (call.Account.RoleOf(arn.Split('/')[^1]) is not { } role || role.Arn != arn || role.Trust.Decide(Assume, resource: null, call.Caller.Arn, context) is not AwsDecision.Allowed)
        {
            throw call.Denied(Assume, arn, No, "");
        }

        var session = call.Account.Begin(role, name, call.At.AddSeconds(seconds));
        return Result(
            "AssumeRole",
            new XElement(
                Space + "AssumedRoleUser", Field("AssumedRoleId", $"AROAEMULATED:{name}"), Field("Arn", session.Arn)),
            new XElement(
                Space + "Credentials", Field("AccessKeyId", session.AccessKeyId), Field("SecretAccessKey", session.SecretAccessKey), Field("SessionToken", session.Token),
                Field("Expiration", session.Expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))));
    }

    private static XElement Field(string name, string value) => new(Space + name, value);

    private static XElement Result(string action, params ReadOnlySpan<XElement> fields)
    {
        var result = new XElement(Space + $"{action}Result");
        foreach (var field in fields)
        {
            result.Add(field);
        }

        return new XElement(Space + $"{action}Response", result, new XElement(Space + "ResponseMetadata", Field("RequestId", Guid.NewGuid().ToString())));
    }

    [GeneratedRegex(@"\A[\w+=,.@-]{2,64}\z", RegexOptions.ECMAScript)]
    private static partial Regex SessionName();
}

using System.Collections.Immutable;
using System.Xml.Linq;

namespace Molecule.ProviderFakes.Clouds.Aws;

/// <summary>Of AWS's IAM what keeps roles (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html, API_PutRolePolicy.html and so on).</summary>
internal static class IdentityManagement
{
    public const string Version = "2010-05-08";

    private static readonly XNamespace Space = "https://iam.amazonaws.com/doc/2010-05-08/";
    private static readonly (int, string) No = (403, "AccessDenied");

    public static XElement? Answer(AwsCall call, string action, AwsForm form)
    {
        switch (action)
        {
            case "CreateRole":
                var created = new AwsRole(form.Needed("RoleName"), form.Text("Path") ?? "/", Document(form, "AssumeRolePolicyDocument"), ImmutableSortedDictionary<string, AwsPolicy>.Empty);
                call.Needs("iam:CreateRole", created.Arn, No);
                if (!call.Account.Change(created.Name, before => before is null ? (true, created) : (false, null)))
                {
                    throw new AwsRefusalException(409, "EntityAlreadyExists", $"Role with name {created.Name} already exists.");
                }

                return Done(action, new XElement(
                    Space + "Role", new XElement(Space + "Path", created.Path), new XElement(Space + "RoleName", created.Name), new XElement(Space + "RoleId", "AROAEMULATED"),
                    new XElement(Space + "Arn", created.Arn), new XElement(Space + "CreateDate", call.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture))));
            case "UpdateAssumeRolePolicy":
                var trust = Document(form, "PolicyDocument");
                Change(call, action, form, role => role with { Trust = trust });
                return Done(action);
            case "PutRolePolicy":
                var policy = Document(form, "PolicyDocument");
                Change(call, action, form, role => role with { Policies = role.Policies.SetItem(form.Needed("PolicyName"), policy) });
                return Done(action);
            case "DeleteRolePolicy":
                Change(call, action, form, role => role.Policies.ContainsKey(form.Needed("PolicyName"))
                    ? role with { Policies = role.Policies.Remove(form.Needed("PolicyName")) }
                    : throw new AwsRefusalException(404, "NoSuchEntity", $"The role policy with name {form.Needed("PolicyName")} cannot be found."));
                return Done(action);
            case "DeleteRole":
                Change(call, action, form, static role => role.Policies.IsEmpty
                    ? null
                    : throw new AwsRefusalException(409, "DeleteConflict", "Cannot delete entity, must delete policies first."));
                return Done(action);
            default:
                return null;
        }
    }

    private static void Change(AwsCall call, string action, AwsForm form, Func<AwsRole, AwsRole?> change)
    {
        var name = form.Needed("RoleName");
        var role = call.Account.RoleOf(name);
        call.Needs($"iam:{action}", role?.Arn ?? $"arn:aws:iam::{AwsAccount.Number}:role/{name}", No);
        if (!call.Account.Change(name, before => before is null ? (false, null) : (true, change(before))))
        {
            throw new AwsRefusalException(404, "NoSuchEntity", $"The role with name {name} cannot be found.");
        }
    }

    private static AwsPolicy Document(AwsForm form, string name)
    {
        try
        {
            return AwsPolicy.Read(form.Needed(name));
        }
        catch (MalformedPolicyException e)
        {
            throw new AwsRefusalException(400, "MalformedPolicyDocument", e.Message);
        }
    }

    private static XElement Done(string action, XElement? result = null)
    {
        var response = new XElement(Space + $"{action}Response", new XElement(Space + "ResponseMetadata", new XElement(Space + "RequestId", Guid.NewGuid().ToString())));
        if (result is not null)
        {
            response.AddFirst(new XElement(Space + $"{action}Result", result));
        }

        return response;
    }
}

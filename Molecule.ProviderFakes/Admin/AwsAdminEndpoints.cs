using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Molecule.Contracts;
using Molecule.Contracts.Clouds;
using Molecule.ProviderFakes.Clouds.Aws;

namespace Molecule.ProviderFakes.Admin;

/// <summary>The harness's side of the emulated AWS account: who there is, what goes wrong, who called.</summary>
internal static class AwsAdminEndpoints
{
    public static void MapAws(this IEndpointRouteBuilder admin)
    {
        admin.MapPost("/aws/users", static (HttpContext context, AwsAccount account) => TakeAsync<EmulatedAwsUser>(context, user =>
        {
            if (user is not { Name.Length: > 0, AccessKeyId.Length: > 0, SecretAccessKey.Length: > 0 })
            {
                return "name, accessKeyId, secretAccessKey: one is empty; without all of them nobody can sign.";
            }

            account.Add(user);
            return null;
        }));
        admin.MapPost("/aws/roles", static (HttpContext context, AwsAccount account, TimeProvider time) => TakeAsync<EmulatedRoleChange>(context, change =>
        {
            var policies = change.Policy switch
            {
                null => null,
                "" => ImmutableSortedDictionary<string, AwsPolicy>.Empty,
                var document => ImmutableSortedDictionary<string, AwsPolicy>.Empty.Add("given", AwsPolicy.Read(document)),
            };
            if (!account.Change(change.Role, role => role is null ? (false, null) : (true, role with { Policies = policies ?? role.Policies })))
            {
                return $"role: there is no '{change.Role}'; it is made by iam:CreateRole.";
            }

            if (change.ExpireSessions)
            {
                account.Expire(change.Role, time.GetUtcNow());
            }

            return null;
        }));
        admin.MapPost("/aws/outage", static (HttpContext context, AwsAccount account) => TakeAsync<EmulatedAwsOutage>(context, outage =>
        {
            account.IsDown = outage.Down;
            return null;
        }));
        admin.MapPost("/aws/outage/readers", static (HttpContext context, ReaderOutages outages) => TakeAsync<EmulatedReaderOutage>(context, outage =>
        {
            if (outage.Secret is not { Length: > 0 } || outage.Secret.Contains('/', StringComparison.Ordinal))
            {
                return "secret: the last part of a secret's name is awaited, without a slash.";
            }

            outages.Set(outage);
            return null;
        }));
        admin.MapPost("/aws/guardrails", static (HttpContext context, AwsAccount account) => TakeAsync<EmulatedGuardrail>(context, guardrail =>
        {
            account.Set(guardrail);
            return null;
        }));
        admin.MapPost("/aws/secrets", static (HttpContext context, SecretsManagerActions secrets, TimeProvider time) => TakeAsync<EmulatedSecretChange>(
            context, change => secrets.Change(change.Name, change.Value, time.GetUtcNow()) ? null : $"name: there is no secret '{change.Name}'."));
        admin.MapGet("/aws/trail", static (AwsAccount account) => Results.Json(account.Trail(), ContractJson.Compact));
    }

    private static async Task<IResult> TakeAsync<T>(HttpContext context, Func<T, string?> take)
        where T : class
    {
        string? complaint;
        try
        {
            complaint = await context.Request.ReadFromJsonAsync<T>(ContractJson.Compact, context.RequestAborted) is { } value ? take(value) : "The body is empty.";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Nothing of the body is repeated: it may hold a key.
            complaint = $"The body is no {typeof(T).Name}.";
        }
        catch (MalformedPolicyException e)
        {
            complaint = $"policy: {e.Message}";
        }

        return complaint is null ? Results.NoContent() : Results.Json(new { error = complaint }, statusCode: StatusCodes.Status400BadRequest);
    }
}

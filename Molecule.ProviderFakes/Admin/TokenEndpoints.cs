using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Molecule.Contracts;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Credentials;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Admin;

/// <summary>Refresh tokens and the end of access tokens, where a fake has them.</summary>
internal static partial class TokenEndpoints
{
    public static void MapTokens(this IEndpointRouteBuilder admin)
    {
        admin.MapPost("/refresh-tokens", async (HttpContext context, VendorTable table, RefreshFamilies families) =>
        {
            var (family, complaint) = await ReadAsync<RefreshTokenFamily>(context);
            complaint ??= Complaint(table, family!.Fake, family.Fingerprint);
            if (complaint is null && string.IsNullOrWhiteSpace(family!.AccountId))
            {
                complaint = "accountId: it is empty; give the account for which the token mints access tokens.";
            }

            if (complaint is not null)
            {
                return Error(complaint);
            }

            families.Register(family!);
            return Results.NoContent();
        });
        admin.MapPost("/credentials/expired", async (HttpContext context, VendorTable table, AcceptedCredentials accepted) =>
        {
            var (expired, complaint) = await ReadAsync<ExpiredCredential>(context);
            complaint ??= Complaint(table, expired!.Fake, expired.Fingerprint);
            if (complaint is null && !accepted.Expire(expired!.Fake, expired.Fingerprint))
            {
                complaint = $"fingerprint: {expired.Fake} accepts no {expired.Fingerprint}; register it first.";
            }

            return complaint is null ? Results.NoContent() : Error(complaint);
        });
    }

    private static string? Complaint(VendorTable table, string id, string fingerprint)
    {
        var able = table.Fakes.Where(static fake => fake.Surfaces.Any(static surface => surface.Answer is TokenRefresh)).Select(static fake => fake.Id).ToArray();
        return !able.Contains(id) ? $"fake: '{id}' refreshes no tokens; {string.Join(", ", able)} does."
            : !Fingerprint().IsMatch(fingerprint) ? "fingerprint: give the first 16 hex digits, lower case, of the token's SHA-256; never the token."
            : null;
    }

    private static async Task<(T? Value, string? Complaint)> ReadAsync<T>(HttpContext context)
        where T : class
    {
        try
        {
            var value = await context.Request.ReadFromJsonAsync<T>(ContractJson.Compact, context.RequestAborted);
            return value is null ? (null, "The body is empty.") : (value, null);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return (null, $"The body is no {typeof(T).Name}: {e.Message}");
        }
    }

    private static IResult Error(string message) => Results.Json(new { error = message }, statusCode: StatusCodes.Status400BadRequest);

    [GeneratedRegex("^[0-9a-f]{16}$")]
    private static partial Regex Fingerprint();
}

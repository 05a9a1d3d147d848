using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Molecule.Contracts;
using Molecule.Contracts.Clouds;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Clouds;
using Molecule.ProviderFakes.Credentials;
using Molecule.ProviderFakes.Journal;
using Molecule.ProviderFakes.Vendors;

namespace Molecule.ProviderFakes.Admin;

/// <summary>The harness's side of the fakes: which there are, which credentials they accept, what reached them.</summary>
internal static partial class AdminEndpoints
{
    private const string Root = "/__molecule";

    /// <param name="routes">Where to map.</param>
    /// <param name="key">What stands behind <c>Authorization: Bearer</c>.</param>
    public static void MapAdmin(this IEndpointRouteBuilder routes, string key)
    {
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes($"Bearer {key}"));
        var admin = routes.MapGroup(Root).AddEndpointFilter(async (context, next) =>
            CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(context.HttpContext.Request.Headers.Authorization.ToString())), expected)
                ? await next(context)
                : Error(StatusCodes.Status401Unauthorized, "Authorization: Bearer with the admin key of the fakes is missing or wrong."));

        admin.MapGet("/fakes", static (VendorTable table) => Json(table.Fakes.Select(static f => f.Describe()).ToImmutableArray()));
        admin.MapPost("/credentials", AcceptAsync);
        admin.MapGet("/journal", ReadJournal);
        admin.MapPost("/journal/settled", SettleAsync);
        admin.MapGet("/requests", static (RequestShapes shapes) => Json(shapes.All()));
        admin.MapFaults();
        admin.MapPost("/identities", TrustAsync);
        admin.MapTokens();
        admin.MapAws();
        admin.MapFallback("/{**rest}", static (HttpContext context) => Error(StatusCodes.Status404NotFound, $"There is no {context.Request.Method} {context.Request.Path}."));
    }

    private static async Task<IResult> AcceptAsync(HttpContext context, VendorTable table, AcceptedCredentials accepted)
    {
        AcceptedCredential? credential;
        try
        {
            credential = await context.Request.ReadFromJsonAsync<AcceptedCredential>(ContractJson.Compact, context.RequestAborted);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return Error(StatusCodes.Status400BadRequest, $"The body is no accepted credential: {e.Message}");
        }

        if (credential is null)
        {
            return Error(StatusCodes.Status400BadRequest, "The body is empty; give fake, fingerprint and accountId.");
        }

        if (table.FindById(credential.Fake) is not { } fake)
        {
            return Error(StatusCodes.Status400BadRequest, $"fake: there is no '{credential.Fake}'; there are {string.Join(", ", table.Fakes.Select(static f => f.Id))}.");
        }

        if (!Fingerprint().IsMatch(credential.Fingerprint))
        {
            return Error(StatusCodes.Status400BadRequest, "fingerprint: give the first 16 hex digits, lower case, of the credential's SHA-256; never the credential.");
        }

        var takesAccount = fake.Surfaces.Any(static s => s.Accepts.Contains(CredentialForm.BearerAccountId));
        if (takesAccount == string.IsNullOrEmpty(credential.AccountId))
        {
            return Error(StatusCodes.Status400BadRequest, takesAccount
                ? $"accountId: {fake.Id} needs the ChatGPT account that goes with the credential."
                : $"accountId: {fake.Id} knows no accounts; leave it out.");
        }

        accepted.Accept(credential);
        return Results.NoContent();
    }

    private static async Task<IResult> TrustAsync(HttpContext context, Federation federation)
    {
        FederatedIdentity? identity;
        try
        {
            identity = await context.Request.ReadFromJsonAsync<FederatedIdentity>(ContractJson.Compact, context.RequestAborted);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return Error(StatusCodes.Status400BadRequest, "The body is no identity; give audience, accessKeyId, secretAccessKey, and where they apply sessionToken and serviceAccount.");
        }

        if (identity is not { AccessKeyId.Length: > 0, SecretAccessKey.Length: > 0 })
        {
            return Error(StatusCodes.Status400BadRequest, "accessKeyId, secretAccessKey: one is empty; without both no signature can be checked.");
        }

        if (!identity.Audience.StartsWith("//iam.googleapis.com/", StringComparison.Ordinal))
        {
            return Error(StatusCodes.Status400BadRequest, "audience: give the pool provider's full name, //iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/P/providers/X.");
        }

        federation.Trust(identity);
        return Results.NoContent();
    }

    private static async Task<IResult> SettleAsync(HttpContext context, RequestJournal journal)
    {
        SettledEntries? settled;
        try
        {
            settled = await context.Request.ReadFromJsonAsync<SettledEntries>(ContractJson.Compact, context.RequestAborted);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            return Error(StatusCodes.Status400BadRequest, $"The body names no settled entries: {e.Message}");
        }

        if (settled is null || settled.Sequences.IsDefault)
        {
            return Error(StatusCodes.Status400BadRequest, "sequences: it is missing; give the sequence numbers of the entries that are settled.");
        }

        return journal.Settle(settled.Sequences) is { } unknown
            ? Error(StatusCodes.Status400BadRequest, $"sequences: no entry has had the number {unknown} yet; nothing has been settled.")
            : Results.NoContent();
    }

    private static IResult ReadJournal(HttpContext context, RequestJournal journal)
    {
        var said = context.Request.Query["after"].ToString();
        var after = 0L;
        return said.Length > 0 && !long.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out after)
            ? Error(StatusCodes.Status400BadRequest, $"after: '{said}' is no sequence number; give the last one that has been read, or 0.")
            : Json(journal.After(after));
    }

    private static IResult Json<T>(T value) => Results.Json(value, ContractJson.Compact);

    private static IResult Error(int status, string message) => Results.Json(new { error = message }, statusCode: status);

    [GeneratedRegex("^[0-9a-f]{16}$")]
    private static partial Regex Fingerprint();
}

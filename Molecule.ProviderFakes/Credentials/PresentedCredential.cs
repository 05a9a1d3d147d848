using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Journal;

namespace Molecule.ProviderFakes.Credentials;

/// <summary>The credential of a request, told from its headers and its query. The credential itself is not kept.</summary>
/// <param name="Form">How it stood there.</param>
/// <param name="Fingerprint">Of the first credential; null where there was none.</param>
/// <param name="AccountId">The ChatGPT-Account-Id header, if any.</param>
public sealed record PresentedCredential(CredentialForm Form, string? Fingerprint, string? AccountId)
{
    private const string Bearer = "Bearer";

    // Google's other place for an API key (spec 3.6).
    private const string KeyParameter = "key";

    public static PresentedCredential Of(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var headers = request.Headers;
        var bearer = AuthenticationHeaderValue.TryParse(headers.Authorization, out var value)
            && value.Scheme.Equals(Bearer, StringComparison.OrdinalIgnoreCase)
                ? value.Parameter
                : null;
        var account = NotEmpty(headers["ChatGPT-Account-Id"]);
        (CredentialForm Form, string? Secret)[] found =
        [
            .. new (CredentialForm Form, string? Secret)[]
            {
                (BearerForm(headers, account), NotEmpty(bearer)),
                (CredentialForm.XApiKey, NotEmpty(headers["x-api-key"])),
                (CredentialForm.XGoogApiKey, NotEmpty(headers["x-goog-api-key"])),
                (CredentialForm.QueryKey, NotEmpty(request.Query[KeyParameter])),
            }.Where(static c => c.Secret is not null),
        ];
        return found switch
        {
            [] => new PresentedCredential(CredentialForm.None, null, account),
            [var one] => new PresentedCredential(one.Form, CredentialFingerprint.Of(one.Secret!), account),
            [var first, ..] => new PresentedCredential(CredentialForm.Mixed, CredentialFingerprint.Of(first.Secret!), account),
        };
    }

    /// <summary>A query as it may be written down.</summary>
    public static string WithoutSecret(QueryString query) => !query.HasValue ? "" : "?" + string.Join('&', query.Value![1..].Split('&').Select(static pair =>
        Uri.UnescapeDataString(pair.Split('=')[0]).Equals(KeyParameter, StringComparison.OrdinalIgnoreCase) ? KeyParameter + "=[hidden]" : pair));

    // Both marks at once are no form that any vendor asks for.
    private static CredentialForm BearerForm(IHeaderDictionary headers, string? account)
    {
        var oauth = headers["anthropic-beta"].SelectMany(static line => (line ?? "").Split(',', StringSplitOptions.TrimEntries))
            .Any(static flag => flag.StartsWith("oauth-", StringComparison.Ordinal));
        return (account is not null, oauth) switch
        {
            (true, true) => CredentialForm.Mixed,
            (true, false) => CredentialForm.BearerAccountId,
            (false, true) => CredentialForm.BearerOauthBeta,
            _ => CredentialForm.Bearer,
        };
    }

    private static string? NotEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}

using System.Globalization;
using System.Text.Json;
using Molecule.ProviderFakes.Vendors;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>Impersonation (https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken).</summary>
internal static class GoogleIam
{
    private const string Permission = "iam.serviceAccounts.getAccessToken";

    public static CloudReply GenerateAccessToken(Federation federation, CloudRequest request)
    {
        var account = Uri.UnescapeDataString(request.Values["account"]);
        if (federation.FindByToken(request.Credential) is not { } identity || identity.ServiceAccount != account)
        {
            // google-github-actions/auth#340.
            return No(
                403, "PERMISSION_DENIED", $"Permission '{Permission}' denied on resource (or it may not exist).",
                GoogleRefusals.ErrorInfo("IAM_PERMISSION_DENIED", "iam.googleapis.com", new { permission = Permission }));
        }

        using var document = Parse(request.Body);
        if (document is null || !document.RootElement.Items("scope").Any())
        {
            return No(400, "INVALID_ARGUMENT", "Request contains an invalid argument.");
        }

        // "3600s"; an hour is the most without an organisation's leave (the same reference).
        var said = document.RootElement.Text("lifetime") ?? "3600s";
        if (!said.EndsWith('s') || !int.TryParse(said[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > 3600)
        {
            return No(400, "INVALID_ARGUMENT", "Request contains an invalid argument.");
        }

        var until = request.At.AddSeconds(seconds);
        return new CloudReply(200, WireJson.Write(new
        {
            accessToken = federation.MintImpersonated(until),
            expireTime = until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        }));
    }

    private static CloudReply No(int status, string name, string message, params ReadOnlySpan<object> details)
    {
        var error = GoogleRefusals.Error(status, name, message, isArray: false, details);
        return new CloudReply(error.Status, error.Json, message);
    }

    private static JsonDocument? Parse(string body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

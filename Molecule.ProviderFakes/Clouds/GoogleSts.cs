using Microsoft.AspNetCore.WebUtilities;
using Molecule.ProviderFakes.Vendors;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>Google's token exchange (RFC 8693; https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token).</summary>
internal static class GoogleSts
{
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";

    public static CloudReply Exchange(Federation federation, CloudRequest request)
    {
        var form = QueryHelpers.ParseQuery(request.Body);
        string Said(string name) => form.TryGetValue(name, out var value) ? value.ToString() : "";

        // The fields and their values: spec 3.6. The codes: RFC 8693, 2.2.2, and RFC 6749, 5.2; where no source is named the wording is ours.
        if (Said("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange")
        {
            return No("unsupported_grant_type", "Invalid grant_type.");
        }

        if (Said("requested_token_type") != AccessToken)
        {
            return No("invalid_request", "Invalid requested_token_type.");
        }

        if (Said("subject_token_type") != "urn:ietf:params:aws:token-type:aws4_request")
        {
            return No("invalid_request", "Invalid subject_token_type.");
        }

        if (!Said("scope").Split(' ').Contains("https://www.googleapis.com/auth/cloud-platform"))
        {
            return No("invalid_scope", "Invalid scope.");
        }

        // google-github-actions/auth#202.
        var audience = Said("audience");
        if (!federation.Knows(audience))
        {
            return No("invalid_target", "The target service indicated by the \"audience\" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.");
        }

        // googleapis/google-api-python-client#1136, in short.
        if (SubjectToken.Read(Said("subject_token")) is not { } signed)
        {
            return No("invalid_grant", "Invalid format of AWS credentials: it is no URL-encoded JSON with url, method and headers.");
        }

        if (SubjectToken.Fault(signed, audience) is { } fault)
        {
            return No("invalid_grant", fault);
        }

        var check = new SignatureV4(id => federation.FindByAccessKey(id) is { } known ? new AwsKey(known.SecretAccessKey, known.SessionToken) : null, "sts").Check(signed, request.At);
        if (check.Error is { } error)
        {
            // googleapis/js-genai#1216.
            return No("invalid_grant", $"Received invalid AWS response of type {error.Code} with error message: {error.Message}");
        }

        if (signed.Url.Host != "sts.amazonaws.com" && !signed.Url.Host.StartsWith($"sts.{check.Region}.", StringComparison.Ordinal))
        {
            return No("invalid_grant", "Received invalid AWS response of type SignatureDoesNotMatch with error message: Credential should be scoped to a valid region.");
        }

        // terraform-google-modules/terraform-example-foundation#1362.
        var identity = federation.FindByAccessKey(check.AccessKeyId!)!;
        return identity.Audience != audience
            ? No("unauthorized_client", "The given credential is rejected by the attribute condition.")
            : new CloudReply(200, WireJson.Write(new
            {
                access_token = federation.MintFederated(identity, request.At),
                issued_token_type = AccessToken,
                token_type = "Bearer",
                expires_in = (long)Federation.Lifetime.TotalSeconds,
            }));
    }

    private static CloudReply No(string code, string description) => new(400, GoogleStsRefusals.Body(code, description), $"{code}: {description}");
}

/// <summary>OAuth's error object (spec 3.6).</summary>
internal sealed class GoogleStsRefusals : VendorRefusals
{
    public static string Body(string code, string description) => WireJson.Write(new { error = code, error_description = description });

    // No surface here asks for a credential or a model; what is left is a wrong path or body.
    public override VendorError NoSuchPath(string method, string path) => new(404, Body("not_found", $"There is no {method} {path}."));

    public override VendorError Unauthorized(CredentialProblem problem) => BadRequest("Unexpected Authorization.");

    public override VendorError NoSuchModel(string model) => BadRequest("Unexpected model.");

    public override VendorError BadRequest(string message) => new(400, Body("invalid_request", message));

    public override VendorError TooLarge() => BadRequest("The request is too large.");
}

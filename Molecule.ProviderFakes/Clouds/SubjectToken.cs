using System.Collections.Immutable;
using System.Text.Json;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Clouds;

/// <summary>
/// A signed GetCallerIdentity request, written down for Google to execute: URL-encoded JSON of url, method and headers, the last as pairs
/// of key and value (spec 3.6; https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token, subjectToken).
/// </summary>
internal static class SubjectToken
{
    /// <summary>Reads it; null where it is none.</summary>
    public static SignedRequest? Read(string token)
    {
        try
        {
            using var document = JsonDocument.Parse(Uri.UnescapeDataString(token));
            var root = document.RootElement;
            return root.Text("url") is { } address && Uri.TryCreate(address, UriKind.Absolute, out var url) && root.Text("method") is { } method
                ? new SignedRequest(
                    method, url, [.. root.Items("headers").Select(static h => (Name: h.Text("key") ?? "", Value: h.Text("value") ?? "")).Where(static h => h.Name.Length > 0)],
                    root.Text("body") ?? "")
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What keeps Google from executing it; null where nothing does.</summary>
    public static string? Fault(SignedRequest request, string audience) => request switch
    {
        { Method: not "POST" } => "The request method in the AWS credentials must be POST.",
        { Url.Scheme: not "https" } => "The URL in the AWS credentials must be an HTTPS URL of AWS STS.",
        _ when !IsSts(request.Url.Host) => "The URL in the AWS credentials must be an HTTPS URL of AWS STS.",
        _ when !Parameters(request.Url).SetEquals(["Action=GetCallerIdentity", "Version=2011-06-15"]) => "The URL in the AWS credentials must be a GetCallerIdentity request of version 2011-06-15.",
        _ when request.Header("host") != request.Url.Host => "The host header in the AWS credentials must be the URL's.",

        // "with or without the HTTPS prefix" (the same reference); covering it by the signature is recommended only, and google-auth-library does.
        _ when request.Header("x-goog-cloud-target-resource") is not { } target || (target != audience && target != "https:" + audience) =>
            "The x-goog-cloud-target-resource header in the AWS credentials must be the audience.",
        _ => null,
    };

    private static bool IsSts(string host) =>
        host == "sts.amazonaws.com" || (host.StartsWith("sts.", StringComparison.Ordinal) && host.EndsWith(".amazonaws.com", StringComparison.Ordinal) && host.Split('.').Length == 4);

    private static ImmutableHashSet<string> Parameters(Uri url) => [.. url.Query.TrimStart('?').Split('&')];
}

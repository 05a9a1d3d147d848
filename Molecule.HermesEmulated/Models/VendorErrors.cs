using System.Text.Json;
using System.Text.Json.Nodes;

namespace Molecule.HermesEmulated.Models;

/// <summary>Finds the error in what a vendor answered, in any of the vendors' envelopes (spec/runtimes-and-providers.md 3.1 to 3.7).</summary>
public static class VendorErrors
{
    private const int LongestExcerpt = 300;

    /// <summary>Reads a body that is no stream. Never null: what is no envelope is quoted.</summary>
    public static VendorError Read(int status, string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        JsonNode? json;
        try
        {
            json = JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            json = null;
        }

        // Google's OpenAI-compatible surface wraps its envelope in an array of one (spec 3.6).
        var envelope = json switch
        {
            JsonObject o => o,
            JsonArray { Count: > 0 } array => array[0] as JsonObject,
            _ => null,
        };
        return (envelope is null ? null : Find(envelope, status))
            ?? new VendorError(status, "", body.Length is 0 ? "no body" : body.Length > LongestExcerpt ? body[..LongestExcerpt] : body);
    }

    /// <summary>The error that a document holds; null where it holds none.</summary>
    public static VendorError? Find(JsonObject document, int? status)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document["error"] is JsonObject error)
        {
            var words = new[] { error["type"], error["code"], error["status"] }.OfType<JsonNode>().Select(static n => n.ToString());
            return new VendorError(status, string.Join(' ', words), error["message"]?.ToString() ?? error.ToJsonString());
        }

        // MiniMax says some of its errors with HTTP 200 (spec 3.5).
        return document["base_resp"] is JsonObject native && (int?)native["status_code"] is { } code and not 0
            ? new VendorError(status, FormattableString.Invariant($"base_resp {code}"), $"{native["status_msg"]} ({code})")
            : null;
    }
}

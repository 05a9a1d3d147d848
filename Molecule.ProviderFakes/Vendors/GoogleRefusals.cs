using Molecule.Contracts.Faults;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>The error envelope of Google's clouds (spec 3.6), where an OAuth token is asked for.</summary>
/// <param name="isArray">Whether it stands in an array of one, as on the OpenAI-compatible sides (google-gemini/gemini-cli#14438).</param>
internal class GoogleRefusals(bool isArray) : VendorRefusals
{
    // The wording is ours; Google answers unknown paths with a page of HTML.
    public override VendorError NoSuchPath(string method, string path) => No(404, "NOT_FOUND", "Requested entity was not found.");

    // An API key or none: a2aproject/a2a-samples#43. A token that is not good, or no longer: googleapis/java-aiplatform#1056, imageFX-api#2.
    public override VendorError Unauthorized(CredentialProblem problem) => problem is CredentialProblem.Unknown
        ? No(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.")
        : No(
            401, "UNAUTHENTICATED", "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that assert a principal. See https://cloud.google.com/docs/authentication",
            ErrorInfo("CREDENTIALS_MISSING", "googleapis.com", new { }));

    // The wording is ours.
    public override VendorError NoSuchModel(string model) => No(404, "NOT_FOUND", $"Publisher Model `{model}` was not found or your project does not have access to it.");

    public override VendorError BadRequest(string message) => No(400, "INVALID_ARGUMENT", message);

    // The wording is ours.
    public override VendorError TooLarge() => No(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit.");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // google-gemini/gemini-cli#14811. Google tells no retry-after (spec 3.6).
        FaultKind.RateLimit => No(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."),

        // spec 3.6 and spec/driving-the-runtimes.md 4, errors.
        FaultKind.Overloaded => No(503, "UNAVAILABLE", Overloaded),
        FaultKind.ContextOverflow => No(400, "INVALID_ARGUMENT", TooLong(turn.Overflow(Window))),

        // https://cloud.google.com/apis/design/errors; the wording is ours.
        FaultKind.ServerError => No(500, "INTERNAL", "Internal error encountered."),
        _ => base.Fault(kind, turn),
    };

    /// <summary>spec/driving-the-runtimes.md 4, errors.</summary>
    public const string Overloaded = "The model is overloaded. Please try again later.";

    private const long Window = 1_048_576;

    public override long? ContextWindow => Window;

    private static string TooLong((long Tokens, long Window) overflow) => $"The input token count ({overflow.Tokens}) exceeds the maximum number of tokens allowed ({overflow.Window}).";

    public static object ErrorInfo(string reason, string domain, object metadata) =>
        new Dictionary<string, object> { ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo", ["reason"] = reason, ["domain"] = domain, ["metadata"] = metadata };

    public static VendorError Error(int status, string name, string message, bool isArray, params ReadOnlySpan<object> details)
    {
        object envelope = details.IsEmpty
            ? new { error = new { code = status, message, status = name } }
            : new { error = new { code = status, message, status = name, details = details.ToArray() } };
        return new VendorError(status, WireJson.Write(isArray ? new[] { envelope } : envelope));
    }

    protected VendorError No(int status, string name, string message, params ReadOnlySpan<object> details) => Error(status, name, message, isArray, details);
}

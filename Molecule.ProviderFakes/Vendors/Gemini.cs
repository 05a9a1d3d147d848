using System.Collections.Immutable;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>The Gemini API of AI Studio: its own methods and the OpenAI-compatible side (spec 3.6; https://ai.google.dev/api).</summary>
internal static class Gemini
{
    // spec 0.1, google; 4.6, byok-gemini's sample.
    private static readonly ImmutableHashSet<string> Models = ["gemini-2.5-pro", "gemini-2.5-flash"];

    // spec 3.6: the header, or ?key=.
    private static readonly ImmutableArray<CredentialForm> KeyForms = [CredentialForm.XGoogApiKey, CredentialForm.QueryKey];

    /// <summary>Both sides, as an arm's client may choose.</summary>
    public static VendorFake Api(string id, string basePath) => Of(id, basePath, [Native("generateContent", GeminiAnswer.Whole), Events(), Native("streamGenerateContent", GeminiAnswer.Array), Counting(), Listing(), .. Compatible()]);

    /// <summary>The OpenAI-compatible side alone: what the control plane's proxy speaks.</summary>
    public static VendorFake OpenAICompatible(string id, string basePath) => Of(id, basePath, Compatible());

    private static VendorFake Of(string id, string basePath, ImmutableArray<Surface> surfaces) =>
        new(id, basePath, "https://generativelanguage.googleapis.com", new GeminiRefusals(isArray: false), surfaces);

    private static Surface Native(string method, GeminiAnswer form)
    {
        var refusals = new GeminiRefusals(isArray: false);
        return new Surface("POST", $"/v1beta/models/{{{Surface.Model}}}:{method}", KeyForms, refusals, new ModelTurn(new GenerateContentWire(form), Models));
    }

    // https://ai.google.dev/api/tokens#method:-models.counttokens
    private static Surface Counting() => new("POST", $"/v1beta/models/{{{Surface.Model}}}:countTokens", KeyForms, new GeminiRefusals(isArray: false), new TokenCounting(
        Models, new GenerateContentWire(GeminiAnswer.Whole).Fault, static tokens => new { totalTokens = tokens }));

    private static Surface Events() => Native("streamGenerateContent", GeminiAnswer.Events) with { Query = ("alt", "sse") };

    // https://ai.google.dev/api/models#method:-models.list, the fields that say what a model is for.
    private static Surface Listing() => new("GET", "/v1beta/models", KeyForms, new GeminiRefusals(isArray: false), new FixedAnswer(200, WireJson.Write(new
    {
        models = Models.Order(StringComparer.Ordinal).Select(static id => new
        {
            name = $"models/{id}",
            displayName = id,
            inputTokenLimit = 1048576,
            outputTokenLimit = 65536,
            supportedGenerationMethods = new[] { "generateContent" },
        }),
    })));

    // https://ai.google.dev/gemini-api/docs/openai: a bearer, ids also in the form models/ID.
    private static ImmutableArray<Surface> Compatible()
    {
        var refusals = new GeminiRefusals(isArray: true);
        return
        [
            new Surface("POST", "/v1beta/openai/chat/completions", [CredentialForm.Bearer], refusals, new ModelTurn(new ChatWire(), Models.Union(Models.Select(static id => "models/" + id)))),
            new Surface("GET", "/v1beta/openai/models", [CredentialForm.Bearer], refusals, new FixedAnswer(200, WireJson.Write(new
            {
                @object = "list",
                data = Models.Order(StringComparer.Ordinal).Select(static id => new { id = "models/" + id, @object = "model", owned_by = "google" }),
            }))),
        ];
    }
}

/// <summary>Google's errors where an API key is asked for (spec 3.6).</summary>
/// <param name="isArray">Whether they stand in an array of one.</param>
internal sealed class GeminiRefusals(bool isArray) : GoogleRefusals(isArray)
{
    private const string InvalidKey = "API key not valid. Please pass a valid API key.";

    // 400, not 401 (spec 3.6; the details: cequence-io/openai-scala-client#109). Without a key 403, "unregistered callers" (google-gemini/deprecated-generative-ai-python#463).
    public override VendorError Unauthorized(CredentialProblem problem) => problem is CredentialProblem.Unknown
        ? No(
            400,
            "INVALID_ARGUMENT",
            InvalidKey,
            ErrorInfo("API_KEY_INVALID", "googleapis.com", new { service = "generativelanguage.googleapis.com" }),
            new Dictionary<string, object> { ["@type"] = "type.googleapis.com/google.rpc.LocalizedMessage", ["locale"] = "en-US", ["message"] = InvalidKey })
        : No(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // A minute's quota: with what was exceeded and when to come back, in the details and in no header (RooCodeInc/Roo-Code#3883, spec 3.6).
        FaultKind.RateLimit => No(
            429,
            "RESOURCE_EXHAUSTED",
            QuotaExceeded,
            new Dictionary<string, object>
            {
                ["@type"] = "type.googleapis.com/google.rpc.QuotaFailure",
                ["violations"] = new[]
                {
                    new
                    {
                        quotaMetric = "generativelanguage.googleapis.com/generate_content_free_tier_input_token_count",
                        quotaId = "GenerateContentInputTokensPerModelPerMinute-FreeTier",
                        quotaDimensions = new { location = "global", model = turn.Model },
                        quotaValue = "250000",
                    },
                },
            },
            Help,
            new Dictionary<string, object> { ["@type"] = "type.googleapis.com/google.rpc.RetryInfo", ["retryDelay"] = $"{turn.RetryAfterSeconds ?? 26}s" }),

        // The day's: the same words, nothing to wait for (gke-labs/gemini-for-kubernetes-development#1215).
        FaultKind.QuotaExhausted => No(429, "RESOURCE_EXHAUSTED", QuotaExceeded, Help),
        _ => base.Fault(kind, turn),
    };

    private const string QuotaExceeded = "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.";

    private static Dictionary<string, object> Help => new()
    {
        ["@type"] = "type.googleapis.com/google.rpc.Help",
        ["links"] = new[] { new { description = "Learn more about Gemini API quotas", url = "https://ai.google.dev/gemini-api/docs/rate-limits" } },
    };

    // google/adk-python#200.
    public override VendorError NoSuchModel(string model) => No(
        404, "NOT_FOUND", $"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.");
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>Anthropic's own API (spec 3.1; https://docs.claude.com/en/api/errors).</summary>
internal static class Anthropic
{
    // spec 3.0.
    private const string Origin = "https://api.anthropic.com";

    // spec 4.5. The 5-5 ids are what claude-code 2.1.330 sends for its aliases sonnet, opus and haiku (measured).
    private static readonly ImmutableHashSet<string> Models =
    [
        "claude-sonnet-4-6", "claude-opus-4-7", "claude-opus-4-8", "claude-haiku-4-5", "claude-sonnet-4-5",
        "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5",
    ];

    // x-api-key (spec 3.0). The vendor's own C# SDK sends an API key as a bearer (measured: Anthropic 13.12.0 with ApiKey set), so that is taken
    // too; which form an arm's runtime has to use is the routing's to assert, not the vendor's.
    public static VendorFake Api(string id, string basePath) => Of(id, basePath, [CredentialForm.XApiKey, CredentialForm.Bearer], new AnthropicRefusals("invalid x-api-key", "x-api-key header is required"));

    // Bearer with an oauth- flag in anthropic-beta and no x-api-key (spec 3.1; measured: spec/driving-the-runtimes.md 1).
    public static VendorFake OAuth(string id, string basePath) => Of(id, basePath, [CredentialForm.BearerOauthBeta], new AnthropicRefusals("Invalid bearer token", "OAuth authentication is currently not supported.", subscription: true));

    private static VendorFake Of(string id, string basePath, ImmutableArray<CredentialForm> forms, AnthropicRefusals refusals) => new(id, basePath, Origin, refusals,
    [
        new Surface("POST", "/v1/messages", forms, refusals, new ModelTurn(new MessagesWire(), Models, VersionIsNamed(refusals))),

        // https://docs.claude.com/en/docs/build-with-claude/token-counting
        new Surface("POST", "/v1/messages/count_tokens", forms, refusals, new TokenCounting(Models, MessagesWire.MessagesFault, static tokens => new { input_tokens = tokens })),

        // https://docs.claude.com/en/api/models-list; when each came out is no part of what is known here.
        new Surface("GET", "/v1/models", forms, refusals, new FixedAnswer(200, WireJson.Write(new
        {
            data = Models.Order(StringComparer.Ordinal).Select(static id => new { type = "model", id, display_name = id, created_at = "2026-01-01T00:00:00Z", lifecycle = "active" }),
            has_more = false,
            first_id = Models.Min(StringComparer.Ordinal),
            last_id = Models.Max(StringComparer.Ordinal),
        }))),

        // claude-code asks whether the API is there; 404 is fine (spec/driving-the-runtimes.md 1, requests).
        new Surface("HEAD", "/api/hello", [], refusals, new FixedAnswer(404, "")),
    ]);

    // The header is required (spec 3.0; https://docs.claude.com/en/api/versioning).
    private static TurnCheck VersionIsNamed(AnthropicRefusals refusals) => (IHeaderDictionary headers, JsonElement _) =>
        headers.ContainsKey("anthropic-version") ? null : refusals.BadRequest("anthropic-version: header is required");
}

/// <summary>The Anthropic error envelope (spec 3.1, table), with the request's id in body and header.</summary>
/// <param name="unknownCredential">
/// "invalid x-api-key" (continuedev/continue#9399) or "Invalid bearer token" (openclaw/openclaw#54350), as the API says it.
/// </param>
/// <param name="noCredential">What is said where no credential, or another form, was sent.</param>
/// <param name="subscription">Whether the credential is a subscription's, which has windows of use instead of a balance.</param>
internal sealed class AnthropicRefusals(string unknownCredential, string noCredential, bool subscription = false) : VendorRefusals
{
    public override VendorError NoSuchPath(string method, string path) => Error(404, "not_found_error", "Not Found");

    public override VendorError Unauthorized(CredentialProblem problem) =>
        Error(401, "authentication_error", problem is CredentialProblem.Unknown ? unknownCredential : noCredential);

    public override VendorError NoSuchModel(string model) => Error(404, "not_found_error", $"model: {model}");

    public override VendorError BadRequest(string message) => Error(400, "invalid_request_error", message);

    public override VendorError TooLarge() => Error(413, "request_too_large", "Request exceeds the maximum size");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // spec 3.1, table, for status and type of each. The texts: 429 and 529 as claude-code shows them (spec/driving-the-runtimes.md 1,
        // errors); x-should-retry: anthropics/anthropic-sdk-typescript#616; anthropic-ratelimit-*: https://docs.claude.com/en/api/rate-limits.
        FaultKind.RateLimit => Error(429, "rate_limit_error", RateLimited) with
        {
            Headers = turn.RetryAfter(
                ("x-should-retry", "true"),
                ("anthropic-ratelimit-requests-limit", "50"),
                ("anthropic-ratelimit-requests-remaining", "0"),
                ("anthropic-ratelimit-requests-reset", turn.At.AddSeconds(turn.RetryAfterSeconds ?? 60).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture))),
        },

        // A spent balance is a 400 that claude-code knows by its text (spec/driving-the-runtimes.md 1, errors, "400 credit balance").
        FaultKind.QuotaExhausted when !subscription => Error(
            400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."),
        FaultKind.Overloaded => Error(529, "overloaded_error", "Overloaded") with { Headers = turn.RetryAfter(("x-should-retry", "true")) },
        FaultKind.ServerError => Error(500, "api_error", "Internal server error") with { Headers = [("x-should-retry", "true")] },

        // 200,000 tokens: the maximum in the measured text (spec/driving-the-runtimes.md 1, errors).
        FaultKind.ContextOverflow => Error(400, "invalid_request_error", TooLong(turn.Overflow(Window))),

        // The headers by which claude-code tells a used-up window from a rate limit: spec/driving-the-runtimes.md 1, Subscription OAuth.
        FaultKind.UsageLimit when subscription => Error(429, "rate_limit_error", RateLimited) with
        {
            Headers =
            [
                ("x-should-retry", "false"),
                ("anthropic-ratelimit-unified-status", "rejected"),
                ("anthropic-ratelimit-unified-representative-claim", "five_hour"),
                ("anthropic-ratelimit-unified-reset", $"{turn.At.ToUnixTimeSeconds() + (turn.RetryAfterSeconds ?? FiveHours)}"),
            ],
        },
        _ => base.Fault(kind, turn),
    };

    private const string RateLimited = "This request would exceed your account's rate limit. Please try again later.";

    private const int Window = 200_000;

    public override long? ContextWindow => Window;

    private static string TooLong((long Tokens, long Window) overflow) => $"prompt is too long: {overflow.Tokens} tokens > {overflow.Window} maximum";

    private const int FiveHours = 18_000;

    private static VendorError Error(int status, string type, string message)
    {
        var request = NewRequestId("req_");
        return new VendorError(status, WireJson.Write(new { type = "error", error = new { type, message }, request_id = request }), "request-id", request);
    }
}

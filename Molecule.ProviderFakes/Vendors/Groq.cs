using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Turns;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>Groq's OpenAI-compatible API (spec 3.7; https://console.groq.com/docs/errors).</summary>
internal static class Groq
{
    /// <summary>Tokens a minute and model: a paid plan's (https://console.groq.com/docs/rate-limits).</summary>
    public const long TokensPerMinute = 300_000;

    // spec 3.7: the ids that the template uses.
    private static readonly ImmutableHashSet<string> Models = ["llama-3.3-70b-versatile", "meta-llama/llama-4-scout-17b-16e-instruct"];

    public static VendorFake Api(string id, string basePath)
    {
        var refusals = new GroqRefusals();
        return new VendorFake(id, basePath, "https://api.groq.com", refusals,
        [
            new Surface("POST", "/openai/v1/chat/completions", [CredentialForm.Bearer], refusals, new ModelTurn(new ChatWire(), Models, FitsIntoAMinute)),

            // https://console.groq.com/docs/api-reference#models-list
            new Surface("GET", "/openai/v1/models", [CredentialForm.Bearer], refusals, new FixedAnswer(200, WireJson.Write(new
            {
                @object = "list",
                data = Models.Order(StringComparer.Ordinal).Select(static id => new { id, @object = "model", created = 1767225600, owned_by = "Meta", active = true, context_window = 131072 }),
            }))),
        ])
        {
            // On every answer; retry-after on 429 alone (spec 3.7; names and forms: https://console.groq.com/docs/rate-limits).
            StandingHeaders =
            [
                ("x-ratelimit-limit-requests", "14400"),
                ("x-ratelimit-limit-tokens", TokensPerMinute.ToString(CultureInfo.InvariantCulture)),
                ("x-ratelimit-remaining-requests", "14370"),
                ("x-ratelimit-remaining-tokens", "299996"),
                ("x-ratelimit-reset-requests", "2m59.56s"),
                ("x-ratelimit-reset-tokens", "7.66s"),
            ],
        };
    }

    // One request of more than a minute's tokens can never be served, so it is 413 and not 429 (spec 3.7).
    private static VendorError? FitsIntoAMinute(IHeaderDictionary headers, JsonElement request) =>
        Turn.TokensOf(request.GetRawText().Length) is > TokensPerMinute and var tokens ? GroqRefusals.OverTheMinutesTokens(request.Text("model"), tokens) : null;
}

/// <summary>Groq's envelope: <c>error</c> with message, type and, for some, code (spec 3.7).</summary>
internal sealed class GroqRefusals : VendorRefusals
{
    // https://console.groq.com/docs/models, of each model in the table.
    public override long? ContextWindow => 131_072;

    // TAGonSoft/groq-dart#15.
    public override VendorError NoSuchPath(string method, string path) =>
        Error(404, $"Unknown request URL: {method} {path}. Please check the URL for typos, or see the docs at https://console.groq.com/docs/", "invalid_request_error", "unknown_url");

    // ag5826000/resume-commentor#4.
    public override VendorError Unauthorized(CredentialProblem problem) => Error(401, "Invalid API Key", "invalid_request_error", "invalid_api_key");

    public override VendorError NoSuchModel(string model) =>
        Error(404, $"The model `{model}` does not exist or you do not have access to it.", "invalid_request_error", "model_not_found");

    public override VendorError BadRequest(string message) => Error(400, message, "invalid_request_error", null);

    // https://console.groq.com/docs/errors, 413; the code is ours.
    public override VendorError TooLarge() => Error(413, "Request Entity Too Large", "invalid_request_error", "request_too_large");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // OpenHands/OpenHands#4167; "Please try again in": the same. retry-after on 429 alone (spec 3.7).
        FaultKind.RateLimit => Error(
            429,
            $"Rate limit reached for model `{turn.Model}` in organization `org_fake` service tier `on_demand` on tokens per minute (TPM): Limit {Groq.TokensPerMinute}, Used {Groq.TokensPerMinute}, Requested {turn.InputTokens}. Please try again in {turn.RetryAfterSeconds ?? 20}s.",
            "tokens",
            "rate_limit_exceeded") with
        { Headers = turn.RetryAfter(("x-ratelimit-remaining-tokens", "0")) },

        // Of a day (continuedev/continue#10920).
        FaultKind.UsageLimit => Error(
            429,
            $"Rate limit reached for model `{turn.Model}` in organization `org_fake` service tier `on_demand` on tokens per day (TPD): Limit 100000, Used 100000, Requested {turn.InputTokens}. Please try again in {turn.RetryAfterSeconds ?? 3600}s.",
            "tokens",
            "rate_limit_exceeded") with
        { Headers = turn.RetryAfter() },

        // The status that no other vendor has: the flex tier is at capacity (spec 3.7, laravel/ai#925). The wording is ours.
        FaultKind.Overloaded => Error(498, "Flex tier capacity exceeded. Please try again later.", "invalid_request_error", "capacity_exceeded"),

        // https://console.groq.com/docs/errors, 500; type and wording are ours.
        FaultKind.ServerError => Error(500, "Internal Server Error", "internal_server_error", null),

        // thepersonalaicompany/amurex-backend#51.
        FaultKind.ContextOverflow => Error(400, "Please reduce the length of the messages or completion.", "invalid_request_error", "context_length_exceeded"),
        _ => base.Fault(kind, turn),
    };

    // HunorLaczko/ha-groq-cloud-api#27; the model's name in backticks: continuedev/continue#10218.
    public static VendorError OverTheMinutesTokens(string? model, long requested) => Error(
        413,
        $"Request too large for model `{model}` in organization `org_fake` service tier `on_demand` on tokens per minute (TPM): Limit {Groq.TokensPerMinute}, Requested {requested}, please reduce your message size and try again.",
        "tokens", "rate_limit_exceeded");

    private static VendorError Error(int status, string message, string type, string? code)
    {
        var request = NewRequestId("req_");
        return new VendorError(status, WireJson.Write(code is null ? new { error = new { message, type } } : new { error = new { message, type, code } }), "x-request-id", request);
    }
}

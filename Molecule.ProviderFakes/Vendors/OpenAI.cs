using System.Collections.Immutable;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>OpenAI's own API (spec 3.2; https://developers.openai.com/docs/guides/error-codes).</summary>
internal static class OpenAI
{
    // spec 4.5.
    public static ImmutableHashSet<string> Models { get; } = ["gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.3-codex", "gpt-5.3-codex-spark", "gpt-5.2"];

    // spec 2.4, openclaw's menu, and 4.6, byok-openai's sample; the vendor serves the others there as well.
    private static readonly ImmutableHashSet<string> ChatModels = Models.Union(["gpt-4o", "gpt-4.1-mini", "o4-mini"]);

    /// <summary>The byok-openai arm: chat completions (spec 3.0), and the list of models for which hermes asks (spec/driving-the-runtimes.md 5).</summary>
    public static VendorFake Chat(string id, string basePath)
    {
        var refusals = new OpenAIRefusals();
        return new VendorFake(id, basePath, "https://api.openai.com", refusals,
        [
            new Surface("POST", "/v1/chat/completions", [CredentialForm.Bearer], refusals, new ModelTurn(new ChatWire(), ChatModels)),
            Listing(ChatModels, refusals),
        ]);
    }

    // spec 3.0: Bearer; Responses for codex, chat completions for the others.
    public static VendorFake Api(string id, string basePath)
    {
        var refusals = new OpenAIRefusals();
        return new VendorFake(id, basePath, "https://api.openai.com", refusals,
        [
            new Surface("POST", "/v1/responses", [CredentialForm.Bearer], refusals, new ModelTurn(new ResponsesWire(completedHoldsOutput: true), Models)),

            // https://developers.openai.com/api/reference/resources/responses, input token counts.
            new Surface("POST", "/v1/responses/input_tokens", [CredentialForm.Bearer], refusals, new TokenCounting(
                Models, new ResponsesWire(completedHoldsOutput: true).Fault, static tokens => new { @object = "response.input_tokens", input_tokens = tokens })),
            new Surface("POST", "/v1/chat/completions", [CredentialForm.Bearer], refusals, new ModelTurn(new ChatWire(), Models)),
            Listing(Models, refusals),
        ]);
    }

    // https://developers.openai.com/api/reference/resources/models
    private static Surface Listing(ImmutableHashSet<string> models, OpenAIRefusals refusals) => new("GET", "/v1/models", [CredentialForm.Bearer], refusals, new FixedAnswer(200, WireJson.Write(new
    {
        @object = "list",
        data = models.Order(StringComparer.Ordinal).Select(static id => new { id, @object = "model", created = 1767225600, owned_by = "openai" }),
    })));
}

/// <summary>The OpenAI error envelope (spec 3.2, table).</summary>
internal sealed class OpenAIRefusals : VendorRefusals
{
    // harry0703/MoneyPrinterTurbo#57.
    public override VendorError NoSuchPath(string method, string path) => Error(404, $"Invalid URL ({method} {path})", null, null);

    // spec 3.2: invalid_api_key; spec/driving-the-runtimes.md 2, errors: the wording. The vendor repeats the key in part, this fake does not.
    public override VendorError Unauthorized(CredentialProblem problem) => problem is CredentialProblem.Unknown
        ? Error(401, "Incorrect API key provided: ****. You can find your API key at https://platform.openai.com/account/api-keys.", null, "invalid_api_key")
        : Error(401, "Missing bearer or basic authentication in header", null, null);

    // 404 on both surfaces since September 2026 (BerriAI/litellm#39457); the wording: langgenius/dify#13036.
    public override VendorError NoSuchModel(string model) =>
        Error(404, $"The model `{model}` does not exist or you do not have access to it.", null, "model_not_found");

    public override VendorError BadRequest(string message) => Error(400, message, null, null);

    public override VendorError TooLarge() => Error(413, "Request body is too large.", null, null);

    // spec 3.2, table, for status, type and code of each.
    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // x-ratelimit-*: https://developers.openai.com/api/docs/guides/rate-limits. codex reads the wait from retry-after.
        FaultKind.RateLimit => Error(429, RateLimited(turn), null, "rate_limit_exceeded", "requests") with
        {
            Headers = turn.RetryAfter(
                ("x-ratelimit-limit-requests", "3"), ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", $"{turn.RetryAfterSeconds ?? 20}s")),
        },

        // The head of the vendor's text by which its clients know it (core #2578, spec 6).
        FaultKind.QuotaExhausted => Error(429, "You exceeded your current quota, please check your plan and billing details.", null, "insufficient_quota", "insufficient_quota"),
        FaultKind.Overloaded => Overloaded(turn),
        FaultKind.ServerError => Error(500, "The server had an error while processing your request. Sorry about that!", null, null, "server_error"),
        FaultKind.ContextOverflow => turn.Wire is ResponsesWire
            ? Error(400, Overflow, "input", "context_length_exceeded")
            : Error(400, TooLong(turn.Overflow(Window)), "messages", "context_length_exceeded"),
        _ => base.Fault(kind, turn),
    };

    /// <summary>openai/codex#19269.</summary>
    public const string Overflow = "Your input exceeds the context window of this model. Please adjust your input and try again.";

    /// <summary>spec 3.3: about 272k.</summary>
    public const int Window = 272_000;

    public override long? ContextWindow => Window;

    private static string TooLong((long Tokens, long Window) overflow) =>
        $"This model's maximum context length is {overflow.Window} tokens. However, your messages resulted in {overflow.Tokens} tokens. Please reduce the length of the messages.";

    public static string RateLimited(FaultedTurn turn) =>
        $"Rate limit reached for {turn.Model} on requests per min (RPM): Limit 3, Used 3, Requested 1.{(turn.RetryAfterSeconds is { } wait ? $" Please try again in {wait}s." : "")}";

    /// <summary>Wei-Shaw/sub2api#6631; the status that codex takes for it: spec/driving-the-runtimes.md 2, errors.</summary>
    public static VendorError Overloaded(FaultedTurn turn) =>
        Error(503, "Our servers are currently overloaded. Please try again later.", null, "server_is_overloaded", "service_unavailable_error") with { Headers = turn.RetryAfter() };

    private static VendorError Error(int status, string message, string? param, string? code, string type = "invalid_request_error") => new(
        status,
        WireJson.Write(new { error = new { message, type, param, code } }),
        "x-request-id",
        NewRequestId("req_"));
}

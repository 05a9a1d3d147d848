using System.Collections.Immutable;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>MiniMax (spec 3.5; https://platform.minimax.io/docs/api-reference/text-anthropic-api).</summary>
internal static class MiniMax
{
    private const string Origin = "https://api.minimax.io";

    // spec 0.1 and 3.5.
    private static readonly ImmutableHashSet<string> Models = ["MiniMax-M3", "MiniMax-M2.7", "MiniMax-M2.7-highspeed", "MiniMax-M2.5", "MiniMax-M2"];

    // What codex is configured to send under the token plan (spec 2.2, minimax-token-plan).
    private static readonly ImmutableHashSet<string> CodexModels = Models.Add("codex-MiniMax-M2.7");

    /// <summary>The minimax arm: claude-code's side, and chat completions for all others (spec 3.0).</summary>
    public static VendorFake MessagesAndChat(string id, string basePath)
    {
        var refusals = new MiniMaxMessagesRefusals();
        return new VendorFake(id, basePath, Origin, refusals, [MessagesAt(refusals), ChatAt(), ModelsAt(new MiniMaxOpenAIRefusals())]);
    }

    /// <summary>The byok-minimax arm: responses for codex, chat completions for hermes and openclaw (spec 3.0).</summary>
    public static VendorFake OpenAI(string id, string basePath)
    {
        var refusals = new MiniMaxOpenAIRefusals();
        return new VendorFake(id, basePath, Origin, refusals, [ResponsesAt(refusals), ChatAt(), ModelsAt(refusals)]);
    }

    public static VendorFake All(string id, string basePath)
    {
        var refusals = new MiniMaxOpenAIRefusals();
        return new VendorFake(id, basePath, Origin, refusals,
        [
            ChatAt(),
            ResponsesAt(refusals),
            MessagesAt(new MiniMaxMessagesRefusals()),
            ModelsAt(refusals),
        ]);
    }

    // spec 3.5: Bearer or x-api-key.
    private static Surface MessagesAt(MiniMaxMessagesRefusals refusals) =>
        new("POST", "/anthropic/v1/messages", [CredentialForm.Bearer, CredentialForm.XApiKey], refusals, new ModelTurn(new MessagesWire(), Models));

    // spec 3.0: Bearer; spec 3.5: /chat/completions.
    private static Surface ChatAt() => new("POST", "/v1/chat/completions", [CredentialForm.Bearer], new MiniMaxChatRefusals(), new ModelTurn(new ChatWire(), Models));

    // spec 3.5: /models; the fields are OpenAI's.
    private static Surface ModelsAt(VendorRefusals refusals) => new("GET", "/v1/models", [CredentialForm.Bearer], refusals, new FixedAnswer(200, WireJson.Write(new
    {
        @object = "list",
        data = Models.Order(StringComparer.Ordinal).Select(static id => new { id, @object = "model", created = 1767225600, owned_by = "minimax" }),
    })));

    // spec 3.0, byok-minimax: Bearer. That the vendor serves /responses: spec 3.5.
    private static Surface ResponsesAt(MiniMaxOpenAIRefusals refusals) =>
        new("POST", "/v1/responses", [CredentialForm.Bearer], refusals, new ModelTurn(new ResponsesWire(completedHoldsOutput: true), CodexModels));
}

/// <summary>The Anthropic side: Anthropic's envelope (spec 3.5; Kilo-Org/kilocode#4506 and #11229), MiniMax's codes in the text.</summary>
internal sealed class MiniMaxMessagesRefusals : VendorRefusals
{
    // spec 3.5.
    public override long? ContextWindow => 204_800;

    public override VendorError NoSuchPath(string method, string path) => Error(404, "not_found_error", "404 page not found");

    // 1004 and 2049: spec 3.5, codes.
    public override VendorError Unauthorized(CredentialProblem problem) => Error(401, "authentication_error", problem is CredentialProblem.Unknown
        ? "invalid api key (2049)"
        : "login fail: Please carry the API secret key in the 'X-Api-Key' field of the request header (1004)");

    // 2013, invalid params: spec 3.5. The wording after the code's is ours.
    public override VendorError NoSuchModel(string model) => Error(400, "invalid_request_error", $"invalid params, unknown model '{model}' (2013)");

    public override VendorError BadRequest(string message) => Error(400, "invalid_request_error", $"invalid params, {message} (2013)");

    public override VendorError TooLarge() => BadRequest("request body is too large");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // The codes: spec 3.5. 1008 as a 500 on this side: MiniMax-AI/MiniMax-M2#62. 529: xvirobotics/metabot#192, its wording is ours. 2013: MiniMax-AI/MiniMax-M2#119.
        FaultKind.RateLimit => Error(429, "rate_limit_error", "rate limit exceeded(RPM) (1002)") with { Headers = turn.RetryAfter() },
        FaultKind.QuotaExhausted => Error(500, "api_error", "insufficient balance (1008)"),
        FaultKind.Overloaded => Error(529, "overloaded_error", "The server cluster is currently under high load. Please retry after a short wait. (2064)") with { Headers = turn.RetryAfter() },
        FaultKind.ServerError => Error(500, "api_error", "unknown error (1000)"),
        FaultKind.ContextOverflow => BadRequest("context window exceeds limit"),

        // MiniMax-AI/MiniMax-M2.7#36.
        FaultKind.UsageLimit => Error(
            429,
            "rate_limit_error",
            $"usage limit exceeded, 5-hour usage limit reached for Token Plan Starter, resets at {turn.At.AddSeconds(turn.RetryAfterSeconds ?? 18_000).UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} (2056)"),
        _ => base.Fault(kind, turn),
    };

    private static VendorError Error(int status, string type, string message) =>
        new(status, WireJson.Write(new { type = "error", error = new { type, message }, request_id = NewRequestId("") }));
}

/// <summary>The OpenAI side: the same envelope with types and an <c>http_code</c> of its own (wavetermdev/waveterm#3238, BigPizzaV3/CodexPlusPlus#267).</summary>
internal sealed class MiniMaxOpenAIRefusals : VendorRefusals
{
    // spec 3.5.
    public override long? ContextWindow => 204_800;

    public override VendorError NoSuchPath(string method, string path) => Error(404, "not_found_error", "404 page not found");

    public override VendorError Unauthorized(CredentialProblem problem) => Error(401, "authorized_error", problem is CredentialProblem.Unknown
        ? "invalid api key (2049)"
        : "login fail: Please carry the API secret key in the 'Authorization' field of the request header (1004)");

    public override VendorError NoSuchModel(string model) => BadRequest($"unknown model '{model}'");

    public override VendorError BadRequest(string message) => Error(400, "bad_request_error", $"invalid params, {message} (2013)");

    public override VendorError TooLarge() => BadRequest("request body is too large");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // The codes: spec 3.5. 1008 as a 429 on this side: modelscope/modelscope#1691. 529: as on the other side. 2013: MiniMax-AI/MiniMax-M2#119.
        FaultKind.RateLimit => Error(429, "rate_limit_error", "rate limit exceeded(RPM) (1002)") with { Headers = turn.RetryAfter() },
        FaultKind.QuotaExhausted => Error(429, "insufficient_balance_error", "insufficient balance (1008)"),
        FaultKind.Overloaded => Error(529, "overloaded_error", "The server cluster is currently under high load. Please retry after a short wait. (2064)") with { Headers = turn.RetryAfter() },
        FaultKind.ServerError => Error(500, "api_error", "unknown error (1000)"),
        FaultKind.ContextOverflow => BadRequest("context window exceeds limit"),

        // MiniMax-AI/MiniMax-M2.7#36.
        FaultKind.UsageLimit => Error(
            429,
            "rate_limit_error",
            $"usage limit exceeded, 5-hour usage limit reached for Token Plan Starter, resets at {turn.At.AddSeconds(turn.RetryAfterSeconds ?? 18_000).UtcDateTime:yyyy-MM-ddTHH:mm:ssZ} (2056)"),
        _ => base.Fault(kind, turn),
    };

    private static VendorError Error(int status, string type, string message) => new(
        status,
        WireJson.Write(new
        {
            type = "error",
            error = new { type, message, http_code = status.ToString(System.Globalization.CultureInfo.InvariantCulture) },
            request_id = NewRequestId(""),
        }));
}

/// <summary>
/// Chat completions: a key is refused as on the rest of the OpenAI side (nearai/ironclaw#1742), a request by MiniMax's own
/// <c>base_resp</c> under HTTP 200, with nothing in <c>choices</c> (spec 3.5).
/// </summary>
internal sealed class MiniMaxChatRefusals : VendorRefusals
{
    // spec 3.5.
    public override long? ContextWindow => 204_800;

    private readonly MiniMaxOpenAIRefusals _statuses = new();

    public override VendorError NoSuchPath(string method, string path) => _statuses.NoSuchPath(method, path);

    public override VendorError Unauthorized(CredentialProblem problem) => _statuses.Unauthorized(problem);

    // 2013: spec 3.5, codes; the wording after the code's is ours.
    public override VendorError NoSuchModel(string model) => BadRequest($"unknown model '{model}'");

    public override VendorError BadRequest(string message) => Under200(2013, $"invalid params, {message}");

    public override VendorError TooLarge() => BadRequest("request body is too large");

    // What a client may try again comes with a status, what it may not under 200: both ways are met on this side (spec 3.5, codes).
    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        FaultKind.QuotaExhausted => Under200(1008, "insufficient balance"),
        FaultKind.ContextOverflow => BadRequest("context window exceeds limit"),
        FaultKind.UsageLimit => Under200(2056, $"usage limit exceeded, resets at {turn.At.AddSeconds(turn.RetryAfterSeconds ?? 18_000).UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}"),
        _ => _statuses.Fault(kind, turn),
    };

    /// <param name="code">One of spec 3.5's codes.</param>
    public static VendorError Under200(int code, string message) => new(
        200, WireJson.Write(new { id = NewRequestId(""), choices = (object?)null, usage = new { total_tokens = 0 }, base_resp = new { status_code = code, status_msg = message } }));
}

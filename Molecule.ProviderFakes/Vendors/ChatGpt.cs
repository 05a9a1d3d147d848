using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>The ChatGPT backend that codex uses under a subscription (spec 3.3).</summary>
internal static class ChatGpt
{
    public static VendorFake Backend(string id, string basePath)
    {
        var refusals = new ChatGptRefusals();
        return new VendorFake(id, basePath, "https://chatgpt.com", refusals,
        [
            // spec 3.3: Bearer and ChatGPT-Account-Id; stream:true and store:false only.
            new Surface("POST", "/backend-api/codex/responses", [CredentialForm.BearerAccountId], refusals, new ModelTurn(
                new ResponsesWire(completedHoldsOutput: false),
                OpenAI.Models,
                (_, request) => request.Flag("stream") ? null : refusals.BadRequest("Stream must be set to true"),
                (_, request) => request.Flag("store") ? refusals.BadRequest("Store must be set to false") : null)),

            // The calls that codex makes beside a turn, and answers that it takes: spec/driving-the-runtimes.md 2, ChatGPT subscription.
            new Surface("GET", "/backend-api/codex/models", [CredentialForm.BearerAccountId], refusals, new FixedAnswer(200, """{"models":[]}""")),
            new Surface("GET", "/backend-api/wham/accounts/check", [CredentialForm.BearerAccountId], refusals, new FixedAnswer(200, """{"accounts":[]}""")),
            new Surface("GET", "/backend-api/wham/settings/user", [CredentialForm.BearerAccountId], refusals, new FixedAnswer(404, """{"detail":"Not Found"}""")),

            // Stands at https://auth.openai.com in truth; a client is sent here by CODEX_REFRESH_TOKEN_URL_OVERRIDE (spec 2.2).
            new Surface("POST", "/oauth/token", [], refusals, new TokenRefresh()),
        ]);
    }
}

/// <summary>The ChatGPT backend's error shapes: <c>detail</c>, and the OpenAI envelope for tokens.</summary>
internal sealed class ChatGptRefusals : VendorRefusals
{
    public override long? ContextWindow => OpenAIRefusals.Window;

    public override VendorError NoSuchPath(string method, string path) => Detail(404, "Not Found");

    // "Your authentication token has been invalidated": RayBytes/ChatMock#112; the code: mnfst/llm-gateway#2012.
    // token_expired: rawandahmad698/PyChatGPT#85.
    public override VendorError Unauthorized(CredentialProblem problem) => problem switch
    {
        CredentialProblem.Unknown => Token("Your authentication token has been invalidated. Please try signing in again.", "token_invalidated"),
        CredentialProblem.Expired => Token("Your authentication token has expired. Please try signing in again.", "token_expired"),
        _ => Detail(401, "Unauthorized"),
    };

    // openai/codex#6603.
    public override VendorError NoSuchModel(string model) => Detail(400, $"The '{model}' model is not supported when using Codex with a ChatGPT account.");

    public override VendorError BadRequest(string message) => Detail(400, message);

    public override VendorError TooLarge() => Detail(413, "Request Entity Too Large");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // In the stream; the client reads the wait from "try again in Ns" (spec 2.2, response.failed).
        FaultKind.RateLimit => new StreamFailure("rate_limit_exceeded", OpenAIRefusals.RateLimited(turn)),
        FaultKind.Overloaded => OpenAIRefusals.Overloaded(turn),
        FaultKind.ServerError => Detail(500, "Internal Server Error"),

        // In the stream, under HTTP 200 (spec 3.3, codex2api#310).
        FaultKind.ContextOverflow => new StreamFailure("context_length_exceeded", OpenAIRefusals.Overflow),

        // Body and headers: spec 3.3, earendil-works/pi#4172.
        FaultKind.UsageLimit => UsageLimit(turn.RetryAfterSeconds ?? 3600, turn.At.ToUnixTimeSeconds()),
        _ => base.Fault(kind, turn),
    };

    private static VendorError Token(string message, string code) =>
        new(401, WireJson.Write(new { error = new { message, type = "invalid_request_error", code, param = (string?)null }, status = 401 }));

    private static VendorError UsageLimit(int seconds, long now) => new(429, WireJson.Write(new
    {
        error = new { type = "usage_limit_reached", message = "The usage limit has been reached", plan_type = "plus", resets_at = now + seconds, resets_in_seconds = seconds },
    }))
    {
        Headers =
        [
            ("X-Codex-Plan-Type", "plus"),
            ("X-Codex-Primary-Used-Percent", "100"),
            ("X-Codex-Primary-Window-Minutes", "300"),
            ("X-Codex-Primary-Reset-After-Seconds", $"{seconds}"),
            ("X-Codex-Primary-Reset-At", $"{now + seconds}"),
            ("X-Codex-Secondary-Used-Percent", "80"),
            ("X-Codex-Secondary-Window-Minutes", "10080"),
        ],
    };

    private static VendorError Detail(int status, string detail) => new(status, WireJson.Write(new { detail }));
}

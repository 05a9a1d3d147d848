using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Molecule.Contracts.Faults;
using Molecule.Contracts.Journal;
using Molecule.ProviderFakes.Wires;

namespace Molecule.ProviderFakes.Vendors;

/// <summary>
/// Kimi's coding gateway and Moonshot's open platform (spec 3.4;
/// https://www.kimi.com/code/docs/en/kimi-code/error-reference.html).
/// </summary>
internal static class Kimi
{
    private const string NotAnAgent = "Kimi For Coding is currently only available for Coding Agents such as Kimi CLI, Claude Code, Roo Code, Kilo Code, etc.";

    // claude-cli: measured, claude-code 2.1.330. KimiCLI, Kilo-Code: NousResearch/hermes-agent#19560. claude-code: #13782. HermesAgent: #83176.
    private static readonly ImmutableArray<string> Agents = ["claude-cli/", "claude-code/", "KimiCLI/", "Kilo-Code/", "HermesAgent/"];

    public static VendorFake Coding(string id, string basePath)
    {
        var refusals = new KimiMessagesRefusals(subscription: true);
        var chat = new KimiChatRefusals();

        // spec 0.1.
        ImmutableHashSet<string> models = ["kimi-for-coding", "kimi-k2.5", "kimi-k2"];

        // spec 3.0: x-api-key, Bearer also.
        return new VendorFake(id, basePath, "https://api.kimi.com", refusals,
        [
            new Surface("POST", "/coding/v1/messages", [CredentialForm.XApiKey, CredentialForm.Bearer], refusals,
                new ModelTurn(new MessagesWire(), models, ClientIsAnAgent(KimiMessagesRefusals.AccessTerminated), Thinks(refusals))),

            // The OpenAI side (spec 3.4; NousResearch/hermes-agent#46001): a bearer.
            new Surface("POST", "/coding/v1/chat/completions", [CredentialForm.Bearer], chat,
                new ModelTurn(new ChatWire(), models, ClientIsAnAgent(KimiChatRefusals.AccessTerminated), DoesNotForbidThinking(chat))),
            Listing("/coding/v1/models", models, chat),
        ]);
    }

    public static VendorFake Moonshot(string id, string basePath)
    {
        var refusals = new MoonshotRefusals();
        ImmutableHashSet<string> models = ["kimi-k2.6", "kimi-k2.5", "kimi-k2"];

        // spec 3.0, moonshot: /v1 and /anthropic/v1, Bearer on both.
        return new VendorFake(id, basePath, "https://api.moonshot.ai", refusals,
        [
            new Surface("POST", "/v1/chat/completions", [CredentialForm.Bearer], refusals, new ModelTurn(new ChatWire(), models)),
            new Surface("POST", "/anthropic/v1/messages", [CredentialForm.Bearer], new KimiMessagesRefusals(subscription: false), new ModelTurn(new MessagesWire(), models)),
            Listing("/v1/models", models, refusals),
        ]);
    }

    // https://platform.moonshot.ai/docs/api/list-models; kimi-cli asks the coding gateway for the same list (MoonshotAI/kimi-cli).
    private static Surface Listing(string path, ImmutableHashSet<string> models, VendorRefusals refusals) => new("GET", path, [CredentialForm.Bearer], refusals, new FixedAnswer(200, WireJson.Write(new
    {
        @object = "list",
        data = models.Order(StringComparer.Ordinal).Select(static id => new { id, @object = "model", created = 1767225600, owned_by = "moonshot" }),
    })));

    // Decided by User-Agent or X-Msh-Platform (spec 3.4, MoonshotAI/kimi-code#636).
    private static TurnCheck ClientIsAnAgent(Func<string, VendorError> refusal) => (IHeaderDictionary headers, JsonElement _) =>
        Agents.Any(agent => headers.UserAgent.ToString().StartsWith(agent, StringComparison.Ordinal)) || headers.ContainsKey("X-Msh-Platform")
            ? null
            : refusal(NotAnAgent);

    // On the OpenAI side a model thinks unless it is told not to (spec 3.4, thinking_policy); what is refused is the saying so. The wording: MoonshotAI/kimi-code#797.
    private static TurnCheck DoesNotForbidThinking(VendorRefusals refusals) => (IHeaderDictionary _, JsonElement request) =>
        request.Member("thinking") is null || request.Member("thinking")?.Text("type") is "enabled"
            ? null
            : refusals.BadRequest("invalid thinking: only type=enabled is allowed for this model");

    // "only type=enabled is allowed" is said of a request that does not think (MoonshotAI/kimi-code#797). The adaptive form, which claude-code
    // 2.1.330 sends (measured), has been taken since July 2026 (NousResearch/hermes-agent#67231, anomalyco/opencode#37696).
    private static TurnCheck Thinks(KimiMessagesRefusals refusals) => (IHeaderDictionary _, JsonElement request) =>
        request.Member("thinking") is { } thinking && thinking.Text("type") is "enabled" or "adaptive"
            ? null
            : refusals.BadRequest("invalid thinking: only type=enabled is allowed for this model");
}

/// <summary>The Messages side of Kimi: Anthropic's envelope, without a request id (AutoForgeAI/autoforge#188).</summary>
/// <param name="subscription">Whether a plan with windows of use is behind it (Kimi Code) or a balance (Moonshot).</param>
internal sealed class KimiMessagesRefusals(bool subscription) : VendorRefusals
{
    public override long? ContextWindow => MoonshotRefusals.Window;

    public override VendorError NoSuchPath(string method, string path) => Error(404, "resource_not_found_error", "The requested resource was not found");

    public override VendorError Unauthorized(CredentialProblem problem) =>
        Error(401, "authentication_error", "The API Key appears to be invalid or may have expired. Please verify your credentials and try again.");

    // langgenius/dify-official-plugins#3578.
    public override VendorError NoSuchModel(string model) => Error(404, "resource_not_found_error", $"Not found the model {model} or Permission denied");

    public override VendorError BadRequest(string message) => Error(400, "invalid_request_error", message);

    // spec 3.4: 2 MiB.
    public override VendorError TooLarge() => Error(400, "invalid_request_error", "total message size exceeds limit 2097152");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // spec 3.4, table; the texts: MoonshotRefusals.
        FaultKind.RateLimit => Error(429, "rate_limit_reached_error", MoonshotRefusals.TooMany) with { Headers = turn.RetryAfter() },
        FaultKind.Overloaded => Error(429, "engine_overloaded_error", MoonshotRefusals.Overloaded) with { Headers = turn.RetryAfter() },
        FaultKind.QuotaExhausted when !subscription => Error(429, "exceeded_current_quota_error", MoonshotRefusals.Suspended),
        FaultKind.ServerError => Error(500, "api_error", "Internal server error"),
        FaultKind.ContextOverflow => Error(400, "invalid_request_error", MoonshotRefusals.Overflow(turn)),

        FaultKind.UsageLimit when subscription => AccessTerminated(MoonshotRefusals.WindowUsed),
        _ => base.Fault(kind, turn),
    };

    // MoonshotAI/kimi-code#413.
    public static VendorError AccessTerminated(string message) => Error(403, "access_terminated_error", message);

    private static VendorError Error(int status, string type, string message) => new(status, WireJson.Write(new { error = new { type, message }, type = "error" }));
}

/// <summary>The chat side of Moonshot: <c>error</c> with message and type (MoonshotAI/kimi-cli#1667).</summary>
internal sealed class MoonshotRefusals : VendorRefusals
{
    public override VendorError NoSuchPath(string method, string path) => Error(404, "resource_not_found_error", "The requested resource was not found");

    public override VendorError Unauthorized(CredentialProblem problem) => Error(401, "invalid_authentication_error", "Invalid Authentication");

    public override VendorError NoSuchModel(string model) => Error(404, "resource_not_found_error", $"Not found the model {model} or Permission denied");

    public override VendorError BadRequest(string message) => Error(400, "invalid_request_error", message);

    public override VendorError TooLarge() => Error(400, "invalid_request_error", "total message size exceeds limit 2097152");

    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        // spec 3.4, table, for status and type of each.
        FaultKind.RateLimit => Error(429, "rate_limit_reached_error", TooMany) with { Headers = turn.RetryAfter() },
        FaultKind.QuotaExhausted => Error(429, "exceeded_current_quota_error", Suspended),
        FaultKind.Overloaded => Error(429, "engine_overloaded_error", Overloaded) with { Headers = turn.RetryAfter() },
        FaultKind.ServerError => Error(500, "server_error", "Internal server error"),
        FaultKind.ContextOverflow => Error(400, "invalid_request_error", Overflow(turn)),
        _ => base.Fault(kind, turn),
    };

    /// <summary>MoonshotAI/kimi-cli#901.</summary>
    public const string TooMany = "We're receiving too many requests at the moment. Please wait a moment and try again.";

    /// <summary>MoonshotAI/kimi-cli#2209.</summary>
    public const string Overloaded = "The engine is currently overloaded, please try again later";

    /// <summary>openclaw/openclaw#142656, MoonshotAI/kimi-code#3014.</summary>
    public const string WindowUsed = "You've reached your usage limit for this billing cycle. Your quota will be refreshed in the next cycle.";

    /// <summary>MoonshotAI/kimi-code#1857.</summary>
    public const string Suspended = "Your account is suspended due to insufficient balance, please recharge your account or check your plan and billing details";

    /// <summary>spec 3.4: 256K.</summary>
    public const int Window = 262_144;

    public override long? ContextWindow => Window;

    /// <summary>spec 3.4, overflow.</summary>
    public static string Overflow(FaultedTurn turn)
    {
        var (tokens, window) = turn.Overflow(Window);
        return $"Invalid request: Your request exceeded model token limit: {window} (requested: {tokens})";
    }

    private static VendorError Error(int status, string type, string message) => new(status, WireJson.Write(new { error = new { message, type } }));
}

/// <summary>The OpenAI side of Kimi's coding gateway: <c>error</c> with message and type (NousResearch/hermes-agent#6947), the gateway's own texts (spec 3.4).</summary>
internal sealed class KimiChatRefusals : VendorRefusals
{
    public override long? ContextWindow => MoonshotRefusals.Window;

    public override VendorError NoSuchPath(string method, string path) => Error(404, "resource_not_found_error", "The requested resource was not found");

    public override VendorError Unauthorized(CredentialProblem problem) =>
        Error(401, "invalid_authentication_error", "The API Key appears to be invalid or may have expired. Please verify your credentials and try again.");

    public override VendorError NoSuchModel(string model) => Error(404, "resource_not_found_error", $"Not found the model {model} or Permission denied");

    public override VendorError BadRequest(string message) => Error(400, "invalid_request_error", message);

    // spec 3.4: 2 MiB.
    public override VendorError TooLarge() => Error(400, "invalid_request_error", "total message size exceeds limit 2097152");

    // As on the Messages side, whose sources these are: spec 3.4, table.
    public override FaultAnswer? Fault(FaultKind kind, FaultedTurn turn) => kind switch
    {
        FaultKind.RateLimit => Error(429, "rate_limit_reached_error", MoonshotRefusals.TooMany) with { Headers = turn.RetryAfter() },
        FaultKind.Overloaded => Error(429, "engine_overloaded_error", MoonshotRefusals.Overloaded) with { Headers = turn.RetryAfter() },
        FaultKind.ServerError => Error(500, "server_error", "Internal server error"),
        FaultKind.ContextOverflow => Error(400, "invalid_request_error", MoonshotRefusals.Overflow(turn)),
        FaultKind.UsageLimit => AccessTerminated(MoonshotRefusals.WindowUsed),
        _ => base.Fault(kind, turn),
    };

    public static VendorError AccessTerminated(string message) => Error(403, "access_terminated_error", message);

    private static VendorError Error(int status, string type, string message) => new(status, WireJson.Write(new { error = new { message, type } }));
}

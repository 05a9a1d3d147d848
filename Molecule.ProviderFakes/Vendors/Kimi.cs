using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
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

    public static VendorFake Coding(string id, string basePath)
    {
        var refusals = new KimiMessagesRefusals();

        // spec 0.1.
        ImmutableHashSet<string> models = ["kimi-for-coding", "kimi-k2.5", "kimi-k2"];

        // spec 3.0: x-api-key, Bearer also.
        return new VendorFake(id, basePath, "https://api.kimi.com", refusals,
        [
            new Surface("POST", "/coding/v1/messages", [CredentialForm.XApiKey, CredentialForm.Bearer], refusals,
                new ModelTurn(new MessagesWire(), models, ClientIsAnAgent, Thinks(refusals))),
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
            new Surface("POST", "/anthropic/v1/messages", [CredentialForm.Bearer], new KimiMessagesRefusals(), new ModelTurn(new MessagesWire(), models)),
        ]);
    }

    // Decided by User-Agent or X-Msh-Platform (spec 3.4, MoonshotAI/kimi-code#636). Of the agents' user-agents only claude-code's is measured.
    private static VendorError? ClientIsAnAgent(IHeaderDictionary headers, JsonElement request) =>
        headers.UserAgent.ToString().StartsWith("claude-cli/", StringComparison.Ordinal) || headers.ContainsKey("X-Msh-Platform")
            ? null
            : KimiMessagesRefusals.AccessTerminated(NotAnAgent);

    // "only type=enabled is allowed" is said of a request that does not think (MoonshotAI/kimi-code#797). The adaptive form, which claude-code
    // 2.1.330 sends (measured), has been taken since July 2026 (NousResearch/hermes-agent#67231, anomalyco/opencode#37696).
    private static TurnCheck Thinks(KimiMessagesRefusals refusals) => (IHeaderDictionary _, JsonElement request) =>
        request.Member("thinking") is { } thinking && thinking.Text("type") is "enabled" or "adaptive"
            ? null
            : refusals.BadRequest("invalid thinking: only type=enabled is allowed for this model");
}

/// <summary>The Messages side of Kimi: Anthropic's envelope, without a request id (AutoForgeAI/autoforge#188).</summary>
internal sealed class KimiMessagesRefusals : VendorRefusals
{
    public override VendorError NoSuchPath(string method, string path) => Error(404, "resource_not_found_error", "The requested resource was not found");

    public override VendorError Unauthorized(CredentialProblem problem) =>
        Error(401, "authentication_error", "The API Key appears to be invalid or may have expired. Please verify your credentials and try again.");

    // langgenius/dify-official-plugins#3578.
    public override VendorError NoSuchModel(string model) => Error(404, "resource_not_found_error", $"Not found the model {model} or Permission denied");

    public override VendorError BadRequest(string message) => Error(400, "invalid_request_error", message);

    // spec 3.4: 2 MiB.
    public override VendorError TooLarge() => Error(400, "invalid_request_error", "total message size exceeds limit 2097152");

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

    private static VendorError Error(int status, string type, string message) => new(status, WireJson.Write(new { error = new { message, type } }));
}

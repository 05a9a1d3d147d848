using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Molecule.Contracts.Journal;

namespace Molecule.Harness.Drift;

/// <summary>One call whose answer is read strictly, at a fake and at its vendor.</summary>
/// <param name="Name">Its name in the report.</param>
/// <param name="Arm">The fake, and the arm whose live key pays.</param>
/// <param name="Path">The path at the vendor's origin.</param>
/// <param name="BelowBase">The path below the arm's live base URL.</param>
/// <param name="Auth">The form of the credential.</param>
/// <param name="Body">What is sent; null for a GET.</param>
/// <param name="Model">What reads each document of the answer.</param>
/// <param name="Status">The status that must come.</param>
public sealed record AnswerProbe(string Name, string Arm, string Path, string BelowBase, CredentialForm Auth, JsonObject? Body, IVendorModel Model, int Status = 200);

/// <summary>The probes: each wire that a vendor's official SDK has models of, whole and streamed, its refusals and its lists.</summary>
public static class AnswerProbes
{
    private const string Hello = "Reply with the one word: hello";
    private const int FewTokens = 64;

    // The cheapest of each vendor's, with a row in prices.yaml.
    private const string Claude = "claude-haiku-4-5";
    private const string Gpt = "gpt-5.4-mini";

    /// <summary>All of them.</summary>
    public static ImmutableArray<AnswerProbe> All { get; } =
    [
        Messages("message", Ask(isStreamed: false), VendorModels.Message),
        Messages("message stream", Ask(isStreamed: true), VendorModels.MessageEvent),
        Messages("message refused", new JsonObject { ["model"] = "no-such-model", ["max_tokens"] = 1, ["messages"] = Words() }, VendorModels.MessageError, status: 404),
        Messages("count_tokens", new JsonObject { ["model"] = Claude, ["messages"] = Words() }, VendorModels.MessageTokens, "/v1/messages/count_tokens"),
        Messages("messages models", null, VendorModels.MessageModels, "/v1/models"),
        OpenAI("response", Respond(isStreamed: false), VendorModels.Response, "/responses"),
        OpenAI("response stream", Respond(isStreamed: true), VendorModels.ResponseEvent, "/responses"),
        OpenAI("completion", Complete(isStreamed: false), VendorModels.Completion, "/chat/completions"),
        OpenAI("completion stream", Complete(isStreamed: true), VendorModels.CompletionChunk, "/chat/completions"),
        OpenAI("openai models", null, VendorModels.OpenAIModels, "/models"),
    ];

    /// <summary>What no official SDK that can be had here has a model of: unchecked, by name.</summary>
    public static ImmutableArray<string> Unchecked { get; } =
    [
        "gemini generateContent and vertex: no official Google SDK with models that can be read strictly is served as a NuGet package, and @google/genai has types of TypeScript alone",
        "refusals of OpenAI's wires: the official SDK has no model of the error document",
    ];

    private static AnswerProbe Messages(string name, JsonObject? body, IVendorModel model, string path = "/v1/messages", int status = 200) =>
        new(name, "anthropic-api", path, path, CredentialForm.XApiKey, body, model, status);

    private static AnswerProbe OpenAI(string name, JsonObject? body, IVendorModel model, string path) =>
        new(name, "openai-api", $"/v1{path}", path, CredentialForm.Bearer, body, model);

    // With its type, which the vendor lets one leave out and the SDK does not.
    private static JsonObject Item() => new() { ["type"] = "message", ["role"] = "user", ["content"] = new JsonArray(new JsonObject { ["type"] = "input_text", ["text"] = Hello }) };

    private static JsonArray Words() => [new JsonObject { ["role"] = "user", ["content"] = Hello }];

    private static JsonObject Ask(bool isStreamed) => new() { ["model"] = Claude, ["max_tokens"] = FewTokens, ["stream"] = isStreamed, ["messages"] = Words() };

    private static JsonObject Respond(bool isStreamed) => new() { ["model"] = Gpt, ["max_output_tokens"] = FewTokens, ["store"] = false, ["stream"] = isStreamed, ["input"] = new JsonArray(Item()) };

    private static JsonObject Complete(bool isStreamed) => new() { ["model"] = Gpt, ["max_completion_tokens"] = FewTokens, ["stream"] = isStreamed, ["messages"] = Words() };
}

using System.Collections.Immutable;
using Molecule.Contracts.Journal;
using Molecule.E2E.Tests.Routes;
using Molecule.Harness.Controls;

namespace Molecule.E2E.Tests.Routing;

/// <summary>A spelling of a model and the route that it stands for, worked out by hand from spec/runtimes-and-providers.md 0.1, 2.3, 2.4 and 3.0.</summary>
/// <param name="Route">The route; its model is the spelling.</param>
/// <param name="Besides">The arm whose key lies in the same workspace: the payer of another spelling where there is one.</param>
internal sealed record Spelling(ExpectedRoute Route, string Besides)
{
    /// <summary>A runtime's spellings: those that are refused, and those that are served.</summary>
    public static (ImmutableArray<string> Refused, ImmutableArray<Spelling> Served) Of(string runtime) => runtime switch
    {
        "claude-code" => (
            ["minimax:MiniMax-M2.7"],
            [
                new(
                    new("claude-code", "minimax", "MiniMax-M2.7", new ArmRoute("minimax", "/anthropic/v1/messages", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Messages), null),
                    "anthropic-api"),
                new(
                    new(
                        "claude-code", "platform", "minimax/MiniMax-M2.7",
                        new ArmRoute("platform", "/api/v1/internal/llm/anthropic/v1/messages", CredentialForm.XApiKey, "minimax/MiniMax-M2.7", ArmWire.Messages),
                        new ArmRoute("upstream-minimax", "/anthropic/v1/messages", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Messages)),
                    "minimax"),
            ]),

        "codex" => (
            ["MiniMax-M2.7", "openai:gpt-5.4"],
            [
                new(
                    new("codex", "byok-minimax", "minimax:MiniMax-M2.7", new ArmRoute("byok-minimax", "/v1/responses", CredentialForm.Bearer, "codex-MiniMax-M2.7", ArmWire.Responses), null),
                    "openai-api"),
                new(new("codex", "openai-api", "gpt-5.4", new ArmRoute("openai-api", "/v1/responses", CredentialForm.Bearer, "gpt-5.4", ArmWire.Responses), null), "byok-minimax"),
                new(
                    new(
                        "codex", "platform", "openai/gpt-5.4",
                        new ArmRoute("platform", "/api/v1/internal/llm/openai/v1/responses", CredentialForm.Bearer, "openai/gpt-5.4", ArmWire.Responses),
                        new ArmRoute("upstream-openai", "/v1/responses", CredentialForm.Bearer, "gpt-5.4", ArmWire.Responses)),
                    "openai-api"),
            ]),

        // An unprefixed model would fall to the program's compiled default, another vendor (2.3): it must not come that far.
        "hermes" => (
            ["MiniMax-M2.7", "gpt-4o", "claude-opus-4-7"],
            [
                new(
                    new("hermes", "byok-minimax", "minimax:MiniMax-M2.7", new ArmRoute("byok-minimax", "/v1/chat/completions", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Chat), null),
                    "byok-openai"),
                new(PlatformMiniMax("hermes"), "byok-minimax"),
            ]),

        // The colon form is the serving cell of byok-minimax: a boot of openclaw is dear (design.md 4), so only the slash form is booted here.
        "openclaw" => (
            ["MiniMax-M2.7"],
            [
                new(PlatformMiniMax("openclaw", "POST /api/v1/internal/llm/openai/v1/chat/completions", "POST /v1/chat/completions"), "byok-minimax"),
            ]),

        "google-adk" => (
            ["google/gemini-2.5-flash", "vertex/gemini-2.5-pro"],
            [
                new(
                    new(
                        "google-adk", "google", "gemini-2.5-flash",
                        new ArmRoute("google", "/v1beta/models/gemini-2.5-flash:streamGenerateContent", CredentialForm.XGoogApiKey, "gemini-2.5-flash", ArmWire.GenerateContent), null),
                    "google"),
                new(
                    new(
                        "google-adk", "platform", "platform:gemini-2.5-flash",
                        new ArmRoute("platform", "/api/v1/internal/llm/openai/v1/chat/completions", CredentialForm.Bearer, "gemini-2.5-flash", ArmWire.Chat),
                        new ArmRoute("upstream-google", "/v1beta/openai/chat/completions", CredentialForm.Bearer, "gemini-2.5-flash", ArmWire.Chat)),
                    "google"),
                new(
                    new(
                        "google-adk", "vertex", "vertex:gemini-2.5-pro",
                        new ArmRoute("vertex", "/api/v1/internal/llm/openai/v1/chat/completions", CredentialForm.Bearer, "gemini-2.5-pro", ArmWire.Chat),
                        new ArmRoute(
                            "upstream-vertex", "/v1beta1/projects/molecule-e2e/locations/us-central1/endpoints/openapi/chat/completions", CredentialForm.Bearer, "google/gemini-2.5-pro", ArmWire.Chat)),
                    "google"),
            ]),

        _ => throw new ArgumentOutOfRangeException(nameof(runtime), runtime, "nobody has said yet how its models may be spelled"),
    };

    private static ExpectedRoute PlatformMiniMax(string runtime, params string[] background) => new(
        runtime, "platform", "minimax/MiniMax-M2.7",
        new ArmRoute("platform", "/api/v1/internal/llm/openai/v1/chat/completions", CredentialForm.Bearer, "minimax/MiniMax-M2.7", ArmWire.Chat),
        new ArmRoute("upstream-minimax", "/v1/chat/completions", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Chat),
        background);
}

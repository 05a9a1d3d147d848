using Molecule.Contracts.Evidence;
using Molecule.Contracts.Journal;
using Molecule.Harness.Controls;
using Molecule.Harness.Lanes;

namespace Molecule.E2E.Tests.Routes;

/// <summary>The route that a serving turn has to take, worked out by hand from the facts; never from the registry, never from the fakes.</summary>
/// <param name="Runtime">The runtime.</param>
/// <param name="Arm">The arm.</param>
/// <param name="Model">The model id that the workspace is created with: the arm's first on that runtime (spec/runtimes-and-providers.md 4.5).</param>
/// <param name="Agent">What the agent itself calls: the arm's endpoint, or the control plane's LLM proxy (<c>platform</c>).</param>
/// <param name="Upstream">What the control plane calls on its behalf; null where the agent calls the arm itself.</param>
/// <param name="Background">Calls beside the turn that this client is known to make at that endpoint, as <c>METHOD path</c>.</param>
public sealed record ExpectedRoute(string Runtime, string Arm, string Model, ArmRoute Agent, ArmRoute? Upstream, params string[] Background)
{
    public LaneKey Lane => new(Runtime, Arm);

    /// <summary>The endpoint whose fake is put to its negative controls.</summary>
    public ArmRoute Control => Upstream ?? Agent;

    public Hop AgentHop => Upstream is null ? Hop.Direct : Hop.Proxy;

    /// <summary>The 23 legal cells. Sources: spec/runtimes-and-providers.md 0.2, 2.1 to 2.5, 3.0 and 3.6; spec/driving-the-runtimes.md 1 to 4.</summary>
    public static IReadOnlyList<ExpectedRoute> All { get; } =
    [
        new("claude-code", "anthropic-api", "claude-sonnet-4-6",
            new ArmRoute("anthropic-api", "/v1/messages", CredentialForm.XApiKey, "claude-sonnet-4-6", ArmWire.Messages), null),

        // The CLI resolves the alias itself; measured with 2.1.330.
        new("claude-code", "anthropic-oauth", "sonnet",
            new ArmRoute("anthropic-oauth", "/v1/messages", CredentialForm.BearerOauthBeta, "claude-sonnet-5-5", ArmWire.Messages), null),

        new("claude-code", "kimi-coding", "kimi-for-coding",
            new ArmRoute("kimi-coding", "/coding/v1/messages", CredentialForm.XApiKey, "kimi-for-coding", ArmWire.Messages), null),

        new("claude-code", "minimax", "MiniMax-M2",
            new ArmRoute("minimax", "/anthropic/v1/messages", CredentialForm.Bearer, "MiniMax-M2", ArmWire.Messages), null),

        new("claude-code", "platform", "anthropic/claude-opus-4-7",
            new ArmRoute("platform", "/api/v1/internal/llm/anthropic/v1/messages", CredentialForm.XApiKey, "anthropic/claude-opus-4-7", ArmWire.Messages),
            new ArmRoute("upstream-anthropic", "/v1/messages", CredentialForm.XApiKey, "claude-opus-4-7", ArmWire.Messages)),

        new("codex", "openai-api", "gpt-5.5",
            new ArmRoute("openai-api", "/v1/responses", CredentialForm.Bearer, "gpt-5.5", ArmWire.Responses), null),

        new("codex", "openai-subscription", "gpt-5.5",
            new ArmRoute("openai-subscription", "/backend-api/codex/responses", CredentialForm.BearerAccountId, "gpt-5.5", ArmWire.Responses), null,
            "GET /backend-api/codex/models", "GET /backend-api/wham/accounts/check", "GET /backend-api/wham/settings/user",

            // After a 401 codex refreshes its token (spec 2.2).
            "POST /oauth/token"),

        new("codex", "platform", "openai/gpt-5.4",
            new ArmRoute("platform", "/api/v1/internal/llm/openai/v1/responses", CredentialForm.Bearer, "openai/gpt-5.4", ArmWire.Responses),
            new ArmRoute("upstream-openai", "/v1/responses", CredentialForm.Bearer, "gpt-5.4", ArmWire.Responses)),

        new("codex", "byok-minimax", "codex-minimax-m2.7",
            new ArmRoute("byok-minimax", "/v1/responses", CredentialForm.Bearer, "codex-MiniMax-M2.7", ArmWire.Responses), null),

        // hermes says what it is bound to (spec 2.3): Kimi's coding gateway and Anthropic on Messages, all others on chat completions.
        new("hermes", "kimi-coding", "kimi-coding/kimi-k2",
            new ArmRoute("kimi-coding", "/coding/v1/messages", CredentialForm.XApiKey, "kimi-k2", ArmWire.Messages), null),

        new("hermes", "platform", "minimax/MiniMax-M2.7",
            new ArmRoute("platform", "/api/v1/internal/llm/openai/v1/chat/completions", CredentialForm.Bearer, "minimax/MiniMax-M2.7", ArmWire.Chat),
            new ArmRoute("upstream-minimax", "/v1/chat/completions", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Chat)),

        new("hermes", "byok-anthropic", "anthropic/claude-opus-4-7",
            new ArmRoute("byok-anthropic", "/v1/messages", CredentialForm.XApiKey, "claude-opus-4-7", ArmWire.Messages), null),

        new("hermes", "byok-openai", "openai/gpt-4o",
            new ArmRoute("byok-openai", "/v1/chat/completions", CredentialForm.Bearer, "gpt-4o", ArmWire.Chat), null),

        new("hermes", "byok-gemini", "gemini/gemini-2.5-pro",
            new ArmRoute("byok-gemini", "/v1beta/openai/chat/completions", CredentialForm.Bearer, "gemini-2.5-pro", ArmWire.Chat), null),

        new("hermes", "byok-minimax", "minimax:MiniMax-M2.7",
            new ArmRoute("byok-minimax", "/v1/chat/completions", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Chat), null),

        // openclaw's boot probe (spec 2.4) goes where its turns go.
        new("openclaw", "kimi-coding", "moonshot:kimi-k2.6",
            new ArmRoute("kimi-coding-moonshot", "/v1/chat/completions", CredentialForm.Bearer, "kimi-k2.6", ArmWire.Chat), null,
            "POST /v1/chat/completions"),

        new("openclaw", "groq", "groq:llama-3.3-70b-versatile",
            new ArmRoute("groq", "/openai/v1/chat/completions", CredentialForm.Bearer, "llama-3.3-70b-versatile", ArmWire.Chat), null,
            "POST /openai/v1/chat/completions"),

        new("openclaw", "platform", "minimax/MiniMax-M2.7",
            new ArmRoute("platform", "/api/v1/internal/llm/openai/v1/chat/completions", CredentialForm.Bearer, "minimax/MiniMax-M2.7", ArmWire.Chat),
            new ArmRoute("upstream-minimax", "/v1/chat/completions", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Chat),
            "POST /api/v1/internal/llm/openai/v1/chat/completions", "POST /v1/chat/completions"),

        new("openclaw", "byok-openai", "openai:gpt-4o",
            new ArmRoute("byok-openai", "/v1/chat/completions", CredentialForm.Bearer, "gpt-4o", ArmWire.Chat), null,
            "POST /v1/chat/completions"),

        new("openclaw", "byok-minimax", "minimax:MiniMax-M2.7",
            new ArmRoute("byok-minimax", "/v1/chat/completions", CredentialForm.Bearer, "MiniMax-M2.7", ArmWire.Chat), null,
            "POST /v1/chat/completions"),

        new("google-adk", "google", "gemini-2.5-pro",
            new ArmRoute("google", "/v1beta/models/gemini-2.5-pro:streamGenerateContent", CredentialForm.XGoogApiKey, "gemini-2.5-pro", ArmWire.GenerateContent), null),

        // Keyless: the workspace knows the usage token alone, the control plane mints the vendor's bearer (spec 3.6).
        new("google-adk", "vertex", "vertex:gemini-2.5-pro",
            new ArmRoute("vertex", "/api/v1/internal/llm/openai/v1/chat/completions", CredentialForm.Bearer, "gemini-2.5-pro", ArmWire.Chat),
            new ArmRoute(
                "upstream-vertex", "/v1beta1/projects/molecule-e2e/locations/us-central1/endpoints/openapi/chat/completions", CredentialForm.Bearer, "google/gemini-2.5-pro", ArmWire.Chat)),

        new("google-adk", "platform", "platform:gemini-2.5-pro",
            new ArmRoute("platform", "/api/v1/internal/llm/openai/v1/chat/completions", CredentialForm.Bearer, "gemini-2.5-pro", ArmWire.Chat),
            new ArmRoute("upstream-google", "/v1beta/openai/chat/completions", CredentialForm.Bearer, "gemini-2.5-pro", ArmWire.Chat)),
    ];
}

namespace Molecule.E2E.Tests.Routes;

/// <summary>What a failed agent writes into an HTTP 200 (spec/runtimes-and-providers.md 1.7, 2.7): a reply that holds one of them is a failure, whatever else it holds.</summary>
public static class ErrorMarkers
{
    public static IReadOnlyList<string> All { get; } =
    [
        "Agent error", "Exception", "error result", "MISSING_BYOK_CREDENTIAL", "Not logged in", "Please run /login",
        "[codex error]", "[codex unreachable]", "[codex turn timed out",
        "[hermes-agent error", "[hermes-agent unreachable]", "[hermes plugin", "(hermes-agent returned no content)",
        "OpenClaw error:", "OpenClaw timed out",
        "[A2A_ERROR]", "message contained no text content", "(no response generated)", "(no response)",
    ];
}

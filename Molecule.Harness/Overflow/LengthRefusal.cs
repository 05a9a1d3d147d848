using System.Collections.Immutable;
using Molecule.Harness.Clients;

namespace Molecule.Harness.Overflow;

/// <summary>Tells by a reply that its request was refused for its length. A vendor bills no such request; any other failure may have been served in part.</summary>
public static class LengthRefusal
{
    // spec/runtimes-and-providers.md 3.1 (Anthropic, and claude-code's own), 3.2 (OpenAI and Groq by code, by the chat's and the responses' text), 3.4
    // (Kimi), 3.5 (MiniMax), 3.6 (Gemini), 2.2 (codex), 2.3 (hermes, whose compression has given up), and spec/driving-the-runtimes.md 3 (openclaw).
    private static readonly ImmutableArray<string> _phrases =
    [
        "prompt is too long",
        "context_length_exceeded", "maximum context length is", "exceeds the context window of this model", "Input tokens exceed the configured limit",
        "exceeded model token limit",
        "context window exceeds limit",
        "exceeds the maximum number of tokens allowed",
        "ran out of room in the model's context window",
        "cannot compress further",
        "prompt too large for the model",
    ];

    // Of these the tokens of a minute are counted, whatever else the text says: they come back.
    private static readonly ImmutableArray<string> _others = ["rate limit", "rate_limit", "tokens per min", "quota"];

    /// <summary>Whether a reply tells of it.</summary>
    public static bool IsToldBy(TurnReply reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var said = reply.Error ?? reply.Text ?? "";
        return Says(_phrases) && !Says(_others);

        bool Says(ImmutableArray<string> phrases) => phrases.Any(phrase => said.Contains(phrase, StringComparison.OrdinalIgnoreCase));
    }
}

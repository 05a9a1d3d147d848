using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Molecule.Workspace.Turns;

/// <summary>Tells by an error text whether a conversation has outgrown its model's context window. Pure.</summary>
/// <remarks>
/// The patterns are whole phrases of vendors and agents, not words: "token limit" alone is also what a rate limit says
/// (spec/runtimes-and-providers.md 2.1 lists the words that the product looks for, 5.2 the phrase that it missed).
/// </remarks>
public static partial class ContextOverflow
{
    private const RegexOptions How = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    // A user's line that is shorter may stand in an error text by chance.
    private const int ShortestQuote = 12;

    private static readonly ImmutableArray<Regex> Overflows =
    [
        // Anthropic, spec 3.1; claude-code's own words for it, with or without numbers (spec/driving-the-runtimes.md 1, errors).
        PromptTooLong(), InputAndMaxTokens(),

        // OpenAI: code, chat text, responses text (spec 3.2); Groq has the code and a text of its own (spec 3.7).
        // gpt-5's family names its own limit: https://github.com/cline/cline/issues/5474.
        Code(), MaximumContextLength(), InputExceedsWindow(), ReduceTheLength(), ConfiguredLimit(),

        // codex, which passes neither code nor text on (spec 2.2, spec/driving-the-runtimes.md 2, errors).
        RanOutOfRoom(),

        // Kimi and Moonshot (spec 3.4); the August incident's wording without "model" (spec 5.2). Its limit of a call's bytes is met first where a character
        // is little of a token, or where an agent keeps what was refused: https://github.com/MoonshotAI/kimi-code/issues/1862.
        TokenLimitRequested(), TotalMessageSize(),

        // MiniMax: text, and its own code of it (spec 3.5).
        WindowExceedsLimit(), MiniMaxCode(),

        // Gemini and Vertex (spec 3.6).
        InputTokenCount(),

        // hermes, when its own compression has given up: the eight days' wedge (spec 2.3, 5.2).
        CannotCompress(),

        // openclaw's words in its log (spec/driving-the-runtimes.md 3, errors).
        OpenClawTooLarge(),
    ];

    // What speaks of tokens too and passes by itself, or needs another payer: OpenAI and Groq name the limit as "tokens per min (TPM)", also
    // for one request that is larger than a minute's allowance (spec 3.2, 3.7); Gemini's metrics, Anthropic's "input tokens per minute",
    // quotas of every vendor (spec 3.1 to 3.7).
    private static readonly ImmutableArray<Regex> Others = [RateOrQuota()];

    /// <summary>Whether an error text tells of a full window.</summary>
    /// <param name="error">The error text.</param>
    /// <param name="said">What the user said in the turn: an error that quotes it proves nothing.</param>
    public static bool IsToldBy(string error, string said)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(said);
        foreach (var line in said.Split('\n', StringSplitOptions.TrimEntries).Where(static line => line.Length >= ShortestQuote))
        {
            error = error.Replace(line, "", StringComparison.Ordinal);
        }

        return Overflows.Any(pattern => pattern.IsMatch(error)) && !Others.Any(pattern => pattern.IsMatch(error));
    }

    [GeneratedRegex(@"\bprompt is too long\b", How)]
    private static partial Regex PromptTooLong();

    [GeneratedRegex(@"\binput length and `?max_tokens`? exceed context limit", How)]
    private static partial Regex InputAndMaxTokens();

    [GeneratedRegex(@"\bcontext_length_exceeded\b", How)]
    private static partial Regex Code();

    [GeneratedRegex(@"\bmaximum context length is [\d,.]+ tokens", How)]
    private static partial Regex MaximumContextLength();

    [GeneratedRegex(@"\bexceeds the context window of this model", How)]
    private static partial Regex InputExceedsWindow();

    [GeneratedRegex(@"\breduce the length of the messages or completion", How)]
    private static partial Regex ReduceTheLength();

    [GeneratedRegex(@"\binput tokens exceed the configured limit of [\d,.]+ tokens", How)]
    private static partial Regex ConfiguredLimit();

    [GeneratedRegex(@"\bran out of room in the model's context window", How)]
    private static partial Regex RanOutOfRoom();

    [GeneratedRegex(@"\btoken limit:? [\d,]+ \(?requested:? [\d,]+", How)]
    private static partial Regex TokenLimitRequested();

    [GeneratedRegex(@"\btotal message size (\d+ )?exceeds limit \d+", How)]
    private static partial Regex TotalMessageSize();

    [GeneratedRegex(@"\bcontext window exceeds limit", How)]
    private static partial Regex WindowExceedsLimit();

    [GeneratedRegex(@"\bbase_resp 1039\b|""status_code""\s*:\s*1039\b", How)]
    private static partial Regex MiniMaxCode();

    [GeneratedRegex(@"\binput token count (\([\d,]+\) )?exceeds the maximum number of tokens allowed", How)]
    private static partial Regex InputTokenCount();

    [GeneratedRegex(@"\bcontext length exceeded \([\d,. ]+tokens\)|\bcannot compress further\b", How)]
    private static partial Regex CannotCompress();

    [GeneratedRegex(@"\bcontext overflow: prompt too large for the model", How)]
    private static partial Regex OpenClawTooLarge();

    [GeneratedRegex(@"\btokens? per (min|minute|hour|day)\b|\bTPM\b|\brate[ _]limit|\bquota\b|\btoo many requests\b", How)]
    private static partial Regex RateOrQuota();
}

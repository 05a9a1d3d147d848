using System.Text.RegularExpressions;

namespace Molecule.ProviderFakes.Turns;

/// <summary>Works out what a model would answer, from the texts of its context alone.</summary>
/// <remarks>
/// Understood: two named words that shall be joined, in the order given or in reverse, by a dash, an underscore or a plus sign; those of
/// the prompt itself, or those of the message before it. Anything else gets one neutral sentence, so that background calls of an agent
/// are served without a made-up answer.
/// </remarks>
public static partial class ModelAnswer
{
    /// <summary>The answer to a prompt that is not understood.</summary>
    public const string Neutral = "I have read your message.";

    /// <summary>The answer of a model that was asked for an earlier message and has none in its context.</summary>
    public const string NothingBefore = "There is no earlier message of yours.";

    /// <param name="prompt">The last user text.</param>
    /// <param name="earlier">The texts of the context before it, oldest first.</param>
    public static string To(string prompt, IReadOnlyList<string> earlier)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(earlier);

        // The last pair counts: what an agent puts around a prompt comes before it.
        if (TwoWords().Matches(prompt) is not [.., var pair])
        {
            return Neutral;
        }

        var task = prompt[(pair.Index + pair.Length)..];
        if (Joiner(task) is not { } joiner || !JoinVerb().IsMatch(task))
        {
            return Neutral;
        }

        if (MessageBefore().IsMatch(task))
        {
            if (earlier.Select(static text => TwoWords().Matches(text).LastOrDefault()).LastOrDefault(static match => match is not null) is not { } before)
            {
                return NothingBefore;
            }

            pair = before;
        }

        var (first, second) = (pair.Groups["first"].Value, pair.Groups["second"].Value);
        return Reversal().IsMatch(task) ? second + joiner + first : first + joiner + second;
    }

    private static string? Joiner(string task) => JoinerName().Match(task).Value.ToUpperInvariant() switch
    {
        "DASH" or "HYPHEN" => "-",
        "UNDERSCORE" => "_",
        "PLUS" => "+",
        _ => null,
    };

    [GeneratedRegex(@"\btwo\s+words\b\s*:?\s*[""'`]?(?<first>[\p{L}\p{N}]+)[""'`]?\s+and\s+[""'`]?(?<second>[\p{L}\p{N}]+)[""'`]?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex TwoWords();

    [GeneratedRegex(@"\b(dash|hyphen|underscore|plus)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex JoinerName();

    [GeneratedRegex(@"\b(join|combine|connect|link)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex JoinVerb();

    [GeneratedRegex(@"\b(previous|preceding)\s+message\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex MessageBefore();

    [GeneratedRegex(@"\b(revers\w*|backwards?|swapped|second\s+one\s+first)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Reversal();
}

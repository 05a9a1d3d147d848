namespace Molecule.Harness.Lanes;

/// <summary>Two fresh words and the question that asks for them in reverse order; the answer stands nowhere in the question.</summary>
/// <param name="First">The word named first.</param>
/// <param name="Second">The word named second.</param>
public sealed record WordPair(string First, string Second)
{
    private const string Consonants = "BDFGKLMNPRSTVZ";
    private const string Vowels = "AEIOU";
    private const int Syllables = 4;

    /// <summary>Two words of eight letters such as KAVODUMI: no vocabulary holds them, every tokenizer can spell them.</summary>
    public static WordPair Fresh(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var first = Word(random);
        var second = Word(random);
        return first == second ? Fresh(random) : new WordPair(first, second);
    }

    /// <summary>The question, as a user would put it.</summary>
    public string Prompt => $"Here are two words: {First} and {Second}. Join them in reverse order with a single dash and reply with nothing else.";

    /// <summary>The answer to <see cref="Prompt"/>, and each line of that to <see cref="PromptAtLength"/>.</summary>
    public string Reversed => $"{Second}-{First}";

    /// <summary>The same question for an answer of some 800 tokens, which no vendor writes in less than a second.</summary>
    public string PromptAtLength =>
        $"Here are two words: {First} and {Second}. Join them in reverse order with a single dash, write the result one hundred times, each on a line of its own, "
        + "and reply with nothing else.";

    /// <summary>
    /// A question that only a memory of the message before it can answer: this pair merely names the turn. What it asks for stands in no
    /// message and in no answer so far.
    /// </summary>
    public string PromptForThePairBefore =>
        $"Here are two words: {First} and {Second}. Leave them alone: join the two words of my previous message, in the order in which I gave them, "
        + "with a single underscore and reply with nothing else.";

    /// <summary>The answer to the question of another pair's <see cref="PromptForThePairBefore"/> that came after this pair's <see cref="Prompt"/>.</summary>
    public string Remembered => $"{First}_{Second}";

    /// <summary>Whether a text speaks of this pair, so that a request can be claimed by its cell.</summary>
    public bool StandsIn(string? text) =>
        text is not null && text.Contains(First, StringComparison.Ordinal) && text.Contains(Second, StringComparison.Ordinal);

    private static string Word(Random random) =>
        string.Concat(Enumerable.Range(0, Syllables).Select(_ => $"{Consonants[random.Next(Consonants.Length)]}{Vowels[random.Next(Vowels.Length)]}"));
}

namespace Molecule.Harness.Lanes.Scripts;

/// <summary>Text that says nothing, to make a message long.</summary>
internal static class Minutes
{
    private const string Sentence = "The minutes of that day say little of it. ";

    /// <summary>
    /// Longer than the 300 characters that a claude-code workspace keeps of a message as a memory (spec/runtimes-and-providers.md 1.8) and tells the
    /// next conversation: words behind it are the conversation's alone.
    /// </summary>
    public static string BeyondMemory { get; } = OfCharacters(Sentence.Length * 10);

    /// <summary>About as many characters, in whole sentences.</summary>
    public static string OfCharacters(int characters) => string.Concat(Enumerable.Repeat(Sentence, characters / Sentence.Length));
}

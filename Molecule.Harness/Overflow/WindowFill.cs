using Molecule.Harness.Lanes;

namespace Molecule.Harness.Overflow;

/// <summary>How long the messages have to be that fill a model's real window and overflow it. Pure; all lengths in characters.</summary>
/// <param name="window">What the model takes, in tokens of input.</param>
public sealed class WindowFill(long window)
{
    /// <summary>A message by which it is measured how many characters are a token.</summary>
    public const int Sample = 40_000;

    /// <summary>The longest message: the control plane takes a call of 1,048,576 bytes (spec/control-plane.md 6.1), codex 1,048,576 characters of a user.</summary>
    public const int LongestMessage = 1_000_000;

    // codex, and others, make room by themselves from about 0.9 of the window that they know; claude-code asks for 32,000 tokens of answer, for which Anthropic
    // may want room as well. Not less: each message that was refused stays in the conversation, and Kimi takes no body of more than 2 MiB (spec 3.4).
    private const double Full = 0.8;

    // Counts of a vendor and of its meter may differ by a little.
    private const double Over = 1.05;

    // Of English text: what a token is at most and at least.
    private const double Dense = 2;
    private const double Sparse = 7;

    // Of the text that is sent here, by the vendors' tokenizers, with some to spare.
    private const double Expected = 5;

    /// <summary>How many turns fill the window at most, beside the measured one.</summary>
    public int MostParts => Parts(Target(Expected) * Expected);

    /// <summary>How many tokens of input the script's own messages make at most, in all its turns.</summary>
    public long MostTokens
    {
        get
        {
            var target = Target(Expected);
            var overflow = (window * Over) - target;

            // Each part carries those before it; the overflowing message is served by the healed turn, and carried by the next one.
            return (long)((target * (MostParts + 1) / 2) + (2 * overflow * 1.1) + (Sample / 3.0));
        }
    }

    /// <summary>How many characters are a token.</summary>
    /// <param name="before">Tokens of input of the turn before the measured one.</param>
    /// <param name="after">Those of a turn that has as many more as some characters are.</param>
    /// <param name="characters">How many.</param>
    /// <exception cref="LaneException">No tokenizer counts so.</exception>
    public static double Measure(long before, long after, int characters)
    {
        var measured = after > before ? characters / (double)(after - before) : 0;
        return measured is >= Dense and <= Sparse
            ? measured
            : throw new LaneException($"The runtime reported {before} tokens of input before {characters} more characters and {after} after them: nobody can tell from it how full the window is.");
    }

    /// <summary>The messages that fill it.</summary>
    /// <param name="held">Tokens of input of the last turn.</param>
    /// <param name="perToken">Characters.</param>
    public IReadOnlyList<int> Fills(long held, double perToken)
    {
        var characters = Math.Max(0, Target(perToken) - held) * perToken;
        var parts = Parts(characters);
        return [.. Enumerable.Repeat((int)(characters / parts), parts)];
    }

    /// <summary>The message that overflows it.</summary>
    /// <param name="held">Tokens of input of the last turn.</param>
    /// <param name="perToken">Characters.</param>
    public int Overflow(long held, double perToken) => (int)Math.Min(LongestMessage, Math.Max(0, (window * Over) - held) * perToken);

    /// <summary>The message that overflows it by itself; null where nobody takes one as long.</summary>
    public int? Alone(double perToken) => window * Over * perToken is <= LongestMessage and var characters ? (int)characters : null;

    // Where a message could not carry the rest, the window is filled further.
    private double Target(double perToken) => Math.Max(window * Full, (window * Over) - (LongestMessage / perToken));

    private static int Parts(double characters) => Math.Max(1, (int)Math.Ceiling(characters / LongestMessage));
}

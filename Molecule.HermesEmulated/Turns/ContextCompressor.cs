using System.Collections.Immutable;
using Molecule.HermesEmulated.Models;

namespace Molecule.HermesEmulated.Turns;

/// <summary>
/// Makes a conversation shorter: its first messages and its last are kept, one line stands for those between. hermes-agent keeps the same
/// ones (compression.protect_first_n, protect_last_n) and has a model sum up the rest; this program asks nobody. Pure.
/// </summary>
public static class ContextCompressor
{
    private const int KeptFirst = 3;
    private const int KeptLast = 20;
    private const string Mark = "[CONTEXT COMPACTION] ";

    /// <summary>The shorter conversation; null where nothing more can be taken out of it.</summary>
    public static ImmutableArray<ChatMessage>? Compress(ImmutableArray<ChatMessage> messages)
    {
        var between = messages.Length - KeptFirst - KeptLast;
        if (between < 1 || (between is 1 && messages[KeptFirst].Content.StartsWith(Mark, StringComparison.Ordinal)))
        {
            return null;
        }

        return [.. messages[..KeptFirst], ChatMessage.User($"{Mark}{between} earlier messages were taken out."), .. messages[^KeptLast..]];
    }
}

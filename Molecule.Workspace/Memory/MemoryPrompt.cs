using System.Collections.Immutable;
using Molecule.Workspace.Agents;

namespace Molecule.Workspace.Memory;

/// <summary>How memories go into a prompt and how a turn becomes one. Pure.</summary>
public static class MemoryPrompt
{
    private const int LongestSide = 300;

    /// <summary>The prompt of a session's first turn: what is remembered, then the user's words, which stay last.</summary>
    public static string With(ImmutableArray<string> memories, string text) =>
        memories.IsEmpty ? text : $"What you remember, newest first:\n{string.Join('\n', memories.Select(static m => "- " + m.ReplaceLineEndings(" ")))}\n\n{text}";

    /// <summary>What claude-code's runtime keeps of every turn (spec 1.8).</summary>
    public static string Of(string text, TurnReply reply) => $"Conversation: {Short(text)} -> {Short(reply.Text)}";

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= LongestSide ? line : line[..(LongestSide - 1)] + "…";
    }
}

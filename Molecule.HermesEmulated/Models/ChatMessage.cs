namespace Molecule.HermesEmulated.Models;

/// <summary>One message of a conversation.</summary>
/// <param name="Role"><c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">Its text.</param>
public sealed record ChatMessage(string Role, string Content)
{
    public static ChatMessage User(string content) => new("user", content);

    public static ChatMessage Assistant(string content) => new("assistant", content);

    /// <summary>Tokens of some messages by hermes-agent's rough estimate, a token for four characters.</summary>
    public static long RoughTokens(IEnumerable<ChatMessage> messages) => messages.Sum(static m => (long)m.Content.Length) / 4;
}

namespace Molecule.HermesEmulated.Configuration;

/// <summary>The wires that this program speaks, of those that hermes-agent has (spec/driving-the-runtimes.md 5).</summary>
public enum ApiMode
{
    /// <summary>OpenAI chat completions: <c>chat_completions</c>, the default of a custom base URL.</summary>
    ChatCompletions,

    /// <summary>Anthropic Messages: <c>anthropic_messages</c>.</summary>
    AnthropicMessages,
}

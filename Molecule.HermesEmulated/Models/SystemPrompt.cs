namespace Molecule.HermesEmulated.Models;

/// <summary>What the model is told before the conversation. hermes-agent's own is some thousand tokens long and stays there.</summary>
public static class SystemPrompt
{
    public static string Text { get; } = $"You are an assistant that is driven by {Identity.Name}.";
}

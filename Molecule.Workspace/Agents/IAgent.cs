using Molecule.Contracts.Journal;

namespace Molecule.Workspace.Agents;

/// <summary>One real agent program, driven turn by turn. Turns come one at a time.</summary>
public interface IAgent : IAsyncDisposable
{
    /// <summary>The program and its version, e.g. <c>codex 0.169.0</c>.</summary>
    string Engine { get; }

    /// <summary>Starts the program and waits until it answers.</summary>
    /// <exception cref="AgentSetupException">The agent is not configured; the message is meant for the caller of a turn.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Runs one turn. Failures of the agent come back as text with the runtime's prefix (spec 1.7), not as exceptions.</summary>
    Task<TurnReply> RunTurnAsync(string prompt, CancellationToken cancellationToken);
}

/// <summary>What a turn gave.</summary>
/// <param name="Text">The agent's words, or the runtime's error text.</param>
/// <param name="Tokens">What the agent said that the turn used; null where it said nothing.</param>
/// <param name="Failed">Whether <paramref name="Text"/> is an error text.</param>
public sealed record TurnReply(string Text, TokenCount? Tokens, bool Failed)
{
    /// <summary>What a caller sees of a turn that ended without words (spec 1.7).</summary>
    public const string NoText = "(no response generated)";
}

/// <summary>The agent cannot be set up: credential, model, provider or program missing. Answered as JSON-RPC -32603 "agent not configured" (spec 1.1).</summary>
public sealed class AgentSetupException : Exception
{
    public AgentSetupException(string message)
        : base(message)
    {
    }

    public AgentSetupException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>How long a turn may take. Codex's values are those of spec 2.2, claude-code's idle limit that of spec 2.1.</summary>
/// <param name="Start">From the program's start to its first answer.</param>
/// <param name="Silence">Without a line from the program.</param>
/// <param name="Turn">In all.</param>
public sealed record TurnLimits(TimeSpan Start, TimeSpan Silence, TimeSpan Turn)
{
    public static TurnLimits Codex { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(3600));

    public static TurnLimits ClaudeCode { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(900), TimeSpan.FromSeconds(3600));
}

using System.Collections.Immutable;
using Molecule.Contracts.Journal;

namespace Molecule.Workspace.Agents;

/// <summary>One real agent program, driven turn by turn. Turns come one at a time.</summary>
public interface IAgent : IAsyncDisposable
{
    /// <summary>The program and its version, e.g. <c>codex 0.169.0</c>.</summary>
    string Engine { get; }

    /// <summary>
    /// The runtime's own id of the conversation, kept over a soft restart; null where there is none yet, or where the
    /// runtime cannot take one up again.
    /// </summary>
    string? Session { get; }

    /// <summary>Names, before the start, the conversation to go on with. One that cannot be gone on with is a fresh one, never a failure.</summary>
    void ContinueFrom(string session);

    /// <summary>Starts the program and waits until it answers.</summary>
    /// <exception cref="AgentSetupException">The agent is not configured; the message is meant for the caller of a turn.</exception>
    /// <exception cref="AgentStartException">It is configured, and its program ended or did not answer in time: the next turn starts it again.</exception>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Runs one turn. Failures of the agent come back as text with the runtime's prefix (spec 1.7), not as exceptions.</summary>
    /// <param name="prompt">What the user says.</param>
    /// <param name="onText">
    /// Told each piece of the answer as the program reports it, in order, never at once. The pieces of a successful turn of
    /// one message, put together, are its <see cref="TurnReply.Text"/>; messages before the last are set off by a blank line.
    /// </param>
    /// <param name="cancellationToken">Ends the turn inside the program as well; the next turn is one of the same conversation.</param>
    /// <exception cref="OperationCanceledException">The turn was ended by the token, and runs no longer.</exception>
    Task<TurnReply> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken);

    /// <summary>Drops the conversation and its transcripts; the next turn begins a fresh one. Not while a turn runs.</summary>
    Task ResetSessionAsync(CancellationToken cancellationToken);

    /// <summary>The conversation as the runtime keeps it; empty before the first turn. Also while a turn runs.</summary>
    Task<Transcript> TranscriptAsync(CancellationToken cancellationToken);
}

/// <summary>A conversation's transcript.</summary>
/// <param name="Source">Where the runtime keeps it, relative to its HOME.</param>
/// <param name="Lines">Its complete lines, oldest first.</param>
public sealed record Transcript(string Source, ImmutableArray<string> Lines);

/// <summary>What a turn gave.</summary>
/// <param name="Text">The agent's words, or the runtime's error text.</param>
/// <param name="Tokens">What the agent said that the turn used; null where it said nothing.</param>
/// <param name="Failed">Whether <paramref name="Text"/> is an error text.</param>
/// <param name="Wedged">Whether only a restart can be expected to help; never for a rate limit (spec 1.7).</param>
public sealed record TurnReply(string Text, TokenCount? Tokens, bool Failed, bool Wedged = false)
{
    /// <summary>What a caller sees of a turn that ended without words (spec 1.7).</summary>
    public const string NoText = "(no response generated)";

    /// <summary>The answer to a message without words (spec 1.7).</summary>
    public static TurnReply EmptyMessage { get; } = new("message contained no text content", null, Failed: true);
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

/// <summary>The agent's program did not come up: it ended, or it did not answer in time. That may pass, so it is tried again at the next turn.</summary>
public sealed class AgentStartException(string message, Exception inner) : Exception(message, inner);

/// <summary>How long a turn may take. Codex's values are those of spec 2.2, claude-code's idle limit that of spec 2.1; of google-adk's nothing is said, and it has codex's.</summary>
/// <param name="Start">From the program's start to its first answer.</param>
/// <param name="Silence">Without a line from the program.</param>
/// <param name="Turn">In all.</param>
public sealed record TurnLimits(TimeSpan Start, TimeSpan Silence, TimeSpan Turn)
{
    /// <summary>How long a program may take to give up a turn when asked; then it is replaced. Short: a stopping workspace waits for it.</summary>
    public TimeSpan Interrupt { get; init; } = TimeSpan.FromSeconds(1);

    // A workspace may take 240 s until it is online (spec 6, PR #2150): half of that for the program leaves as much for all else, and 30 s were
    // measured to be too few on a machine whose cores many workspaces share.
    private static readonly TimeSpan ProgramStart = TimeSpan.FromSeconds(120);

    public static TurnLimits Codex { get; } = new(ProgramStart, TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(3600));

    public static TurnLimits GoogleAdk { get; } = Codex;

    public static TurnLimits ClaudeCode { get; } = new(ProgramStart, TimeSpan.FromSeconds(900), TimeSpan.FromSeconds(3600));

    /// <summary>The gateway's boot took 8 to 40 s on two busy cores; the turn's limit is the product's (spec 2.4), silence is not told apart.</summary>
    public static TurnLimits OpenClaw { get; } = new(ProgramStart, TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(120));

    /// <summary>Spec 2.3: 120 s to its health, 600 s a turn.</summary>
    public static TurnLimits Hermes { get; } = new(ProgramStart, TimeSpan.FromSeconds(600), TimeSpan.FromSeconds(600));
}

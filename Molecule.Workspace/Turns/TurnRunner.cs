using System.Diagnostics;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Memory;

namespace Molecule.Workspace.Turns;

/// <summary>Runs one turn of the agent and keeps what it means for the workspace: the current task, and whether the runtime is wedged.</summary>
public sealed class TurnRunner(WorkspaceSettings settings, ErrorMask mask, Wedge wedge, MemoryClient memories, MemoryKeeper keeper, OverflowReport overflows)
{
    private const int LongestTask = 120;
    private const string TooLong = "The conversation was begun anew and the message alone is still larger than the model's context window: send a shorter one.";
    private static readonly ActivitySource Source = new("Molecule.Workspace");

    private volatile string _currentTask = "";
    private string? _conversation;
    private bool _began;

    /// <summary>The beginning of what is being answered; empty between turns.</summary>
    public string CurrentTask => _currentTask;

    /// <summary>The beginning of the last turn that was ended by its token; empty where none was.</summary>
    public string Interrupted { get; private set; } = "";

    /// <summary>Told whenever a turn has begun or ended.</summary>
    public event Action? Changed;

    /// <summary>Runs a turn. Error texts come masked.</summary>
    /// <exception cref="OperationCanceledException">The turn was ended by the token.</exception>
    public async Task<TurnReply> RunAsync(IAgent agent, string text, Action<string> onText, CancellationToken cancellationToken)
    {
        using var span = Source.StartActivity("agent turn");
        span?.SetTag("molecule.workspace", settings.Id);
        span?.SetTag("molecule.engine", agent.Engine);
        _currentTask = mask.Apply(text.Length <= LongestTask ? text : text[..LongestTask]);
        Changed?.Invoke();
        try
        {
            var reply = await HealedAsync(agent, text, onText, cancellationToken).ConfigureAwait(false);
            if (settings.Runtime is "claude-code")
            {
                keeper.Keep(mask.Mask(MemoryPrompt.Of(text, reply)));
            }

            if (!reply.Failed)
            {
                wedge.Clear();
                return reply;
            }

            span?.SetStatus(ActivityStatusCode.Error);
            reply = reply with { Text = mask.Apply(reply.Text) };
            if (reply.Wedged)
            {
                wedge.Mark(reply.Text);
            }

            return reply;
        }
        catch (OperationCanceledException)
        {
            Interrupted = _currentTask;
            throw;
        }
        finally
        {
            _currentTask = "";
            Changed?.Invoke();
        }
    }

    /// <summary>Drops the agent's conversation: its transcripts go, and the next turn is told what is remembered. Not while a turn runs.</summary>
    public async Task ResetAsync(IAgent agent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(agent);
        await agent.ResetSessionAsync(cancellationToken).ConfigureAwait(false);
        (_began, _conversation) = (false, null);
        wedge.Clear();
    }

    // spec 2.1: once, at once, without the old conversation; a second overflow in the turn is its user's to solve.
    private async Task<TurnReply> HealedAsync(IAgent agent, string text, Action<string> onText, CancellationToken cancellationToken)
    {
        var heard = false;
        var reply = await OnceAsync(
            agent,
            text,
            piece =>
            {
                heard = true;
                onText(piece);
            },
            cancellationToken).ConfigureAwait(false);
        if (!settings.HealsOverflow || !IsOverflow(reply, text))
        {
            return reply;
        }

        await ResetAsync(agent, cancellationToken).ConfigureAwait(false);
        await overflows.SendAsync(mask.Apply(reply.Text), cancellationToken).ConfigureAwait(false);

        // What a caller has heard cannot be taken back: the second answer is set off from it as a further message is.
        reply = await OnceAsync(
            agent,
            text,
            piece =>
            {
                onText(heard ? "\n\n" + piece : piece);
                heard = false;
            },
            cancellationToken).ConfigureAwait(false);
        if (!IsOverflow(reply, text))
        {
            return reply;
        }

        // The message alone is too long. It must not stay behind as the beginning of the next turn's conversation.
        await ResetAsync(agent, cancellationToken).ConfigureAwait(false);
        return reply with { Text = $"{reply.Text.TrimEnd('.', ' ')}. {TooLong}", Wedged = false };
    }

    private async Task<TurnReply> OnceAsync(IAgent agent, string text, Action<string> onText, CancellationToken cancellationToken)
    {
        var prompt = IsFirstOfItsSession(agent) ? MemoryPrompt.With(await memories.RecallAsync(cancellationToken).ConfigureAwait(false), text) : text;
        var reply = await agent.RunTurnAsync(prompt, onText, cancellationToken).ConfigureAwait(false);
        (_began, _conversation) = (true, agent.Session);
        return reply;
    }

    private static bool IsOverflow(TurnReply reply, string text) => reply.Failed && ContextOverflow.IsToldBy(reply.Text, text);

    /// <summary>Says that the agent goes on with a conversation of before this start.</summary>
    public void GoesOnWith(string session) => (_began, _conversation) = (true, session);

    // A conversation that was reset, or could not be taken up again, has another id than the last turn's.
    private bool IsFirstOfItsSession(IAgent agent) => !_began || agent.Session != _conversation;
}

using System.Diagnostics;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Memory;

namespace Molecule.Workspace.Turns;

/// <summary>Runs one turn of the agent and keeps what it means for the workspace: the current task, and whether the runtime is wedged.</summary>
public sealed class TurnRunner(WorkspaceSettings settings, ErrorMask mask, Wedge wedge, MemoryClient memories, MemoryKeeper keeper)
{
    private const int LongestTask = 120;
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
            var prompt = IsFirstOfItsSession(agent) ? MemoryPrompt.With(await memories.RecallAsync(cancellationToken).ConfigureAwait(false), text) : text;
            var reply = await agent.RunTurnAsync(prompt, onText, cancellationToken).ConfigureAwait(false);
            (_began, _conversation) = (true, agent.Session);
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

    /// <summary>Says that the agent goes on with a conversation of before this start.</summary>
    public void GoesOnWith(string session) => (_began, _conversation) = (true, session);

    // A conversation that was reset, or could not be taken up again, has another id than the last turn's.
    private bool IsFirstOfItsSession(IAgent agent) => !_began || agent.Session != _conversation;
}

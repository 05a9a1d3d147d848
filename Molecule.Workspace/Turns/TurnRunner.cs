using System.Diagnostics;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Agents;
using Molecule.Workspace.Boot;

namespace Molecule.Workspace.Turns;

/// <summary>Runs one turn of the agent and keeps what it means for the workspace: the current task, and whether the runtime is wedged.</summary>
public sealed class TurnRunner(WorkspaceSettings settings, ErrorMask mask, Wedge wedge)
{
    private const int LongestTask = 120;
    private static readonly ActivitySource Source = new("Molecule.Workspace");

    private volatile string _currentTask = "";

    /// <summary>The beginning of what is being answered; empty between turns.</summary>
    public string CurrentTask => _currentTask;

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
            var reply = await agent.RunTurnAsync(text, onText, cancellationToken).ConfigureAwait(false);
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
        finally
        {
            _currentTask = "";
            Changed?.Invoke();
        }
    }
}

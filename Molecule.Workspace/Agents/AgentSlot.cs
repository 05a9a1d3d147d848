using System.Collections.Immutable;
using Molecule.Workspace.A2A;
using Molecule.Workspace.Boot;
using Molecule.Workspace.Turns;

namespace Molecule.Workspace.Agents;

/// <summary>
/// The workspace's one agent: still starting, ready, or not configured with the reason. Never a crash (spec 1.1). One whose program did not
/// come up is configured all the same: the runtime is wedged (spec 2.1) until a turn has started it.
/// </summary>
public sealed class AgentSlot(AgentFactory factory, AgentSnapshot snapshot, TurnRunner turns, Wedge wedge, ILogger<AgentSlot> logger) : IAsyncDisposable
{
    private const string Starting = "the agent is still starting";

    private volatile IAgent? _agent;
    private volatile bool _isBeingReplaced;
    private volatile string _reason = Starting;

    /// <summary>The agent, once it is configured and has been started.</summary>
    public IAgent? Ready => _agent;

    /// <summary>Why there is no agent.</summary>
    public string Reason => _reason;

    /// <summary>The agent card's word for it (spec 1.1).</summary>
    public string Status => _agent is null && !IsBeingReplaced ? "not_configured" : "ready";

    /// <summary>Whether another agent is about to stand in the place of one that was there: a turn that comes meanwhile waits for it.</summary>
    public bool IsBeingReplaced => _isBeingReplaced;

    /// <summary>Sets the agent up with what the environment holds.</summary>
    public Task SetUpAsync(CancellationToken cancellationToken) => SetUpAsync(ImmutableSortedDictionary<string, string>.Empty, heldOn: null, cancellationToken);

    /// <summary>Says why there is no agent yet.</summary>
    public void WaitFor(string reason) => _reason = reason;

    /// <summary>Sets an agent with these secrets in the place of the one that is there, between two turns; the conversation goes on. False where too many turns wait.</summary>
    /// <exception cref="OperationCanceledException">The workspace stops.</exception>
    public Task<bool> ReplaceAsync(TurnQueue queue, ImmutableSortedDictionary<string, string> secrets, CancellationToken cancellationToken) => BetweenTurnsAsync(
        queue,
        async () =>
        {
            var session = _agent?.Session;
            _isBeingReplaced = _agent is not null;
            try
            {
                await DisposeAsync().ConfigureAwait(false);
                await SetUpAsync(secrets, session, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                _isBeingReplaced = false;
            }
        },
        cancellationToken);

    /// <summary>Ends the agent, between two turns. False where too many turns wait.</summary>
    /// <exception cref="OperationCanceledException">The workspace stops.</exception>
    public Task<bool> EmptyAsync(TurnQueue queue, CancellationToken cancellationToken) =>
        BetweenTurnsAsync(queue, async () => await DisposeAsync().ConfigureAwait(false), cancellationToken);

    private static async Task<bool> BetweenTurnsAsync(TurnQueue queue, Func<Task> change, CancellationToken cancellationToken) => await queue.RunAsync(
        async _ =>
        {
            await change().ConfigureAwait(false);
            return TurnReply.EmptyMessage;
        },
        cancellationToken).ConfigureAwait(false) is not null;

    private async Task SetUpAsync(ImmutableSortedDictionary<string, string> secrets, string? heldOn, CancellationToken cancellationToken)
    {
        IAgent? agent = null;
        try
        {
            agent = factory.Create(secrets);
            if ((heldOn ?? await snapshot.ReadSessionAsync(cancellationToken).ConfigureAwait(false)) is { } session)
            {
                agent.ContinueFrom(session);
                turns.GoesOnWith(session);
            }

            await agent.StartAsync(cancellationToken).ConfigureAwait(false);
            _agent = agent;
            logger.LogInformation("The agent {Engine} is ready.", agent.Engine);
        }
        catch (AgentStartException e)
        {
            wedge.Mark(e.Message);
            _agent = agent;
            logger.LogError("{Reason}; the next turn starts it again.", e.Message);
        }
        catch (AgentSetupException e)
        {
            _reason = e.Message;
            logger.LogError("The agent is not configured: {Reason}", e.Message);
            if (agent is not null)
            {
                await agent.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_agent is { } agent)
        {
            _agent = null;
            await agent.DisposeAsync().ConfigureAwait(false);
        }
    }
}

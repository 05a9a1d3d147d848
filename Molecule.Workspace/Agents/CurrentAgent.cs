namespace Molecule.Workspace.Agents;

/// <summary>Whichever agent the slot has at the moment: one that was there when a turn came may have been replaced before it is the turn's turn.</summary>
public sealed class CurrentAgent(AgentSlot slot) : IAgent
{
    public string Engine => slot.Ready?.Engine ?? "";

    public string? Session => slot.Ready?.Session;

    public void ContinueFrom(string session) => slot.Ready?.ContinueFrom(session);

    public Task StartAsync(CancellationToken cancellationToken) => slot.Ready?.StartAsync(cancellationToken) ?? throw new AgentSetupException(slot.Reason);

    public Task<TurnReply> RunTurnAsync(string prompt, Action<string> onText, CancellationToken cancellationToken) =>
        slot.Ready?.RunTurnAsync(prompt, onText, cancellationToken) ?? Task.FromResult(new TurnReply($"agent not configured: {slot.Reason}", null, Failed: true));

    public Task ResetSessionAsync(CancellationToken cancellationToken) => slot.Ready?.ResetSessionAsync(cancellationToken) ?? Task.CompletedTask;

    public Task<Transcript> TranscriptAsync(CancellationToken cancellationToken) => slot.Ready?.TranscriptAsync(cancellationToken) ?? Task.FromResult(new Transcript("", []));

    /// <summary>Nothing: the agent is the slot's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

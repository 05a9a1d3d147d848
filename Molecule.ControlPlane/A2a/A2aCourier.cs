using Molecule.ControlPlane.Workspaces;

namespace Molecule.ControlPlane.A2a;

/// <summary>Carries calls that nobody waits for on a connection: those from the queue, delegations. It waits for the answer and writes the books.</summary>
public sealed class A2aCourier(A2aTransport transport, A2aBooks books, WorkspacePulse pulse, Settings settings, TimeProvider time)
{
    /// <summary>Sends a call and reads its answer to the end, a stream too: what counts is how it ends.</summary>
    /// <param name="overdue">Ends when the answer is waited for no longer.</param>
    /// <param name="stopping">Ends when this process does; the call is then given up unwritten.</param>
    /// <returns>What came of the sending, the answer, and what was wrong with it, null where nothing was.</returns>
    public async Task<(Delivery Delivery, A2aOutcome? Outcome, string? Problem)> CarryAsync(A2aCall call, CancellationToken overdue, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(call);
        var target = call.Target;
        using var watch = pulse.Listen(target.Id, target.IdleTimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : settings.AgentIdleTimeout);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(watch.Silent, overdue);
        var started = time.GetTimestamp();
        var delivery = await transport.PostAsync(target.Url!, call.Envelope.Body, ended.Token, stopping);
        var (outcome, problem) = delivery switch
        {
            Delivery.Answered { Status: < 300 } answer => (A2aOutcome.Read(answer.Body), null),
            Delivery.Answered refused => (A2aOutcome.Read(refused.Body), $"workspace agent answered {refused.Status}"),
            Delivery.Streaming streaming => await ReadAsync(streaming.Stream, target, ended.Token, stopping),
            Delivery.Interrupted interrupted => (null, interrupted.Problem),
            Delivery.Unreachable unreachable => (null, unreachable.Problem),
            _ => throw new InvalidOperationException($"{delivery} is no delivery."),
        };
        await books.WriteAsync(call.ToActivity(time.GetElapsedTime(started), outcome, problem ?? outcome?.Error), call.Caller, call.Charge(outcome));
        return (delivery, outcome, problem);
    }

    private async Task<(A2aOutcome? Outcome, string? Problem)> ReadAsync(AgentStream stream, WorkspaceRow target, CancellationToken overdue, CancellationToken stopping)
    {
        using (stream)
        {
            var answer = new StreamedAnswer();
            while (true)
            {
                var (whole, end) = await stream.NextAsync(overdue, stopping);
                if (whole.IsEmpty)
                {
                    return (answer.ToOutcome(), answer.IsFinal ? null : end?.Problem ?? (answer.IsUnfinished ? StreamedAnswer.Unfinished : null));
                }

                pulse.Beat(target.Id);
                answer.Take(whole.Span);
            }
        }
    }
}
